"""What stands around a gateway, for its health page: the node and its validators, copies of contents, webhooks, certificates.

A look that gets no answer, or for which a deployment has nothing to ask, is unknown: never in order. Nothing here is changed, and no content is read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from certifier.store.local import LocalStore
from gateway.db import events
from gateway.installation import Installation
from gateway.signing.places import AtWeb3Signer
from ledger.embedded import Embedded
from ledger.remote import RemoteWriter

__all__ = ["Known", "Look", "look"]

LATE = 60
"""Seconds that the newest final block of a chain with validators may be old."""
_SOON = timedelta(days=30)


class Known(StrEnum):
    """How it stands."""

    GOOD = "good"
    POOR = "poor"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Look:
    """One thing that was looked at: how it stands, and the figure that says so; empty where it is unknown."""

    name: str
    known: Known
    figure: str = ""


def look(home: Installation) -> list[Look]:
    """All of them, in a fixed order."""
    looks: dict[str, Callable[[Installation], tuple[Known, str]]] = {
        "validators": _validators,
        "finality": _finality,
        "outbox": _outbox,
        "copies": _copies,
        "webhooks": _webhooks,
        "certificates": _certificates,
    }
    return [_try(name, home, ask) for name, ask in looks.items()]


def _try(name: str, home: Installation, ask: Callable[[Installation], tuple[Known, str]]) -> Look:
    try:
        return Look(name, *ask(home))
    except Exception:  # noqa: BLE001 (whatever keeps us from knowing: it is not known)
        return Look(name, Known.UNKNOWN)


def _validators(home: Installation) -> tuple[Known, str]:
    """QBFT tolerates the loss of a third of them: 4 for one. The embedded node is one machine, whatever it says."""
    if isinstance(home.node, Embedded):
        return Known.POOR, "1"
    count = len(home.ledger.chain.rpc.call("qbft_getValidatorsByBlockNumber", "latest"))
    return (Known.GOOD if count >= 4 else Known.POOR), str(count)


def _finality(home: Installation) -> tuple[Known, str]:
    """Seconds since the newest final block. The embedded node makes one when something is written: its age says nothing, so its lag counts."""
    final = home.ledger.pin()
    if isinstance(home.node, Embedded):
        lag = home.ledger.chain.block("latest").number - final.number
        return (Known.GOOD if lag == 0 else Known.POOR), f"{lag} blocks"
    age = max(0, int(time.time()) - final.timestamp)
    return (Known.GOOD if age <= LATE else Known.POOR), f"{age} s"


def _outbox(home: Installation) -> tuple[Known, str]:
    """Signed transactions that are not known to be final. The embedded node has them in the block that they make."""
    count = home.writer.unsettled() if isinstance(home.writer, RemoteWriter) else 0
    return (Known.POOR if count else Known.GOOD), str(count)


def _copies(home: Installation) -> tuple[Known, str]:
    """A folder of this machine is one copy. How many a network of stores has, this node does not know."""
    return (Known.POOR, "1") if isinstance(home.store, LocalStore) else (Known.UNKNOWN, "")


def _webhooks(home: Installation) -> tuple[Known, str]:
    """Events that were not taken yet, by all webhooks together."""
    with home.database.session() as session:
        waiting, failing = events.webhook_backlog(session)
    return (Known.POOR if failing else Known.GOOD), str(waiting)


def _certificates(home: Installation) -> tuple[Known, str]:
    """The day on which the first of our certificates ends: what PDFs are signed with, and clients' at a Web3Signer. TLS before us is not seen."""
    ends = [
        *(_end_of_identity(path) for path in [home.home.root / "certificate.p12"] if path.is_file()),
        *(_end_of(Path(one)) for one in _client_certificates(home)),
    ]
    if not ends:
        return Known.UNKNOWN, ""
    first = min(ends)
    return (Known.GOOD if first - datetime.now(UTC) > _SOON else Known.POOR), first.date().isoformat()


def _client_certificates(home: Installation) -> Iterator[str]:
    for one in home.book.all():
        place = home.places.of(one.short)
        if isinstance(place, AtWeb3Signer) and place.certificate_file is not None:
            yield place.certificate_file


def _end_of_identity(path: Path) -> datetime:
    certificate = pkcs12.load_key_and_certificates(path.read_bytes(), None)[1]
    if certificate is None:
        raise ValueError(f"{path} holds no certificate")
    return certificate.not_valid_after_utc


def _end_of(path: Path) -> datetime:
    return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
