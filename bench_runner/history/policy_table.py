"""One entry of a policy file, and the questions put to it; every answer is checked."""

import math
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from bench_runner import units
from bench_runner.config.written import is_number, is_text, shown
from bench_runner.model.policy import Amount, Scope

PLACES = ("metric", "environment", "machine")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class WrongError(Exception):
    """What is wrong with an entry in a sentence, and with which key ("" for the whole)."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True, slots=True)
class Table:
    """An entry as it is written; every method raises WrongError."""

    data: Mapping[str, Any]
    line: int = 0

    def check(self, known: Collection[str]) -> None:
        """Refuse keys that are not known."""
        for key in self.data.keys() - set(known):
            near = get_close_matches(key, sorted(known), 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
            raise WrongError(f"unknown key {shown(key)}: {hint}", key)

    def has(self, *keys: str) -> list[str]:
        """Return which of the keys are written."""
        return [key for key in keys if key in self.data]

    def text(self, key: str) -> str:
        """Return a string, "" where there is none."""
        value = self.data.get(key, "")
        if not is_text(value) or (key in self.data and not value.strip()):
            raise WrongError(f"{key} must be words in quotes, not {shown(value)}", key)
        return str(value)

    def needed(self, key: str) -> str:
        """Return a string that has to be there."""
        if key not in self.data:
            raise WrongError(f"{key} is missing")
        return self.text(key)

    def scope(self) -> Scope:
        """Return which series are meant; the benchmark has to be named, if by "*"."""
        return Scope(self.needed("benchmark"), *(self.text(key) for key in PLACES))

    def share(self, key: str) -> float | None:
        """Return a relative change, None where there is none: "5 %", or a number below 1."""
        value = self.data.get(key)
        if value is None:
            return None
        try:
            share = units.share(value) if is_text(value) else float(value) if is_number(value) else -1.0
        except (ValueError, OverflowError):
            share = -1.0
        if not 0 <= share < math.inf or (share >= 1 and not is_text(value)):
            raise WrongError(f'{key} must be a change such as "5 %" or 0.05, not {shown(value)}', key)
        return share

    def amount(self, key: str) -> Amount | None:
        """Return an amount, None where there is none: "2 s", "150 MB", or a number in the unit of the benchmark."""
        value = self.data.get(key)
        if value is None:
            return None
        try:
            number, unit = units.parse(value if is_text(value) else repr(value) if is_number(value) else "")
        except ValueError as error:
            expected = 'an amount such as "2 s", "150 MB", or a number in the unit of the benchmark'
            raise WrongError(f"{key} must be {expected}, not {shown(value)}", key) from error
        if unit == "%":
            raise WrongError(f"{key} must be an amount, not {shown(value)}: a percentage is `worse` with `since`", key)
        return Amount(number, unit, str(value))

    def day(self, key: str) -> date | None:
        """Return a day, None where there is none."""
        value = self.data.get(key)
        with suppress(ValueError):
            if isinstance(value, str) and _DAY.fullmatch(value):
                return date.fromisoformat(value)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        raise WrongError(f"{key} must be a day such as 2027-01-31, not {shown(value)}", key)
