"""The source of stubs: what goes around the old code of a function, by its kind and parameters.

Strings such as "<probe>" stand for constants that are put in later, since any name would be looked up among the
program's. A constant cannot be called in source, hence the variable `_timed_now`.
"""

from types import CodeType

# Flags of code objects, as the documentation of inspect lists them; that module takes 20 ms to import.
VARARGS, VARKEYWORDS, GENERATOR, COROUTINE, ITERABLE, ASYNC_GENERATOR = 0x4, 0x8, 0x20, 0x80, 0x100, 0x200
SUSPENDS = GENERATOR | COROUTINE | ASYNC_GENERATOR
_OWN = "_timed_"  # begins all variables of ours

_DEF = """\
def _timed_shell(CELLS):
    def _timed_stub(PARAMS):
        def _timed_run():
            return CELLS
"""
_CALL = """\
        _timed_now = "<now>"
        _timed_ns = _timed_now()
        try:
            return _timed_run(ARGS)
        except "<any>" as _timed_error:
            "<probe>".strip(_timed_error)
            raise
        finally:
            try:
                try:
                    _timed_ns = _timed_now() - _timed_ns
                    "<probe>".mine.lease.part.record(_timed_ns)
                except "<failure>" as _timed_error:
                    "<probe>".rescue(_timed_ns, _timed_error)
            except "<depth>":
                "<probe>".trouble.count += 1
"""
_LIFE = """\
        _timed_life = "<probe>".begin()
        try:
            RUN
        except "<any>" as _timed_error:
            "<probe>".strip(_timed_error)
            raise
        finally:
            try:
                _timed_life.end()
            except "<depth>":
                "<probe>".trouble.count += 1
"""
# Not by `yield from`, which answers close() and throw(GeneratorExit) by itself.
_GENERATOR = """\
_timed_source, _timed_value = _timed_run(ARGS), None
            _timed_step = _timed_source.send
            while True:
                try:
                    _timed_item = _timed_life.step(_timed_step, _timed_value)
                except "<end>" as _timed_end:
                    return _timed_end.value
                try:
                    _timed_value = yield _timed_item
                    _timed_step = _timed_source.send
                except "<any>" as _timed_error:
                    "<probe>".strip(_timed_error)
                    _timed_step, _timed_value = _timed_source.throw, _timed_error
"""
_COROUTINE = "return await _timed_life.through(_timed_run(ARGS))"
_ASYNC_GENERATOR = """\
_timed_source = _timed_run(ARGS)
            _timed_step = _timed_life.first(_timed_source)
            while True:
                try:
                    _timed_item = await _timed_life.through(_timed_step)
                except "<async end>":
                    return
                try:
                    _timed_step = _timed_source.asend((yield _timed_item))
                except "<any>" as _timed_error:
                    "<probe>".strip(_timed_error)
                    _timed_step = _timed_source.athrow(_timed_error)
"""
_TEXTS = {
    0: _DEF + _CALL,
    GENERATOR: _DEF + _LIFE.replace("RUN", _GENERATOR.rstrip()),
    COROUTINE: _DEF.replace("    def", "    async def", 1) + _LIFE.replace("RUN", _COROUTINE),
    ASYNC_GENERATOR: _DEF.replace("    def", "    async def", 1) + _LIFE.replace("RUN", _ASYNC_GENERATOR.rstrip()),
}


def source(kind: int, params: str, args: str, cells: tuple[str, ...]) -> str:
    """Return source of a function in which the stub is made; the stub's innermost function stands for the old code."""
    text, own = _TEXTS[kind], _OWN
    while own in f" {params} {' '.join(cells)}":
        own += "_"
    text = text.replace(_OWN, own).replace("PARAMS", params).replace("ARGS", args)
    return text.replace("return CELLS", f"return {', '.join(cells)}").replace("CELLS", ", ".join(cells))


def signature(code: CodeType) -> tuple[str, str]:
    """Return the parameters without defaults, which stay the function's, and the arguments that hand them on."""
    plain, only = code.co_argcount, code.co_kwonlyargcount
    positional, keyword, rest = _cut(code.co_varnames, plain, only)
    params, args = list(positional), list(positional)
    if code.co_posonlyargcount:
        params.insert(code.co_posonlyargcount, "/")
    if code.co_flags & VARARGS:
        params.append(f"*{rest[0]}")
        args.append(f"*{rest[0]}")
        rest = rest[1:]
    elif keyword:
        params.append("*")
    params += keyword
    args += [f"{name}={name}" for name in keyword]
    if code.co_flags & VARKEYWORDS:
        params.append(f"**{rest[0]}")
        args.append(f"**{rest[0]}")
    return ", ".join(params), ", ".join(args)


def _cut(names: tuple[str, ...], *lengths: int) -> list[tuple[str, ...]]:
    """Return the names in pieces of these lengths, and the rest."""
    pieces = []
    for length in lengths:
        pieces.append(names[:length])
        names = names[length:]
    return [*pieces, names]
