"""Take back, destroy, correct: what follows is stated first, the signatory confirms, then it is done."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import HTMLResponse

from gateway.api.depends import Here, Installed, May
from gateway.db import listing, repository
from gateway.db.listing import Held
from gateway.db.models import Asset
from gateway.errors import NotFoundError, UnreadableError
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.installation import Installation, Organisation
from gateway.service import certifying, indexing, revoking
from gateway.service.own import own_asset
from gateway.web.certificates import facts_and_title, held_or_missing
from gateway.web.depends import Id, gone, note, router_of_pages
from gateway.web.parties import Parties, Party
from gateway.web.render import render, say
from gateway.web.words import N_

__all__ = ["router"]

router = router_of_pages()
Reason = Annotated[str, Form(min_length=1, max_length=400)]
Sure = Annotated[str, Form(pattern="^yes$")]
_ACTS = {
    "revoke": (
        N_("Take back"),
        N_("I take it back."),
        (
            N_("Everybody who verifies it from now on sees: revoked by its issuer."),
            N_("A lock on it stays until its lender releases it."),
            N_("The same document may be certified again later, as a new paper."),
        ),
    ),
    "shred": (
        N_("Destroy content"),
        N_("I know that this cannot be undone."),
        (
            N_(
                "The key to the encrypted content is destroyed: nobody, you included, can open it here again."
            ),
            N_("That it was certified stays provable only to whoever holds its receipt and the document."),
            N_("What was downloaded or read before is out of reach."),
            N_("Keep the original file if the law asks you to: it is not destroyed on your computer."),
        ),
    ),
    "correct": (
        N_("Correct a mistake"),
        N_("The new paper replaces this one."),
        (
            N_("First the new paper is certified, then this one is marked as revoked."),
            N_("A lock on this one stays until its lender releases it."),
            N_(
                "Where the tax rules ask for a red-letter invoice, drop it and the new invoice under Papers instead."
            ),
        ),
    ),
}


@router.get("/certificates/{asset_id}/{act}")
def consequences(
    request: Request,
    who: Annotated[Principal, May(Action.ASSETS_READ)],
    home: Installed,
    asset_id: Id,
    act: str,
) -> HTMLResponse:
    """What follows, before anything is done."""
    if act not in _ACTS:
        raise NotFoundError("NOT_FOUND", f"there is nothing at {request.url.path}")
    row, lenders, readers = _affected(home, who, asset_id)
    title, sure, lines = _ACTS[act]
    return render(
        request,
        "consequences.html",
        title=say(request, title),
        name=facts_and_title(request, row)[1],
        back=f"/certificates/{asset_id}",
        path=request.url.path,
        consequences=[say(request, line) for line in lines],
        lenders=lenders,
        readers=readers,
        sure=say(request, sure),
        button=say(request, title),
        upload=say(request, "The new paper") if act == "correct" else None,
    )


def _affected(
    home: Installation, who: Principal, asset_id: str
) -> tuple[Held, list[Party], list[tuple[Party, int]]]:
    """A paper with the lenders that have locked it and those who may read it."""
    indexing.sync(home)
    with home.database.session() as session:
        row, parties = held_or_missing(session, who.organisation, asset_id), Parties(session)
        lock = listing.locked(session, who.org).get(asset_id)
        given = listing.grants_by(session, who.org, asset_id=asset_id).rows
        grants = [one for one in given if one.sealed is not None]
    return row, [parties[lock[0]]] if lock else [], [(parties[g.grantee], g.expires_at) for g in grants]


@dataclass(frozen=True)
class Confirmed:
    """What a signatory has confirmed with a reason, once it had read what follows."""

    gateway: Here
    asset_id: Id
    reason: Reason
    sure: Sure

    @property
    def home(self) -> Installation:
        """Where it stands."""
        return self.gateway.installation

    def paper(self, who: Principal) -> Asset:
        """The paper it is about."""
        return own_asset(self.home, who.organisation, self.asset_id)

    def done(self, who: Principal, what: str, shown: str, **more: str) -> Response:
        """Tell what was done, keep what was confirmed, and go on to the paper that is shown then."""
        self.gateway.jobs.tell()
        said = {"asset_id": self.asset_id, "reason": self.reason, "confirmed": self.sure}
        note(self.home, who, what, said | more)
        return gone(f"/certificates/{shown}")


Asked = Annotated[Confirmed, Depends()]
Revoker = Annotated[Principal, May(Action.ASSETS_REVOKE)]


@router.post("/certificates/{asset_id}/revoke")
def revoke(who: Revoker, asked: Asked) -> Response:
    """Take it back."""
    revoking.revoke(asked.home, who.organisation, asked.paper(who))
    return asked.done(who, "revoked", asked.asset_id)


@router.post("/certificates/{asset_id}/shred")
def shred(who: Annotated[Principal, May(Action.ASSETS_SHRED)], asked: Asked) -> Response:
    """Destroy its content."""
    revoking.shred(asked.home, who.organisation, asked.paper(who))
    return asked.done(who, "shredded", asked.asset_id)


@router.post("/certificates/{asset_id}/correct")
def correct(who: Revoker, asked: Asked, file: Annotated[UploadFile, File()]) -> Response:
    """Certify the new paper into the same jobs, then take back the old one."""
    row = asked.paper(who)
    made = _certified_instead(asked.home, who.organisation, row, file)
    revoking.revoke(asked.home, who.organisation, row)
    return asked.done(who, "corrected", made, by_asset=made)


def _certified_instead(home: Installation, owner: Organisation, row: Asset, file: UploadFile) -> str:
    """The asset of the new paper, in the job of the old one."""
    with home.database.session() as session:
        dossiers = repository.dossiers_with(session, row.asset_id)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, Path(file.filename or "paper").name)
        path.write_bytes(file.file.read())
        outcome = certifying.certify(home, owner, [path], dossier=dossiers[0] if dossiers else None)
    if outcome.errors:
        failed = outcome.errors[0]
        raise UnreadableError(failed.code, failed.message.replace(str(path), path.name))
    made = outcome.assets[0].asset_id
    if made == row.asset_id:
        raise UnreadableError("SAME", "the new paper is byte for byte the old one: choose the corrected file")
    return made
