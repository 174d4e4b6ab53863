"""The worker process: reads one path a line on standard input, answers `ready` and then one JSON line each.

Started by `certifier.documents.reader` only. Paths are hexadecimal, so that any name passes. It opens no network
and writes nothing but its answers: what a library prints about a document does not get among them.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from certifier.documents.model import Limits, Reading
from certifier.documents.reader import read_file
from certifier.documents.trace import pack

if TYPE_CHECKING:
    from certifier.documents.profile import Profile

__all__ = ["main"]


def main(limits: str, profiles: str) -> None:
    """Answer until standard input ends."""
    bounds = Limits(**json.loads(limits))
    declared = _profiles(profiles)
    resource.setrlimit(resource.RLIMIT_AS, (bounds.max_memory, bounds.max_memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1) as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        answers.write("ready\n")
        for line in sys.stdin.buffer:
            path = Path(os.fsdecode(bytes.fromhex(line.strip().decode("ascii"))))
            answers.write(_answer(read_file(path, bounds, declared)) + "\n")


def _profiles(text: str) -> list[Profile]:
    """The declared profiles; their module is imported only where there are some."""
    found = json.loads(text)
    if not found:
        return []
    from certifier.documents.profile import Profile

    return [Profile.from_json(profile) for profile in found]


def _answer(reading: Reading) -> str:
    document = error = None
    if (found := reading.document) is not None:
        document = {
            "kind": found.kind,
            "format": found.format,
            "schema": found.schema,
            "media_type": found.media_type,
            "facts": dict(found.facts),
            "warnings": [(n.code, n.message) for n in found.warnings],
        }
        if (trace := pack(found.trace)) is not None:
            document["trace"] = trace
    if reading.error is not None:
        error = (type(reading.error).__name__, reading.error.code, reading.error.message)
    digest = reading.sha256.hex() if reading.sha256 else None
    return json.dumps({"sha256": digest, "size": reading.size, "document": document, "error": error})
