"""Runs the shop and its load as processes of their own, for the study and for tests."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
PATIENCE_S = 60.0
TOKEN = "not a secret: on loopback, for a minute"  # noqa: S105 - as it says


class Shop:
    """A running shop; the block it is used for ends it, as an operator would."""

    def __init__(self, folder, *words, home=HERE):
        folder.mkdir(parents=True, exist_ok=True)
        self.control, self.windows, self.log = folder / "control.json", folder / "windows", folder / "log.jsonl"
        places = ["--control", self.control, "--windows", self.windows, "--log", self.log]
        command = [sys.executable, home, "--port", "0", *places, *words]
        environment = {**os.environ, "SHOP_TOKEN": TOKEN, "PYTHONPATH": str(HERE.parents[1])}
        self.process = subprocess.Popen([*map(str, command)], env=environment, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        self.port = self.url.rpartition(":")[2]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()  # its workers end when they see that it is gone
            raise
        finally:
            self.process.stdout.close()

    def load(self, *, requests=100_000, seconds=PATIENCE_S, connections=3):
        """Begin to put load on it, until one of both is reached; return the process, for `over`."""
        bounds = ["--requests", requests, "--seconds", seconds, "--connections", connections]
        command = [sys.executable, HERE / "load.py", "--json", "--port", self.port, *bounds]
        return subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True)

    def get(self, path, token=TOKEN):
        """Return the text of an answer."""
        asked = urllib.request.Request(f"{self.url}{path}", headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - it is http
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:  # noqa: S310 - the same
            return answer.read().decode()


def over(load, *, enough=False):
    """Wait for the end of a load, which may be now; return what came of it."""
    if enough:
        load.terminate()
    told, _ = load.communicate(timeout=PATIENCE_S)
    return json.loads(told)
