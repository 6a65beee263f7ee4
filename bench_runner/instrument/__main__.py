"""Starts a program that has no line for it under control of its environment, as in these two lines.

    BENCH_RUNNER_CONTROL=/run/shop/control.json python -m bench_runner.instrument shop.py ARGUMENTS
    BENCH_RUNNER_TIMED='shop.checkout:*' python -m bench_runner.instrument -m gunicorn ARGUMENTS

Programs that call `control.from_environment()` themselves do not need it.
"""

import os
import runpy
import sys

from bench_runner.instrument import control


def main() -> None:
    """Run what the command line names, as Python itself would."""
    words = sys.argv[1:]
    if not words or words == ["-m"]:
        sys.exit(f"usage: python -m {__package__} (FILE | -m MODULE) [ARGUMENTS]")
    control.from_environment()
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        sys.path[0] = os.path.dirname(os.path.abspath(words[0]))  # noqa: PTH100, PTH120 - as Python has it
        runpy.run_path(words[0], run_name="__main__")


main()
