"""Says in a line for people what a step was."""

from rich.console import Console
from rich.markup import escape

from bench_runner import hostile, units
from bench_runner.hostile import plain
from bench_runner.instrument.spans import Span
from bench_runner.runner.logged import NEVER_ENDED

QUIET = frozenset({"start", "tool", "start worker", "job", "run"})  # of no interest, or told of in other lines
FINE = frozenset({"ok", "skipped"})


def told(span: Span) -> str:
    """Return a step with its duration, what it was about, and how it ended when not well."""
    fields = span.fields
    commit, environment = str(fields.get("commit") or "")[:8], str(fields.get("environment") or "")
    number = f"{fields['round']}" if span.name == "round" else ""
    about = fields.get("benchmark") or fields.get("page") or f"{commit} {environment}"
    spent = units.show(span.dur_s, "seconds", 2) if span.dur_s < 10 else units.duration(span.dur_s)
    spent = "..." if span.error == NEVER_ENDED else spent
    words = (f"{spent:>11}", span.name, number, str(about).strip(), ending(span))
    return "  ".join(plain(word) if place else word for place, word in enumerate(words) if word)


def ending(span: Span) -> str:
    """Return what kept a step from ending well, "" when nothing did."""
    outcome, error = span.fields.get("outcome"), span.fields.get("error") or span.error
    word = outcome or ("error" if error else "ok")
    return "" if word in FINE and not span.error else f"{word}: {error}"


def show(console: Console, span: Span) -> None:
    """Print a step, and what a failing build has printed."""
    if span.name in QUIET:
        return
    console.print(escape(told(span)), style="dim" if not ending(span) else "yellow")
    output = span.fields.get("output")
    if output:
        console.print(escape(hostile.lines(str(output))))
