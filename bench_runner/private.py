"""Takes out of foreign text what tells of the user and not of the failure: folders, user name, passwords, secrets."""

import getpass
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

SECRET = "***"  # noqa: S105 - what stands for one
_PASSWORD = re.compile(r"(?<=://)[^/\s:@]*:?[^/\s@]*@")
_SECRETIVE = re.compile(r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|(API|ACCESS|PRIVATE|SIGNING)_?KEY", re.IGNORECASE)
_SHORTEST_SECRET = 8  # characters; shorter values are words that stand anywhere
_SHORTEST_NAME = 3
_NAMES_OF_NOBODY = {"root", "user", "runner", "admin", "home", "usr", "src", "bin", "lib", "opt", "tmp", "var"}


def hide(text: str, root: Path | None = None) -> str:
    """Return text with the project's folder as ".", the home folder as "~", the user as "user", secrets as "***".

    A secret is what stands before the @ of an address, or in a variable whose name says that it is one.
    """
    if not text:
        return text
    for secret in _secrets(os.environ):
        text = text.replace(secret, SECRET)
    for place, sign in _places(root):
        text = re.sub(rf"{re.escape(place)}(?![\w-])", sign, text)
    name = _user()
    if name:
        text = re.sub(rf"(?<=[/\\]){re.escape(name)}(?![\w-])", "user", text)
    return _PASSWORD.sub(f"{SECRET}@", text)


def _places(root: Path | None) -> Iterator[tuple[str, str]]:
    """Yield folders with what stands for them, inner ones before those around them."""
    home = Path.home()
    found = {sign: {folder, folder.resolve()} for sign, folder in ((".", root), ("~", home)) if folder}
    names = [(str(folder), sign) for sign, folders in found.items() for folder in folders if len(folder.parts) > 1]
    # What was printed has been through here before, when the project's folder was not known.
    names += [(f"~/{one.relative_to(home)}", ".") for one in found.get(".", ()) if home in one.parents]
    yield from sorted(names, key=lambda one: len(one[0]), reverse=True)


def _secrets(variables: Mapping[str, str]) -> list[str]:
    """Return the values of variables that by their names are nobody's business, longest first."""
    found = {value for name, value in variables.items() if _SECRETIVE.search(name) and len(value) >= _SHORTEST_SECRET}
    return sorted(found, key=len, reverse=True)


def _user() -> str:
    """Return the user's name, "" when it tells nothing or would be found in many a path."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # no such user, as in some containers
        return ""
    return name if len(name) >= _SHORTEST_NAME and name not in _NAMES_OF_NOBODY else ""
