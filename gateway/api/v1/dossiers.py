"""Dossiers: the papers of one job, from the order to its payment, and what is missing in them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from gateway.api.depends import Db, Installed, May
from gateway.api.guard import Guarded
from gateway.api.shapes import Page, Paged, Strict, etag
from gateway.api.v1.common import Document, Hex32, version_of
from gateway.api.v1.orders import DOSSIER_NAME, DossierName
from gateway.db import catalogue
from gateway.db.models import Asset
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.service import dossiers

__all__ = ["router"]

router = APIRouter(tags=["dossiers"], route_class=Guarded)
Reader = Annotated[Principal, May(Action.ASSETS_READ)]
Certifier = Annotated[Principal, May(Action.ASSETS_CERTIFY)]
Name = Annotated[str, Path(pattern=DOSSIER_NAME, max_length=128)]


class StepOut(BaseModel):
    """One of the seven steps: done by these assets, missing (a later one is there), or still open."""

    kind: str
    state: Literal["done", "missing", "open"]
    assets: list[Hex32]


class DossierOut(BaseModel):
    """A dossier. `missing` names the kinds that should be there."""

    name: str
    assets: list[Hex32]
    steps: list[StepOut]
    missing: list[str]

    @classmethod
    def of(cls, row: tuple[str, list[Asset]]) -> DossierOut:
        """A name with what is under it."""
        name, assets = row
        steps = dossiers.steps(assets)
        shown = [
            StepOut.model_validate({"kind": one.kind, "state": one.state, "assets": list(one.assets)})
            for one in steps
        ]
        missing = [one.kind for one in steps if one.state == "missing"]
        return cls(name=name, assets=[one.asset_id for one in assets], steps=shown, missing=missing)


class NewDossier(Strict):
    """A dossier to open."""

    name: DossierName


class Added(Strict):
    """Assets to put into a dossier; those that are in it stay."""

    assets: Annotated[list[Hex32], Field(min_length=1, max_length=1_000)]


@router.get("/dossiers")
def list_dossiers(caller: Reader, db: Db, at: Paged) -> Page[DossierOut]:
    """One's own organisation's dossiers, by name."""
    rows = catalogue.dossiers(db, caller.org, after=at.after, limit=at.more)
    return at.page(rows, DossierOut.of, lambda row: row[0])


@router.post("/dossiers", status_code=201)
def create_dossier(caller: Certifier, home: Installed, asked: NewDossier, response: Response) -> DossierOut:
    """Open a dossier."""
    dossiers.create(home, caller.organisation, asked.name)
    return _shown(asked.name, [], response)


@router.get("/dossiers/{name}")
def get_dossier(caller: Reader, home: Installed, name: Name, response: Response) -> DossierOut:
    """One dossier and what is missing in it."""
    return _shown(name, dossiers.assets_of(home, caller.organisation, name), response)


@router.post("/dossiers/{name}/assets")
def add_assets(
    caller: Certifier, home: Installed, name: Name, asked: Added, response: Response
) -> DossierOut:
    """Put assets into a dossier."""
    return _shown(name, dossiers.add(home, caller.organisation, name, asked.assets), response)


def _shown(name: str, assets: list[Asset], response: Response) -> DossierOut:
    shown = DossierOut.of((name, assets))
    response.headers["ETag"] = etag(version_of(name, shown.assets))
    return shown


@router.get("/dossiers/{name}/document", response_model=Document)
def get_document(caller: Reader, home: Installed, name: Name) -> Response:
    """The whole dossier (`assetcert/dossier/1`), every receipt in it: what a lender verifies."""
    return Response(
        dossiers.document(home, caller.organisation, name),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="dossier.json"'},
    )
