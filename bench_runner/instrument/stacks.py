"""Weighed stacks of calls, and the texts they are kept in: collapsed stacks and speedscope documents."""

from collections.abc import Iterable, Mapping

TYPE_CHECKING = False  # typing takes long to import
if TYPE_CHECKING:
    from typing import Any

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
EXPORTER = "bench-history"
NO_FRAME = "(no Python frame)"  # py-spy saw a thread that had none, as one that just begins

Stack = tuple[str, ...]  # frames, the outermost first, such as "charge (shop/checkout.py:12)"
Stacks = Mapping[Stack, int]  # -> ns, or samples before they are weighed


def parse(text: str) -> dict[Stack, int]:
    """Return collapsed stacks, lines of "frame;frame;frame 12", added up; ValueError names a line that is none."""
    added: dict[Stack, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            frames, space, weight = line.rstrip("\r").rpartition(" ")
            if not space or not (weight.isascii() and weight.isdecimal()):
                raise ValueError(f"line {number} is no collapsed stack: {line[:80]!r}")
            stack = tuple((frames or NO_FRAME).split(";"))
            added[stack] = added.get(stack, 0) + int(weight)
    return added


def weighed(samples: Stacks, rate_hz: int) -> dict[Stack, int]:
    """Return samples as the ns they stand for."""
    return {stack: n * (1_000_000_000 // rate_hz) for stack, n in samples.items()}


def collapsed(stacks: Stacks) -> str:
    """Return one line for each stack, in order; what would end a frame or a line inside a name is replaced."""
    added: dict[str, int] = {}
    for stack, weight in stacks.items():
        line = ";".join(_told(frame) for frame in stack or ("",))
        added[line] = added.get(line, 0) + weight
    return "".join(f"{line} {weight}\n" for line, weight in sorted(added.items()))


def speedscope(stacks: Stacks, name: str) -> "dict[str, Any]":
    """Return stacks in ns as a document of speedscope's file format, with one sampled profile."""
    numbers: dict[str, int] = {}
    ordered = sorted(stacks.items())
    samples = [[numbers.setdefault(frame, len(numbers)) for frame in stack] for stack, _ in ordered]
    weights = [weight for _, weight in ordered]
    profile = {
        "type": "sampled",
        "name": name,
        "unit": "nanoseconds",
        "startValue": 0,
        "endValue": sum(weights),
        "samples": samples,
        "weights": weights,
    }
    return {
        "$schema": SCHEMA,
        "exporter": EXPORTER,
        "name": name,
        "activeProfileIndex": 0,
        "shared": {"frames": [_frame(frame) for frame in numbers]},
        "profiles": [profile],
    }


def hottest(stacks: Stacks) -> list[tuple[str, int]]:
    """Return (function, its own weight without callees) of each innermost frame, the heaviest first."""
    own: dict[str, int] = {}
    for stack, weight in stacks.items():
        if stack:
            name = _function(stack[-1])
            own[name] = own.get(name, 0) + weight
    return sorted(own.items(), key=lambda item: (-item[1], item[0]))


def without_ours(stacks: Stacks) -> dict[Stack, int]:
    """Return stacks without those of our own threads, which samplers take for busy while they wait."""
    return {stack: weight for stack, weight in stacks.items() if not any(map(_ours, stack))}


def total(stacks: Stacks) -> int:
    """Return the weight of all."""
    return sum(stacks.values())


def _ours(frame: str) -> bool:
    return frame.startswith("Background._run (") and "bench_runner/instrument/background.py" in frame


def _told(frame: str) -> str:
    """Return a frame that is whole in a line."""
    plain = frame.replace(";", ":").encode(errors="replace").decode()
    return " ".join(plain.splitlines()).strip() or "?"


def _frame(frame: str) -> dict[str, object]:
    """Return a frame as speedscope wants it, with file and line where it tells them."""
    name, file, line = place(frame)
    return {"name": name, "file": file, "line": line} if file else {"name": frame}


def _function(frame: str) -> str:
    """Return a frame without its line, so that all lines of a function are one."""
    name, file, _ = place(frame)
    return f"{name} ({file})" if file else frame


def place(frame: str) -> tuple[str, str, int]:
    """Return name, file and line of "name (file:line)"; file "" for other texts."""
    name, _, place = frame.removesuffix(")").rpartition(" (")
    file, _, line = place.rpartition(":")
    if name and file and frame.endswith(")") and line.isascii() and line.isdecimal():
        return name, file, int(line)
    return frame, "", 0


def add(several: Iterable[Stacks]) -> dict[Stack, int]:
    """Return the stacks of several threads or processes as one."""
    added: dict[Stack, int] = {}
    for stacks in several:
        for stack, weight in stacks.items():
            added[stack] = added.get(stack, 0) + weight
    return added
