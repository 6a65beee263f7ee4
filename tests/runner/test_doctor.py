"""What the doctor sees in the files of a kernel, and that what it turns is put back."""

from pathlib import Path

import pytest

from bench_runner.runner.doctor import BOOST, GOVERNORS, NO_TURBO, Kernel, Sign, signs
from bench_runner.runner.tuning import tuned

SECOND = "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor"
QUIET = {
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance",
    "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor": "performance",
    NO_TURBO: "1",
    "proc/sys/kernel/randomize_va_space": "2",
    "proc/loadavg": "0.01 0.02 0.03 1/100 99",
    "proc/stat": "cpu  1000 0 500 90000 10 0 0 1 0 0\ncpu0 1 2",
    "proc/meminfo": "MemTotal: 1000 kB\nSwapTotal: 2000 kB\nSwapFree: 2000 kB\nHugePages_Free: 0",
    "proc/cpuinfo": "processor: 0\nflags\t\t: fpu tsc\nbugs: none",
    "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc",
    "sys/devices/system/cpu/smt/active": "0",
}


def host(root: Path, **changed: str) -> Kernel:
    """A host whose kernel says what is quiet, but for what is changed; "" takes a file away."""
    for path, text in {**QUIET, **changed}.items():
        if text:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text + "\n")
    return Kernel(root)


def seen(root: Path, name: str, **changed: str) -> Sign:
    return next(one for one in signs(host(root, **changed), [root]) if one.name == name)


def test_a_quiet_machine_has_nothing_to_look_at(tmp_path: Path) -> None:
    told = [one for one in signs(host(tmp_path), []) if one.name != "users"]
    assert all(one.fine for one in told), told
    assert not any(one.advice for one in told)


@pytest.mark.parametrize(
    ("name", "path", "text", "said", "advice"),
    [
        (
            "governor",
            "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor",
            "powersave",
            "performance, powersave",
            "--tune",
        ),
        ("turbo", NO_TURBO, "0", "on", "--tune"),
        ("turbo", BOOST, "1", "on", "--tune"),
        ("address randomisation", "proc/sys/kernel/randomize_va_space", "0", "off", "sysctl"),
        ("load", "proc/loadavg", "9000.5 1 1 1/1 1", "9000.5 on", "end what else runs"),
        ("steal", "proc/stat", "cpu 1000 0 500 90000 10 0 0 300 0 0", "16.7 % of busy time", "of your own"),
        ("swap", "proc/meminfo", "SwapTotal: 200000 kB\nSwapFree: 100000 kB", "97 MiB in use", "swapoff"),
        ("virtualisation", "proc/cpuinfo", "flags : fpu hypervisor\n", "yes", "exact metrics"),
        ("clock", "sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet", "hpet", "tsc"),
        ("threads", "sys/devices/system/cpu/smt/active", "1", "two a core", "other thread"),
    ],
)
def test_what_is_not_fine_is_said_with_what_to_do(
    tmp_path: Path, name: str, path: str, text: str, said: str, advice: str
) -> None:
    found = seen(tmp_path, name, **{path: text})
    assert (found.fine, said in found.seen, advice in found.advice) == (False, True, True), found


@pytest.mark.parametrize("path", sorted(QUIET))
def test_what_a_system_does_not_tell_is_not_guessed(tmp_path: Path, path: str) -> None:
    before = {one.name: one.fine for one in signs(host(tmp_path), [])}
    for file in tmp_path.glob(path.replace("cpu0", "cpu[0-9]").replace("cpu1", "cpu[0-9]")):
        file.unlink()
    after = {one.name: one.fine for one in signs(Kernel(tmp_path), [])}
    changed = {name for name in before if before[name] != after[name]}
    assert len(changed) == 1
    assert after[changed.pop()] is None


def test_nothing_at_all_is_no_error(tmp_path: Path) -> None:
    assert all(one.fine is None for one in signs(Kernel(tmp_path), []) if one.name != "users")


def test_room_is_that_of_a_folder_or_of_where_it_will_be(tmp_path: Path) -> None:
    found = seen(tmp_path, f"room in {tmp_path.name}")
    assert found.seen.endswith("GiB")
    assert signs(host(tmp_path), [tmp_path / "not" / "yet"])[-2].name == "room in yet"


def test_knobs_are_turned_for_a_while_and_put_back_even_after_an_error(tmp_path: Path) -> None:
    here = host(tmp_path, **{"sys/devices/system/cpu/cpu1/cpufreq/scaling_governor": "powersave", NO_TURBO: "0"})

    def failing() -> None:
        with tuned(here) as done:
            assert done == ["governor is performance", "turbo is 1"]
            assert (here.each(GOVERNORS), here.read(NO_TURBO)) == (["performance"], "1")
            raise KeyError

    with pytest.raises(KeyError):
        failing()
    assert (here.each(GOVERNORS), here.read(NO_TURBO)) == (["performance", "powersave"], "0")


def test_where_nothing_may_be_turned_nothing_is_said_to_be(tmp_path: Path) -> None:
    with tuned(Kernel(tmp_path)) as done:
        assert done == []
