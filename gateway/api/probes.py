"""What a supervisor and a load balancer ask: is it alive, can it work."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from gateway.api.depends import Anybody, Installed
from gateway.api.guard import Guarded
from gateway.errors import UnavailableError
from gateway.installation import Installation
from ledger.errors import LedgerError

__all__ = ["router"]

router = APIRouter(tags=["probes"], route_class=Guarded)


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"]


class Ready(BaseModel):
    """Whether ledger, store and database answer; if not, why."""

    status: Literal["ready", "not ready"]
    faults: list[str]


@router.get("/healthz")
def healthz(_: Anybody) -> Alive:
    """Whether the process answers."""
    return Alive(status="alive")


@router.get("/readyz", responses={503: {"model": Ready}})
def readyz(_: Anybody, installation: Installed, response: Response) -> Ready:
    """Whether it can work."""
    faults = _faults(installation)
    response.status_code = 503 if faults else 200
    return Ready(status="not ready" if faults else "ready", faults=faults)


def _faults(installation: Installation) -> list[str]:
    try:
        installation.node.ensure()
        installation.ledger.pin()
        installation.store.has([])
        with installation.database.session() as session:
            session.connection()
    except (LedgerError, UnavailableError) as error:
        return [str(error)]
    return []
