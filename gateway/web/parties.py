"""Organisations as pages name them: registered name and legal number, never an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy.orm import Session

from gateway.db import listing
from gateway.web.words import MEMBER_ACTIVE, STANDINGS
from ledger.membership import Role

__all__ = ["Parties", "Party"]


_NONE = Role(0)


@dataclass(frozen=True)
class Party:
    """One organisation on the ledger; an id that the index has not met yet has no name."""

    org: str
    name: str
    identifier: str
    roles: Role = _NONE
    suspended: bool = False

    def __str__(self) -> str:
        return f"{self.name} ({self.number})" if self.name != self.number else self.name

    @property
    def number(self) -> str:
        """The legal number without its scheme."""
        return self.identifier.rpartition(":")[2]

    @property
    def state(self) -> tuple[str, str]:
        """The word for whether it may act, and its tone."""
        return STANDINGS["suspended"] if self.suspended else MEMBER_ACTIVE

    def html(self) -> Markup:
        """As `ui.org` shows it, for a cell of a table."""
        number = self.number if self.name != self.number else ""
        return Markup('<span class="org"><b>{}</b> <small>{}</small></span>').format(self.name, number)


class Parties:
    """All organisations, as the index has them."""

    def __init__(self, session: Session) -> None:
        rows = listing.organisation_names(session).values()
        self._known: Mapping[str, Party] = {
            row.org: Party(
                row.org,
                row.name or row.identifier.rpartition(":")[2],
                row.identifier,
                Role(row.roles),
                row.suspended,
            )
            for row in rows
        }

    def __getitem__(self, org: str) -> Party:
        return self._known.get(org) or Party(org, org[:12] + "…", "")

    def all(self) -> list[Party]:
        """By name."""
        return sorted(self._known.values(), key=lambda party: party.name)

    def with_role(self, role: Role, but: str = "") -> list[Party]:
        """Those admitted as `role` and not suspended, without one."""
        return [p for p in self.all() if role in p.roles and not p.suspended and p.org != but]
