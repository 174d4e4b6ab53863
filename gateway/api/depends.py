"""What an endpoint's signature says: who may call it, and what it works with.

    @router.get("/assets")
    def listed(caller: Annotated[Principal, May(Action.ASSETS_READ)], db: Db, page: Page) -> …

Every route says `May(…)`, or `Anybody` where strangers may come: a route that says neither cannot be made (`gateway.api.guard`).
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from gateway.api.state import Gateway
from gateway.errors import UnauthenticatedError
from gateway.identity.principal import Principal, authorise
from gateway.identity.roles import Action
from gateway.installation import Installation

__all__ = ["SAFE", "Allowed", "Anybody", "Db", "Here", "Installed", "May", "Open", "gateway_of"]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""


class Allowed:
    """A dependency: the caller, who has the permission. UnauthenticatedError, ForbiddenError."""

    def __init__(self, action: Action) -> None:
        self.action = action

    def admit(self, request: Request) -> Principal:
        """The caller, before anything of the body is read."""
        principal: Principal | None = getattr(request.state, "principal", None)
        if principal is None:
            refusal: UnauthenticatedError | None = getattr(request.state, "refusal", None)
            raise refusal or UnauthenticatedError(
                "UNAUTHENTICATED", "sign in, or send a key in the header Authorization"
            )
        authorise(principal, self.action, act=request.method not in SAFE)
        return principal

    async def __call__(self, request: Request) -> Principal:
        return self.admit(request)


class Open:
    """A dependency that says: strangers may call this too. Gives the caller where there is one."""

    async def __call__(self, request: Request) -> Principal | None:
        return getattr(request.state, "principal", None)


def May(action: Action) -> Any:  # noqa: N802 - reads as FastAPI's own markers do
    """Marks the caller's parameter: `Annotated[Principal, May(Action.…)]`."""
    return Depends(Allowed(action))


def gateway_of(request: Request) -> Gateway:
    """The running gateway."""
    gateway: Gateway = request.app.state.gateway
    return gateway


async def _session(request: Request) -> Session:
    session: Session = request.state.transaction.session
    return session


async def _gateway(request: Request) -> Gateway:
    return gateway_of(request)


async def _installation(request: Request) -> Installation:
    return gateway_of(request).installation


Anybody = Annotated[Principal | None, Depends(Open())]
"""For an endpoint that strangers may call."""
Db = Annotated[Session, Depends(_session)]
"""The request's one transaction: committed before the answer leaves, rolled back on an error. A service that opens sessions of its own must
not be called after something was written to this one: SQLite has one writer."""
Here = Annotated[Gateway, Depends(_gateway)]
Installed = Annotated[Installation, Depends(_installation)]
