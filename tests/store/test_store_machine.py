"""What is known of this host, and under which name."""

import json
import platform
from pathlib import Path

import pytest

from bench_runner.errors import StoreError, UsageError
from bench_runner.model.machine import Machine
from bench_runner.store import machine


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def test_facts_of_this_host() -> None:
    found = machine.here()
    assert found.machine == platform.node()
    assert found.arch == platform.machine()
    assert found.os == f"{platform.system()} {platform.release()}"
    assert int(found.num_cpu) >= 1
    assert int(found.ram) > 100_000
    assert found.cpu


def test_facts_agree_with_asv() -> None:
    from asv.machine import Machine as Asv

    theirs = Asv.get_defaults()
    ours = machine.detect().fields()
    for key in ("os", "arch", "num_cpu", "ram"):
        assert ours[key] == theirs[key]


def test_a_name_is_used_without_being_kept() -> None:
    assert machine.here("lab").machine == "lab"
    assert machine.here().machine == platform.node()
    assert machine.load() is None


def test_whether_anybody_has_named_this_host(home: Path) -> None:
    assert machine.unnamed()
    (home / ".asv-machine.json").write_text(json.dumps({"only": {"machine": "only"}, "version": 1}))
    assert not machine.unnamed()
    (home / ".asv-machine.json").unlink()
    machine.save(machine.here())
    assert not machine.unnamed()


def test_a_saved_name_is_found_again(home: Path) -> None:
    path = machine.save(machine.here("lab"))
    assert path.is_relative_to(home)
    assert machine.here() == machine.here("lab")
    assert machine.here("other").machine == "other"
    machine.save(machine.here("new"))
    assert machine.here().machine == "new"


def test_other_hosts_of_the_same_home_are_kept() -> None:
    path = machine.save(Machine("mine"))
    data = json.loads(path.read_text())
    data["hosts"]["elsewhere"] = Machine("theirs").fields()
    path.write_text(json.dumps(data))
    machine.save(Machine("again"))
    assert json.loads(path.read_text())["hosts"]["elsewhere"]["machine"] == "theirs"


def test_what_asv_was_told_is_used(home: Path) -> None:
    known = {platform.node(): {"machine": "asv-name", "os": "Hand-written OS", "ram": "5"}, "version": 1}
    (home / ".asv-machine.json").write_text(json.dumps(known))
    assert machine.here() == Machine("asv-name", os="Hand-written OS", ram="5")
    (home / ".asv-machine.json").write_text(json.dumps({"only": {"machine": "only"}, "version": 1}))
    assert machine.here().machine == "only"
    (home / ".asv-machine.json").write_text("{")
    assert machine.here().machine == platform.node()


@pytest.mark.parametrize("name", ["", "../x", "a/b", "-x", "baselines"])
def test_names_that_are_no_folder(name: str) -> None:
    with pytest.raises(UsageError, match="machine name"):
        machine.here(name)


@pytest.mark.parametrize("content", ["{", '{"schema": 9}', '{"schema": 1, "hosts": {"NODE": {"os": "x"}}}'])
def test_a_damaged_file_is_named(content: str) -> None:
    path = machine.settings()
    path.parent.mkdir(parents=True)
    path.write_text(content.replace("NODE", platform.node()))
    with pytest.raises(StoreError, match=r"machine\.json"):
        machine.here()


def test_a_host_whose_name_is_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "node", lambda: "..")
    assert machine.here().machine == "machine"
