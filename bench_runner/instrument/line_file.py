"""A file of one process that holds whole lines only, whatever fails."""

import os


class LineFile:
    """Holds whole lines only; it is made with the first of them, and again where somebody has removed it."""

    def __init__(self, folder: str, name: str) -> None:
        self._folder, self._path = folder, os.path.join(folder, name)  # noqa: PTH118 - pathlib takes time to import
        self._fd, self._size = -1, 0

    def append(self, line: bytes) -> None:
        """Add a line, or nothing and raise OSError."""
        if self._fd < 0 or os.fstat(self._fd).st_nlink == 0:
            self.close()
            os.makedirs(self._folder, exist_ok=True)  # noqa: PTH103 - the same
            self._fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            self._size = os.fstat(self._fd).st_size
        written = os.write(self._fd, line)
        if written != len(line):
            os.ftruncate(self._fd, self._size)
            raise OSError(f"{written} of {len(line)} bytes could be written")
        self._size += written

    def close(self) -> None:
        """Let go of it."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
