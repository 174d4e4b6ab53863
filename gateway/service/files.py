"""Files that a verb is given or leaves behind: folders walked, JSON read, results written whole. Imports nothing heavy."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from certifier.store.files import File, make_durably, runs, write_durably
from gateway.errors import FULL, UnreadableError, UsageError
from ledger import jsontext

__all__ = [
    "SIGNERS_SUFFIX",
    "expand",
    "load_json",
    "make_folder",
    "read_bounded",
    "schema_of",
    "sweep",
    "write_many",
    "write_whole",
]

_TEMPORARY = re.compile(r"\..+\.(?:receipt|dossier)\.json\.([0-9]+)")  # of `write_many`
SIGNERS_SUFFIX = ".signers.json"
_OURS = (".receipt.json", ".dossier.json", ".offer.json", ".grant.json", ".key.json", SIGNERS_SUFFIX)
MAX_JSON = 64 * 2**20


def expand(paths: Sequence[Path]) -> list[Path]:
    """The files that `paths` mean: each file as given, each folder's files by name; hidden ones and those that verbs write are left out."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(
                entry
                for entry in path.rglob("*")
                if entry.is_file() and _is_document(entry.relative_to(path))
            )
        else:
            files.append(path)
    if not files:
        raise UsageError(
            "NO_FILES",
            f"no files in {', '.join(map(str, paths)) or 'an empty call'}: name files, or folders that hold some",
        )
    return list(dict.fromkeys(files))


def _is_document(path: Path) -> bool:
    return not path.name.endswith(_OURS) and not any(part.startswith(".") for part in path.parts)


def read_bounded(path: Path, limit: int = MAX_JSON) -> bytes:
    """A regular file's bytes. UnreadableError for a pipe, a device, a folder, and for more than `limit` bytes."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnreadableError("NOT_A_FILE", f"{path} is no regular file: name one")
            data = file.read(limit + 1)
    except OSError as error:
        raise UnreadableError("FILE", f"{path} cannot be read: {error.strerror}") from error
    if len(data) > limit:
        raise UnreadableError("TOO_LARGE", f"{path} is larger than {limit:,} bytes: nothing of ours is")
    return data


def load_json(path: Path, schema: str) -> dict[str, Any]:
    """A JSON object with that schema. UnreadableError says what it is instead."""
    try:
        document = jsontext.loads(read_bounded(path))
    except ValueError as error:
        raise UnreadableError("NOT_JSON", f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("schema") != schema:
        raise UnreadableError("SCHEMA", f'{path} is not of the schema "{schema}"')
    return document


def schema_of(path: Path) -> str | None:
    """The schema that a JSON file names; None for any other file, or none."""
    try:
        document = jsontext.loads(read_bounded(path))
    except (UnreadableError, ValueError):
        return None
    return str(document.get("schema")) if isinstance(document, dict) else None


def make_folder(path: Path) -> None:
    """A folder to write results to, made where absent. UsageError where there can be none."""
    try:
        make_durably(str(path))
    except OSError as error:
        if error.errno in FULL:
            raise
        raise UsageError(
            "OUT", f"{path} cannot be a folder to write to: {error.strerror}; name another one with --out"
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise UsageError("OUT", f"{path} is not writable: name another folder with --out")


def sweep(folder: Path) -> None:
    """Remove what a writer that was killed left half written in a folder of receipts."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            left = _TEMPORARY.fullmatch(entry.name)
            if left is not None and not runs(int(left[1])):
                Path(entry.path).unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole and durably, or not at all, its folder made where absent."""
    make_durably(str(path.parent))
    write_many(path.parent, [(path.name, data)])


def write_many(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """The same of many files into a folder that is there."""
    into, mark = str(folder), os.getpid()
    write_durably(File(f"{into}/.{name}.{mark}", f"{into}/{name}", data, 0o666) for name, data in files)
