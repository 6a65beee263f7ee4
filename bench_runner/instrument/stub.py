"""Makes code that takes the place of a function's own: the same signature around the old code, which it times.

It is put in by `function.__code__ = ...`, so the function stays the object that everybody holds. There it has only the
function's globals, defaults and closure to work with, and those are the program's. So all it needs are constants of
the code, and the old code is made a function again in each call (60 ns): from the frame it gets the globals and the
cells of the closure. Thus no reference leads from the code, into which the garbage collector does not look, back to
the function, and all functions made by one `def` share one stub.
"""

from functools import lru_cache
from time import perf_counter_ns
from types import CodeType

from bench_runner.instrument.lives import LifeProbe
from bench_runner.instrument.probe import Probe
from bench_runner.instrument.stub_source import ITERABLE, SUSPENDS, signature, source

_CONSTANTS: dict[object, object] = {
    "<now>": perf_counter_ns,
    "<any>": BaseException,
    "<failure>": Exception,
    "<depth>": RecursionError,
    "<end>": StopIteration,
    "<async end>": StopAsyncIteration,
}


def suspends(code: CodeType) -> bool:
    """Return whether the code is a generator's or a coroutine's, and wants a LifeProbe."""
    return bool(code.co_flags & SUSPENDS)


def is_stub(code: CodeType) -> bool:
    """Return whether the code is ours."""
    return any(isinstance(one, Probe) for one in code.co_consts)


def stub(code: CodeType, probe: Probe) -> CodeType:
    """Return code that times `code`: of the same kind, parameters, free variables, name and place in the source."""
    assert suspends(code) == isinstance(probe, LifeProbe)
    template = _template(code.co_flags & SUSPENDS, *signature(code), code.co_freevars)
    constants = {**_CONSTANTS, "<probe>": probe}
    return template.replace(
        co_consts=tuple(code if isinstance(one, CodeType) else constants.get(one, one) for one in template.co_consts),
        co_flags=template.co_flags | code.co_flags & ITERABLE,
        co_filename=code.co_filename,
        co_firstlineno=code.co_firstlineno,
        co_name=code.co_name,
        co_qualname=code.co_qualname,
    )


@lru_cache(maxsize=4096)
def _template(kind: int, params: str, args: str, cells: tuple[str, ...]) -> CodeType:
    """Return a stub of this shape with strings for its constants; to tracers all of it lies on its first line."""
    import ast

    tree = ast.parse(source(kind, params, args, cells))
    for node in ast.walk(tree):
        if hasattr(node, "lineno"):
            node.lineno, node.end_lineno, node.col_offset, node.end_col_offset = 1, 1, 0, 0  # type: ignore[attr-defined]
    made = _inner(_inner(compile(tree, "<stub>", "exec", dont_inherit=True)))
    if made.co_freevars != cells:
        raise ValueError(f"free variables {cells} are not in the compiler's order {made.co_freevars}")
    return made


def _inner(code: CodeType) -> CodeType:
    """Return the code of the one function made in another."""
    return next(one for one in code.co_consts if isinstance(one, CodeType))
