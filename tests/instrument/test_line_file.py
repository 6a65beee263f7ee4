"""Only whole lines are in the file, and what cannot be written is said."""

import os
from pathlib import Path

import pytest

from bench_runner.instrument.line_file import LineFile


def test_a_file_is_made_with_its_first_line(tmp_path: Path) -> None:
    file = LineFile(str(tmp_path / "a/b"), "c.jsonl")
    assert not (tmp_path / "a").exists()
    file.append(b"1\n")
    file.append(b"2\n")
    assert (tmp_path / "a/b/c.jsonl").read_bytes() == b"1\n2\n"
    file.close()
    file.append(b"3\n")
    assert (tmp_path / "a/b/c.jsonl").read_bytes() == b"1\n2\n3\n"
    file.close()
    file.close()


def test_half_a_line_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, write = LineFile(str(tmp_path), "a"), os.write
    file.append(b"first\n")
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda fd, line: write(fd, line[:3]))
        with pytest.raises(OSError, match="3 of 7 bytes"):
            file.append(b"second\n")
    file.append(b"third\n")
    assert (tmp_path / "a").read_bytes() == b"first\nthird\n"


def test_a_file_that_somebody_removed_is_made_again(tmp_path: Path) -> None:
    file = LineFile(str(tmp_path), "a")
    file.append(b"first\n")
    (tmp_path / "a").unlink()
    file.append(b"second\n")
    assert (tmp_path / "a").read_bytes() == b"second\n"


def test_what_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file")
    with pytest.raises(OSError, match="a"):
        LineFile(str(tmp_path / "a"), "b").append(b"x\n")
