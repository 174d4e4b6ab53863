"""“To sign”: what waits for one's organisation's signature, in words, and the key with which it signs in this browser; a registrar's vote for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from sqlalchemy.orm import Session

from gateway.api.depends import Installed, May
from gateway.db import listing
from gateway.db.models import Asset, Grant
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.installation import Installation
from gateway.service import applying, placing, signing
from gateway.service.signing import Waiting
from gateway.signing.places import InBrowser
from gateway.web import credit_words, formats, words
from gateway.web.depends import Id, gone, router_of_pages
from gateway.web.parties import Parties
from gateway.web.render import render, say
from gateway.web.words import N_
from ledger.access import grant_id
from ledger.pledges import WHOLE
from ledger.types import hex32

__all__ = ["router"]

router = router_of_pages()
_SHOWN = 100
Paper = tuple[str, str, str | None, str]
Told = tuple[list[Paper], list[tuple[str, object]]]


@dataclass(frozen=True)
class Card:
    """One thing to sign: what it is, the papers it is about as (kind, number, amount, currency), how many more, and what else it says."""

    id: str
    title: str
    papers: list[Paper]
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
        telling = _Telling(request, home, session, who)
        cards = [telling.card(one) for one in waiting]
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


@dataclass(frozen=True)
class _Telling:
    """Says what is to be signed in words, out of what will be signed itself."""

    request: Request
    home: Installation
    session: Session
    who: Principal

    def card(self, one: Waiting) -> Card:
        """Of one thing."""
        papers = [_paper(self.session.get(Asset, asset_id), asset_id) for asset_id in one.assets[:_SHOWN]]
        tell = _TOLD.get(one.act)
        about, lines = tell(self, one.said) if tell is not None else ([], [])
        signed = words.SIGNED_BATCH if one.by_itself else words.SIGNED_ACT
        return Card(
            one.id,
            say(self.request, _title(one)),
            papers or about,
            len(one.assets) - len(papers),
            [(say(self.request, label), text) for label, text in lines],
            one.asked_at,
            say(self.request, signed) if one.signed else "",
        )

    def party(self, org: str) -> Markup:
        """An organisation."""
        return self.parties[org].html()

    @cached_property
    def parties(self) -> Parties:
        """All of them."""
        return Parties(self.session)

    def offer(self, said: dict[str, Any]) -> Told:
        """To a lender."""
        prints = [claim["fingerprint"] for claim in said["claims"]]
        found = listing.assets_with_fingerprints(self.session, self.who.org, prints)
        share, until = int(said["claims"][0]["share"]), int(said["expiresAt"])
        lines = [(N_("Lender"), self.party(said["lender"])), *_terms(share, int(said["acceptBy"]), until)]
        return [_paper(asset, asset.asset_id) for asset in found], lines

    def pledge(self, said: dict[str, Any]) -> Told:
        """Of what was offered."""
        debtor, _, claims, accept_by, expires_at, _ = said["offer"]
        return [], [(N_("Debtor"), self.party(hex32(debtor))), *_terms(claims[0][1], accept_by, expires_at)]

    def grant(self, said: dict[str, Any]) -> Told:
        """Of one paper, or of all that a consent is for."""
        lines: list[tuple[str, object]] = [(N_("Who may read"), self.party(hex32(said["grantee"])))]
        until = (N_("Until"), formats.day(said["expiresAt"]))
        grant = self.session.get(Grant, hex32(grant_id(self.who.organisation.id, *said.values())))
        if grant is not None:
            papers = [_paper(self.session.get(Asset, grant.asset_id), grant.asset_id)]
            return papers, [*lines, (N_("Purpose"), grant.purpose), until]
        applied = applying.draft_with(self.home, self.who.organisation, said["wraps"])
        if applied is not None:
            lines += _consent(applied.consent)
        return [], [*lines, until]

    def consent(self, said: dict[str, Any]) -> Told:
        """To lenders who are to decide."""
        lenders = Markup("<br>").join(self.party(one) for one in said["grantees"])
        fields = [say(self.request, credit_words.CONSENT_FIELDS[one]) for one in said["fields"]]
        seen = (N_("They see"), Markup("<br>").join(fields))
        until = (N_("Until"), formats.day(int(datetime.fromisoformat(said["expires_at"]).timestamp())))
        return [], [(N_("Lenders"), lenders), seen, *_consent(said), until]

    def audit(self, said: dict[str, Any]) -> Told:
        """A result."""
        verdict = words.VERDICTS[said["verdict"]][0]
        blocks = f"{said['from_block']}–{said['to_block']}"
        return [], [
            (N_("Result"), say(self.request, verdict)), (N_("Blocks"), blocks), (N_("Findings"), said["findings"]),
        ]  # fmt: skip

    def standing(self, said: dict[str, Any]) -> Told:
        """Of a paper."""
        return [], [(N_("Reason"), said["reason"])] if said["reason"] else []

    def permission(self, said: dict[str, Any]) -> Told:
        """That is ended or used."""
        return [], [(N_("Permission"), formats.short(hex32(said["grantId"])))]

    def close(self, said: dict[str, Any]) -> Told:
        """Of a lock."""
        return [], [(N_("Debtor"), self.party(hex32(said["offer"][0])))]


_TOLD: dict[str, Callable[[_Telling, dict[str, Any]], Told]] = {
    "Offer": _Telling.offer,
    "Consent": _Telling.consent,
    "Audit": _Telling.audit,
    "pledge": _Telling.pledge,
    "grant": _Telling.grant,
    "setStanding": _Telling.standing,
    "end": _Telling.permission,
    "read": _Telling.permission,
    "close": _Telling.close,
}


def _consent(said: Mapping[str, Any]) -> list[tuple[str, object]]:
    return [(N_("Purpose"), said["purpose"]), (N_("Certified papers"), said["count"])]


def _terms(share: int, accept_by: int, expires_at: int) -> list[tuple[str, object]]:
    return [
        (N_("Share, %"), f"{share * 100 / WHOLE:g}"),
        (N_("accept by"), formats.time(accept_by)),
        (N_("locked until at most"), formats.day(expires_at)),
    ]


def _title(one: Waiting) -> str:
    if one.act == "setStanding":
        return words.TO_SIGN_STANDING[one.said["to"]]
    if one.act == "close":
        return words.TO_SIGN_CLOSE[one.said["status"]]
    return words.TO_SIGN[one.act]


def _paper(asset: Asset | None, asset_id: str) -> Paper:
    if asset is None:
        return "other", formats.short(asset_id), None, "CNY"
    fields = asset.fields or {}
    amount = fields.get("fact.payable") or fields.get("fact.total") or fields.get("fact.net")
    number = listing.number_of(asset) or formats.short(asset_id)
    return asset.kind, number, amount, fields.get("fact.currency", "CNY")


@router.post("/keys/{org}/move")
def move(who: Annotated[Principal, May(Action.KEYS_MANAGE)], home: Installed, org: Id) -> Response:
    """One vote for the key that a member has proposed; it signs from when enough have voted."""
    placing.move(home, home.book.find(org), None, [who.organisation])
    return gone(f"/keys?member={org}")
