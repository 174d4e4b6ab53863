"""A contract's refusal in the home's own words: its ids are replaced by the names of organisations, papers and accounts that this home knows.

For people only; what a program needs are code and ids. An id that nothing here knows stays as it is.
"""

from __future__ import annotations

import re

from gateway.db import catalogue, index, repository
from gateway.db.models import Asset
from gateway.installation import Installation

__all__ = ["named"]

_ID = re.compile("0x(?:[0-9a-f]{64}|[0-9a-fA-F]{40})")


def named(installation: Installation, text: str) -> str:
    """The text with a name for each id that this home knows; papers keep their id behind it."""
    return _ID.sub(lambda found: _name(installation, found[0]) or found[0], text)


def _name(installation: Installation, identity: str) -> str | None:
    if len(identity) == 42:
        holders = {installation.address(one.short): one.short for one in installation.book.all()}
        return f"of {holders[identity.lower()]}" if identity.lower() in holders else None
    for one in installation.book.all():
        if one.hex == identity:
            return f"{one.short} ({one.name})"
    with installation.database.session() as session:
        if (member := catalogue.organisation(session, identity)) is not None:
            return f"{member.name} ({member.identifier})"
        claimed = index.claimed_asset(session, identity)
        row = repository.asset(session, claimed or identity)
        return f"{_paper(row)} ({row.asset_id})" if row is not None else None


def _paper(row: Asset) -> str:
    number = (row.fields or {}).get("fact.number")
    return f"{row.kind} {number}" if number is not None else row.kind
