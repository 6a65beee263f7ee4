"""Where a process notes which control file it follows, so that it is found by its pid alone.

It is a symbolic link, named by the pid, in a folder that only its user may write: `bench-runner-<uid>` in
`$XDG_RUNTIME_DIR` or else in the folder for temporary files.
"""

import os
import stat


def register(path: str) -> None:
    """Note that this process follows a file; OSError or ValueError when there is no safe place for the note."""
    folder = own_folder()
    forget_dead(folder)
    link = f"{folder}/{os.getpid()}"
    forget()
    os.symlink(os.path.abspath(path), link)  # noqa: PTH100, PTH211 - pathlib takes long to import


def forget() -> None:
    """Take the note of this process away, if there is one."""
    remove(f"{_folders(_user())[0]}/{os.getpid()}")


def find(pid: int, user: int) -> str | None:
    """Return the control file of a user's process, None when it has noted none."""
    for folder in _folders(user):
        try:
            if os.lstat(folder).st_uid == user:
                return os.readlink(f"{folder}/{pid}")  # noqa: PTH115 - as above
        except OSError:
            continue
    return None


def own_folder() -> str:
    """Return the folder for notes, made at first; ValueError when somebody else could have put things there."""
    return private_folder(_folders(_user())[0])


def private_folder(path: str) -> str:
    """Make a folder that only this user may write, or see that it is one; OSError or ValueError when it is not."""
    try:
        os.mkdir(path, 0o700)  # noqa: PTH102 - as above
    except FileExistsError:
        seen = os.lstat(path)
        if not stat.S_ISDIR(seen.st_mode):
            raise ValueError(f"{path} is no folder") from None
        if seen.st_uid != _user() or (os.name == "posix" and seen.st_mode & 0o022):
            raise ValueError(f"{path} belongs to user {seen.st_uid}, or others may write it") from None
    return path


def forget_dead(folder: str, ending: str = "") -> None:
    """Remove what is named by the pid of a process that is no more."""
    for name in os.listdir(folder):  # noqa: PTH208 - as above
        pid = name.removesuffix(ending)
        if name.endswith(ending) and pid.isdecimal() and not alive(int(pid)):
            remove(f"{folder}/{name}")


def alive(pid: int) -> bool:
    """Return whether there is a process of this number."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def remove(path: str) -> None:
    """Remove a file if it is there and may be removed."""
    try:  # noqa: SIM105 - contextlib takes time to import
        os.unlink(path)  # noqa: PTH108 - as above
    except OSError:
        pass


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0


def _folders(user: int) -> list[str]:
    """Return where notes may lie; this process uses the first."""
    rooms = [os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("TMPDIR"), "/tmp"]  # noqa: S108 - the folder in it is checked
    own = [room for room in rooms if room and os.path.isdir(room)]  # noqa: PTH112 - as above
    return [f"{room}/bench-runner-{user}" for room in dict.fromkeys([*own, f"/run/user/{user}", "/tmp"])]  # noqa: S108 - the same
