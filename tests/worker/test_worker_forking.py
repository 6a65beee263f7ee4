"""What a fork would lose is noticed, in real processes."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench_runner.worker import forking

LIBRARY = "/usr/lib/x86_64-linux-gnu/"
ASKED = """
import mmap, sys
from pathlib import Path
from bench_runner.worker.forking import has_gpu
kept = []
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        kept.append(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
print(has_gpu())
"""


@pytest.mark.parametrize(
    "path",
    [
        LIBRARY + "libcuda.so.1",
        LIBRARY + "libcuda.so.550.54.14 (deleted)",
        LIBRARY + "libnvidia-ml.so.1",
        LIBRARY + "libnvidia-ptxjitcompiler.so.550.54.14",
        "/opt/rocm 6/lib/libamdhip64.so.6",
        "/opt/rocm/lib/libhsa-runtime64.so.1",
        LIBRARY + "libze_loader.so.1",
        "/dev/nvidia0",
        "/dev/nvidiactl",
        "/dev/nvidia-uvm",
        "/dev/kfd",
        "/dev/dri/renderD128",
    ],
)
def test_drivers_and_devices(path: str) -> None:
    assert forking.is_gpu(path)


@pytest.mark.parametrize(
    "path",
    [
        LIBRARY + "libcudart.so.12",  # linked by what may never touch a GPU
        "/env/lib/python3.11/site-packages/torch/lib/libtorch_cuda.so",
        LIBRARY + "libcuda.txt",
        "/srv/libcuda.so/notes",
        "/dev/dri/card0",
        "/dev/kfd2",
        "/dev/null",
        "/home/dev/nvidia0",
        "pipe:[1234]",
        "",
    ],
)
def test_other_files(path: str) -> None:
    assert not forking.is_gpu(path)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells what is mapped")
@pytest.mark.parametrize("name", ["libcuda.so.1", "lib cuda.so.1", "libnvidia-ml.so.550"])
def test_a_process_that_maps_such_a_file(tmp_path: Path, name: str) -> None:
    library = tmp_path / name
    library.write_bytes(b"\x7fELF" + bytes(4096))
    assert asked() == "False"
    assert asked(library) == str(name != "lib cuda.so.1")
    library.rename(tmp_path / "other.so")
    assert asked(tmp_path / "other.so") == "False"


def asked(*libraries: Path) -> str:
    """What a process says that has mapped these files."""
    done = subprocess.run([sys.executable, "-c", ASKED, *libraries], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_system_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent() -> None:
        raise OSError

    monkeypatch.setattr(forking, "_opened", silent)
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    assert not forking.has_gpu()
    monkeypatch.setitem(sys.modules, "cupy", pytest)
    assert forking.has_gpu()
