"""“To sign”: what waits for one's organisation's signature, in words, and the key with which it signs in this browser; a registrar's vote for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from gateway.api.depends import Installed, May
from gateway.db import listing
from gateway.db.models import Asset, Grant
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.service import placing, signing
from gateway.service.signing import Waiting
from gateway.signing.places import InBrowser
from gateway.web import formats, words
from gateway.web.depends import Id, gone, router_of_pages
from gateway.web.parties import Parties
from gateway.web.render import render, say
from ledger.access import grant_id
from ledger.pledges import WHOLE
from ledger.types import hex32

__all__ = ["router"]

router = router_of_pages()
_SHOWN = 100


@dataclass(frozen=True)
class Card:
    """One thing to sign: what it is, the papers it is about as (kind, number, amount, currency), how many more, and what else it says."""

    id: str
    title: str
    papers: list[tuple[str, str, str | None, str]]
    more: int
    lines: list[tuple[str, object]]
    asked_at: int
    signed: str
    """What follows, where it is signed."""


@router.get("/sign")
def to_sign(
    request: Request, who: Annotated[Principal, May(Action.SIGNATURES_READ)], home: Installed
) -> HTMLResponse:
    """What waits, and where the organisation signs."""
    place = home.places.of(who.organisation.short)
    in_browser = isinstance(place, InBrowser)
    waiting = signing.waiting(home, who.organisation) if in_browser else []
    with home.database.session() as session:
        parties = Parties(session)
        cards = [_card(request, session, parties, who, one) for one in waiting]
    staged = home.places.staged(who.organisation.short)
    return render(
        request,
        "sign.html",
        block="waiting",
        cards=cards,
        account=place.address if isinstance(place, InBrowser) else "",
        proposed=staged.address if staged is not None else "",
        in_browser=in_browser,
        on_its_way=any(one.signed and one.by_itself for one in waiting),
    )


def _card(request: Request, session: Session, parties: Parties, who: Principal, one: Waiting) -> Card:
    """In words, out of what will be signed itself."""
    papers = [_paper(session.get(Asset, asset_id), asset_id) for asset_id in one.assets[:_SHOWN]]
    more = len(one.assets) - len(papers)
    lines: list[tuple[str, object]] = []
    said = one.said
    if one.act == "Offer":
        prints = [claim["fingerprint"] for claim in said["claims"]]
        found = listing.assets_with_fingerprints(session, who.org, prints)
        papers = [_paper(asset, asset.asset_id) for asset in found]
        lines = _offer(request, parties, said)
    elif one.act == "pledge":
        offer = said["offer"]
        lines = [(say(request, "Debtor"), parties[hex32(offer[0])].html())]
        lines += _terms(request, offer[2][0][1], offer[3], offer[4])
    elif one.act == "grant":
        grant = session.get(Grant, hex32(grant_id(who.organisation.id, *said.values())))
        papers = [_paper(session.get(Asset, grant.asset_id), grant.asset_id)] if grant is not None else []
        lines = _grant(request, parties, said, grant)
    elif one.act == "setStanding":
        lines = [(say(request, "Reason"), said["reason"])] if said["reason"] else []
    elif one.act in ("end", "read"):
        lines = [(say(request, "Permission"), formats.short(hex32(said["grantId"])))]
    elif one.act == "close":
        lines = [(say(request, "Debtor"), parties[hex32(said["offer"][0])].html())]
    signed = words.SIGNED_BATCH if one.by_itself else words.SIGNED_ACT
    return Card(
        one.id,
        say(request, _title(one)),
        papers,
        more,
        lines,
        one.asked_at,
        say(request, signed) if one.signed else "",
    )


def _title(one: Waiting) -> str:
    if one.act == "setStanding":
        return words.TO_SIGN_STANDING[one.said["to"]]
    if one.act == "close":
        return words.TO_SIGN_CLOSE[one.said["status"]]
    return words.TO_SIGN[one.act]


def _paper(asset: Asset | None, asset_id: str) -> tuple[str, str, str | None, str]:
    if asset is None:
        return "other", formats.short(asset_id), None, "CNY"
    fields = asset.fields or {}
    amount = fields.get("fact.payable") or fields.get("fact.total") or fields.get("fact.net")
    number = listing.number_of(asset) or formats.short(asset_id)
    return asset.kind, number, amount, fields.get("fact.currency", "CNY")


def _offer(request: Request, parties: Parties, said: dict[str, Any]) -> list[tuple[str, object]]:
    share = int(said["claims"][0]["share"])
    lender = (say(request, "Lender"), parties[said["lender"]].html())
    return [lender, *_terms(request, share, int(said["acceptBy"]), int(said["expiresAt"]))]


def _terms(request: Request, share: int, accept_by: int, expires_at: int) -> list[tuple[str, object]]:
    return [
        (say(request, "Share, %"), f"{share * 100 / WHOLE:g}"),
        (say(request, "accept by"), formats.time(accept_by)),
        (say(request, "locked until at most"), formats.day(expires_at)),
    ]


def _grant(
    request: Request, parties: Parties, said: dict[str, Any], grant: Grant | None
) -> list[tuple[str, object]]:
    lines: list[tuple[str, object]] = [(say(request, "Who may read"), parties[hex32(said["grantee"])].html())]
    if grant is not None:
        lines.append((say(request, "Purpose"), grant.purpose))
    return [*lines, (say(request, "Until"), formats.day(said["expiresAt"]))]


@router.post("/keys/{org}/move")
def move(who: Annotated[Principal, May(Action.KEYS_MANAGE)], home: Installed, org: Id) -> Response:
    """One vote for the key that a member has proposed; it signs from when enough have voted."""
    placing.move(home, home.book.find(org), None, [who.organisation])
    return gone(f"/keys?member={org}")
