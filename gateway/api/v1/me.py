"""Who I am, and what I may do."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from gateway.api.depends import May
from gateway.api.guard import Guarded
from gateway.db.identity import User
from gateway.identity.principal import Principal
from gateway.identity.roles import PERMISSIONS, Action, UserRole
from gateway.installation import Organisation

__all__ = ["Me", "OrganisationOut", "me_of", "router"]

router = APIRouter(tags=["me"], route_class=Guarded)


class OrganisationOut(BaseModel):
    """An organisation by its id, its legal identifier and its name."""

    id: str
    identifier: str
    name: str
    short: str

    @classmethod
    def of(cls, organisation: Organisation) -> OrganisationOut:
        """As this home calls it."""
        return cls(
            id=organisation.hex,
            identifier=organisation.identifier,
            name=organisation.name,
            short=organisation.short,
        )


class Me(BaseModel):
    """The caller."""

    id: str
    name: str
    kind: Literal["person", "machine"]
    organisation: OrganisationOut
    roles: list[UserRole]
    permissions: list[Action]
    locale: str


@router.get("/me")
def me(caller: Annotated[Principal, May(Action.ME)]) -> Me:
    """The caller, and what they may do."""
    return Me(
        id=caller.id,
        name=caller.user,
        kind=caller.kind,
        organisation=OrganisationOut.of(caller.organisation),
        roles=sorted(caller.roles),
        permissions=_permissions(caller.roles),
        locale=caller.locale,
    )


def me_of(user: User, organisation: Organisation) -> Me:
    """A person who has just signed in."""
    roles = frozenset(map(UserRole, user.roles))
    return Me(
        id=user.id,
        name=user.name,
        kind="person",
        organisation=OrganisationOut.of(organisation),
        roles=sorted(roles),
        permissions=_permissions(roles),
        locale=user.locale,
    )


def _permissions(roles: frozenset[UserRole]) -> list[Action]:
    return sorted(action for action, allowed in PERMISSIONS.items() if not roles.isdisjoint(allowed))
