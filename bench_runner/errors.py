"""The exceptions of the house: one sentence each, raised from their cause, printed in one place with one exit code."""

from typing import ClassVar


class BenchRunnerError(Exception):
    """Anything that ends a command with a sentence for the user; `exit_code` as listed in the README."""

    exit_code: ClassVar[int] = 1


class UsageError(BenchRunnerError):
    """The command line, the configuration or a ref is wrong."""

    exit_code = 2


class InconclusiveError(BenchRunnerError):
    """Nothing can be said: too little data, unlike environments, or no change reproduced."""

    exit_code = 4


class NothingMeasuredError(BenchRunnerError):
    """What was expected to be measured is missing or failed."""

    exit_code = 5


class EnvironmentFailedError(BenchRunnerError):
    """An environment could not be made or the project not be built; `output` holds the end of what was printed."""

    exit_code = 6

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output


class StoreError(BenchRunnerError):
    """A file below results/ is damaged, newer than this program, or cannot be written."""

    exit_code = 7
