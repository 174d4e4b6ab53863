"""Files written durably: all of them or none, few or many, and nothing but them is left; flushed before and after they get their names."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from certifier.store.files import FEW, File, make_durably, write_durably

COUNTS = (0, 1, FEW, FEW + 1, 3 * FEW)


def files(folder: Path, count: int) -> Iterator[File]:
    for number in range(count):
        place = f"{folder}/{number % 3}/made/{number}"
        yield File(f"{folder}/.{number}", place, f"file {number}".encode() * number)


@pytest.mark.parametrize("count", COUNTS)
def test_all_are_there_whole_and_nothing_else(count: int, tmp_path: Path) -> None:
    for _ in range(2):  # the second time over those that are there
        write_durably(files(tmp_path, count))
        found = {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        assert found == {file.place: file.data for file in files(tmp_path, count)}


@pytest.mark.parametrize("count", COUNTS[1:])
def test_a_failure_leaves_neither_names_nor_temporaries(count: int, tmp_path: Path) -> None:
    def broken() -> Iterator[File]:
        yield from files(tmp_path, count)
        yield File(f"{tmp_path}/none/there", f"{tmp_path}/name", b"")

    with pytest.raises(FileNotFoundError):
        write_durably(broken())
    assert list(tmp_path.iterdir()) == []


def test_who_may_read_a_file_is_said_and_the_mask_holds(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write_durably(
            [File(f"{tmp_path}/.{mode:o}", f"{tmp_path}/{mode:o}", b"", mode) for mode in (0o600, 0o666)]
        )
    finally:
        os.umask(mask)
    assert [f"{(tmp_path / name).stat().st_mode & 0o777:o}" for name in ("600", "666")] == ["600", "640"]


def test_a_folder_is_made_with_all_above_it(tmp_path: Path) -> None:
    for _ in range(2):
        make_durably(str(tmp_path / "a" / "b" / "c"))
    assert (tmp_path / "a" / "b" / "c").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        make_durably(str(tmp_path / "file" / "below"))


TRACED = """
import sys
from pathlib import Path
from certifier.store.files import File, write_durably
folder, count = sys.argv[1], int(sys.argv[2])
write_durably([File(f"{folder}/.{n}", f"{folder}/{n}", b"data") for n in range(count)])
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("count", [1, FEW + 1])
def test_bytes_are_flushed_before_names_and_names_after(count: int, tmp_path: Path) -> None:
    out, calls = tmp_path / "out", tmp_path / "calls"
    out.mkdir()
    trace = ["strace", "-o", str(calls), "-e", "trace=write,rename,fsync,syncfs"]
    subprocess.run([*trace, sys.executable, "-c", TRACED, str(out), str(count)], check=True)
    kinds = [line.partition("(")[0] for line in calls.read_text().splitlines() if "(" in line]
    order = [kind for at, kind in enumerate(kinds) if at == 0 or kinds[at - 1] != kind]
    flush = "fsync" if count <= FEW else "syncfs"
    assert order[-4:] == ["write", flush, "rename", flush]
