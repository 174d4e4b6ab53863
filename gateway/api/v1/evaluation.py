"""The registrar's blind fingerprint evaluation: of blinded points only, limited and logged by organisation (COMMITMENT 7)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from certifier.canonical import base64url
from gateway.api.depends import Installed, May
from gateway.api.guard import Guarded, body_limit
from gateway.api.shapes import Strict
from gateway.api.v1.common import Hex32
from gateway.errors import UsageError
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.service.evaluating import decode, evaluate_for

__all__ = ["router"]

router = APIRouter(tags=["evaluation"], route_class=Guarded)
Caller = Annotated[Principal, May(Action.EVALUATE)]
Point = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_-]{43}$")]
"""32 bytes of a ristretto255 element, base64url."""


class Points(Strict):
    """Blinded points; each batch is proven by itself. `org` is the organisation that they are evaluated for: one's own."""

    org: Hex32
    batches: Annotated[
        list[Annotated[list[Point], Field(min_length=1, max_length=16)]],
        Field(min_length=1, max_length=1_000),
    ]


class EvaluationOut(BaseModel):
    """Evaluated points with their proof (64 bytes, base64url)."""

    evaluated: list[Point]
    proof: str


class Evaluations(BaseModel):
    """One evaluation for each batch."""

    evaluations: list[EvaluationOut]


class PublicKey(BaseModel):
    """The element that proofs are checked against."""

    public_key: Point


@router.get("/evaluation")
def public_key(_: Caller, home: Installed) -> PublicKey:
    """The consortium's fingerprint key, as this service has it."""
    return PublicKey(public_key=base64url(home.evaluation().public_key()))


@router.post("/evaluation", openapi_extra=body_limit(2**21))
def evaluate(caller: Caller, home: Installed, asked: Points) -> Evaluations:
    """Evaluate blinded points for one's own organisation."""
    if asked.org != caller.org:
        raise UsageError("NOT_YOU", "points are evaluated for one's own organisation only")
    try:
        batches = [[decode(point) for point in batch] for batch in asked.batches]
    except ValueError as error:
        raise UsageError("BAD_POINT", str(error)) from error
    found = evaluate_for(home, caller.organisation.id, batches)
    return Evaluations(
        evaluations=[
            EvaluationOut(evaluated=[base64url(point) for point in one.evaluated], proof=base64url(one.proof))
            for one in found
        ]
    )
