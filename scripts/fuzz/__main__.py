"""`python -m scripts.fuzz FORMAT… [--minutes 10] [--slice 60] [--seed N] [--out DIR]`: fuzz readers, one after the other.

FORMAT is a target's word, or `all`. Minutes are of processor time, per format; with several formats they take turns of
`--slice` seconds. What breaks the rule is written to DIR under its hash, one line a finding; exit 1 where there is any.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import random
import resource
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from lxml import etree

from certifier.documents import Document, Limits, read_bytes
from certifier.errors import DocumentError
from certifier.schema import problem
from scripts.fuzz.targets import TARGETS

LIMITS = Limits(max_bytes=4 << 20, max_expanded_bytes=8 << 20, max_nodes=200_000)
MEMORY = 2 << 30
SECONDS = 10.0


class _SlowError(Exception):
    """Reading one small document took longer than it may."""


@dataclass
class _Tally:
    """What one format's fuzzing has come to."""

    name: str
    random: random.Random
    seconds: float = 0.0
    documents: int = 0
    slowest: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: dict[str, int] = field(default_factory=dict)

    def line(self) -> str:
        """For the log: minutes, documents, what came of them."""
        read = sum(count for word, count in self.outcomes.items() if not word.isupper())
        known = ", ".join(f"{word} {count}" for word, count in self.outcomes.most_common(6))
        return (
            f"{self.name}: {self.seconds / 60:.1f} min, {self.documents} documents, {read} read, slowest {self.slowest:.2f} s, "
            f"{len(self.findings)} findings; {known}"
        )


def main() -> int:
    """Fuzz; the tallies go to standard output."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.fuzz", description="Fuzz the readers of documents."
    )
    parser.add_argument("formats", nargs="+", metavar="FORMAT", choices=[*TARGETS, "all"])
    parser.add_argument("--minutes", type=float, default=10.0, help="of processor time, per format")
    parser.add_argument("--slice", type=float, default=60.0, help="seconds of a turn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("fuzz-findings"))
    given = parser.parse_args()
    names = list(TARGETS) if "all" in given.formats else given.formats
    tallies = [_Tally(name, random.Random(f"{given.seed}/{name}")) for name in names]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGPROF, _too_slow)
    while due := [tally for tally in tallies if tally.seconds < given.minutes * 60]:
        for tally in due:
            _turn(tally, min(given.slice, given.minutes * 60 - tally.seconds), given.out)
            print(tally.line(), flush=True)
    return 1 if any(tally.findings for tally in tallies) else 0


def _turn(tally: _Tally, seconds: float, out: Path) -> None:
    target, chance = TARGETS[tally.name], tally.random
    seeds, begun = _seeds_of(tally.name), time.process_time()
    while (now := time.process_time()) - begun < seconds:
        data = chance.choice(seeds)
        for _ in range(1 if chance.random() < 0.8 else 2):
            with contextlib.suppress(etree.LxmlError, ValueError, TypeError):  # a change that lxml refuses
                data = chance.choice(target.mutators)(data, chance)
        _try(tally, data, out)
        tally.slowest = max(tally.slowest, time.process_time() - now)
        tally.documents += 1
    tally.seconds += time.process_time() - begun


@cache
def _seeds_of(name: str) -> list[bytes]:
    """A target's seeds; those with a seal take a while."""
    return TARGETS[name].seeds()


def _try(tally: _Tally, data: bytes, out: Path) -> None:
    """Read one document; whatever is against the rule is a finding."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        document = read_bytes(data, LIMITS)
        tally.outcomes[document.format] += 1
        said = _unsound(document)
        if said is None and tally.random.random() < 0.05 and read_bytes(data, LIMITS) != document:
            said = "another document the second time"
    except DocumentError as error:
        tally.outcomes[error.code] += 1
        said = f"{error.message}"[:200] if error.code == "UNFINISHED" or "\n" in error.message else None
    except MemoryError:
        said = "MemoryError"
    except BaseException as error:  # whatever comes out is what we look for
        if isinstance(error, KeyboardInterrupt):
            raise
        said = f"{type(error).__name__}: {error}"[:200]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    if said is not None:
        _keep(tally, data, said, out)


def _unsound(document: Document) -> str | None:
    """What is wrong with a document that was read, if anything is."""
    for name, text in document.facts.items():
        if (wrong := problem(document.kind, f"fact.{name}", text)) is not None:
            return f"{name}={text[:40]!r}: {wrong}"
    return "more than 900 facts" if len(document.facts) > 900 else None


def _keep(tally: _Tally, data: bytes, said: str, out: Path) -> None:
    """Write a finding down, the first of its sort; the rest is counted."""
    sort = "".join(c for c in said if not c.isdigit())[:80]
    tally.findings[sort] = tally.findings.get(sort, 0) + 1
    if tally.findings[sort] == 1:
        out.mkdir(parents=True, exist_ok=True)
        path = out / f"{tally.name}-{hashlib.sha256(data).hexdigest()[:16]}"
        path.write_bytes(data)
        print(f"FINDING {tally.name}: {said} → {path}", flush=True)


def _too_slow(_: int, __: object) -> None:
    raise _SlowError(f"more than {SECONDS:g} s")


if __name__ == "__main__":
    sys.exit(main())
