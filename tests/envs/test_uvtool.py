"""Finding uv from threads that build at the same time."""

import subprocess
import sys

_AT_ONCE = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from bench_runner.envs import uvtool
sys.setswitchinterval(1e-6)
together = threading.Barrier(8)
def ask(_):
    together.wait()
    return tuple(uvtool.command("--version"))
with ThreadPoolExecutor(8) as pool:
    print(len(set(pool.map(ask, range(8)))))
"""


def test_threads_that_ask_for_uv_at_once_all_find_it() -> None:
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", _AT_ONCE], capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("1\n", "")
