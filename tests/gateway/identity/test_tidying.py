"""What has expired is forgotten; what has not stays."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from sqlalchemy import select

from gateway.db import identity as table
from gateway.db.identity import Ceremony, IdempotentAnswer, ProofSeen
from gateway.identity import ceremonies
from gateway.identity.tokens import digest, now

from ..running import Running


@dataclass
class Marks:
    """One old and one new row of each kind."""

    old: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    new: bytes = field(default_factory=lambda: secrets.token_bytes(32))


def test_only_what_no_longer_counts_is_forgotten(api: Running) -> None:
    proofs, at = Marks(), now()
    with api.gateway.database.session() as session:
        token = ceremonies.start(session, "kept", {})
        session.add(Ceremony(digest=proofs.old, kind="gone", data={}, expires_at=at - 1))
        session.add(ProofSeen(digest=proofs.old, expires_at=at - 1))
        session.add(ProofSeen(digest=proofs.new, expires_at=at + 60))
        for mark, when in ((proofs.old, at - 100), (proofs.new, at)):
            session.add(IdempotentAnswer(caller="tidy", key=mark.hex(), digest=mark, at=when))
    with api.gateway.database.session() as session:
        table.forget_expired(session, at, at - 50)
    with api.gateway.database.session() as session:
        assert session.get(Ceremony, digest(token)) and not session.get(Ceremony, proofs.old)
        assert session.get(ProofSeen, proofs.new) and not session.get(ProofSeen, proofs.old)
        rows = session.scalars(select(IdempotentAnswer).where(IdempotentAnswer.caller == "tidy")).all()
        assert [row.digest for row in rows] == [proofs.new]
    assert api.client("m1-accountant").get("/api/v1/me").status_code == 200
