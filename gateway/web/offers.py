"""An enterprise's offers and permissions: offer a receivable, let somebody read, see who read what, withdraw."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Form, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from gateway.api.depends import Installed, May
from gateway.db import listing
from gateway.db.models import IndexedAccess
from gateway.identity.principal import Principal, may
from gateway.identity.roles import Action
from gateway.installation import Installation
from gateway.jobs import drafts
from gateway.service import granting, indexing, offering
from gateway.service.offering import Permission, Terms
from gateway.service.own import own_receipt
from gateway.service.times import DAY
from gateway.web import formats, words
from gateway.web.certificates import facts_and_title, held_or_missing
from gateway.web.depends import As, Id, Shown, gone, router_of_pages
from gateway.web.parties import Parties
from gateway.web.render import environment, language_of, render, say
from gateway.web.report import facts_of
from gateway.web.tables import Column, Table, export
from ledger.membership import Role
from ledger.types import parse_hex32

__all__ = ["Permitted", "offer_state", "parties_to_read", "router", "thirty_days_on"]

router = router_of_pages()
Reader = Annotated[Principal, May(Action.ASSETS_READ)]
Preparer = Annotated[Principal, May(Action.ASSETS_CERTIFY)]


@router.get("/certificates/{asset_id}/offer")
def offer_form(request: Request, who: Reader, home: Installed, asset_id: Id) -> HTMLResponse:
    """To which lender, what share, how long; and what the lender sees."""
    with home.database.session() as session:
        row, parties = held_or_missing(session, who.organisation, asset_id), Parties(session)
    receipt = own_receipt(home, who.organisation, asset_id).redact("must-disclose")
    lenders = [(p.org, str(p)) for p in parties.with_role(Role.LENDER, but=who.org)]
    return render(
        request,
        "offer_new.html",
        name=facts_and_title(request, row)[1],
        back=f"/certificates/{asset_id}",
        lenders=lenders,
        seen=sorted(facts_of(receipt.values)),
        may_sign=may(who, Action.OFFERS_MAKE),
    )


def _terms(
    request: Request,
    lender: Annotated[str, Form()],
    percent: Annotated[int, Form(ge=1, le=100)],
    accept_days: Annotated[int, Form(ge=1, le=365)],
    days: Annotated[int, Form(ge=1, le=3650)],
    content: Annotated[str, Form()] = "",
) -> Terms:
    return Terms(lender, percent, accept_days, days, say(request, "credit decision") if content else None)


Said = Annotated[Terms, Depends(_terms)]


@router.post("/certificates/{asset_id}/offer")
def offer(
    who: Annotated[Principal, May(Action.OFFERS_MAKE)], home: Installed, asset_id: Id, said: Said
) -> Response:
    """Sign the offer, and let the lender read the document where that was chosen."""
    offering.offer(home, who.organisation, asset_id, said)
    return gone("/offers")


@router.post("/certificates/{asset_id}/offer/draft")
def offer_draft(who: Preparer, home: Installed, asset_id: Id, said: Said) -> Response:
    """Put the offer before the signatory."""
    return _prepared(home, who, Action.OFFERS_MAKE, asset_id, said.to_json())


def _prepared(
    home: Installation, who: Principal, action: Action, asset_id: str, detail: dict[str, Any]
) -> Response:
    with home.database.session() as session:
        held_or_missing(session, who.organisation, asset_id)
        drafts.prepare(session, who, action, asset_id, detail)
    return gone("/drafts")


def parties_to_read(home: Installation, org: str) -> list[tuple[str, str]]:
    """Whom one may let read: lenders and auditors."""
    with home.database.session() as session:
        parties = Parties(session)
    found = [*parties.with_role(Role.LENDER, but=org), *parties.with_role(Role.AUDITOR, but=org)]
    return [(one.org, str(one)) for one in found]


def thirty_days_on(home: Installation) -> str:
    """The day that a permission ends by, unless its form says another."""
    return (datetime.fromtimestamp(home.now(), formats.SHANGHAI).date() + timedelta(days=30)).isoformat()


@router.get("/certificates/{asset_id}/share")
def share_form(request: Request, who: Reader, home: Installed, asset_id: Id) -> HTMLResponse:
    """To whom, for what, until when."""
    with home.database.session() as session:
        row = held_or_missing(session, who.organisation, asset_id)
    return render(
        request,
        "share.html",
        name=facts_and_title(request, row)[1],
        back=f"/certificates/{asset_id}",
        path=request.url.path,
        readers=parties_to_read(home, who.org),
        until=thirty_days_on(home),
        may_sign=may(who, Action.GRANTS_GIVE),
    )


def permission(
    reader: Annotated[str, Form()],
    purpose: Annotated[str, Form(min_length=1, max_length=200)],
    until: Annotated[date, Form()],
) -> Permission:
    """What the form says: until the end of that day in Beijing."""
    midnight = datetime(until.year, until.month, until.day, tzinfo=formats.SHANGHAI)
    return Permission(reader, purpose, int(midnight.timestamp()) + DAY)


Permitted = Annotated[Permission, Depends(permission)]


@router.post("/certificates/{asset_id}/share")
def share(
    who: Annotated[Principal, May(Action.GRANTS_GIVE)], home: Installed, asset_id: Id, said: Permitted
) -> Response:
    """Let somebody read it."""
    offering.grant(home, who.organisation, asset_id, said)
    return gone("/readers")


@router.post("/certificates/{asset_id}/share/draft")
def share_draft(who: Preparer, home: Installed, asset_id: Id, said: Permitted) -> Response:
    """Put it before the signatory."""
    return _prepared(home, who, Action.GRANTS_GIVE, asset_id, {"assets": [asset_id], **said.to_json()})


@router.get("/offers")
def offers(request: Request, who: Reader, home: Installed, cut: Shown, form: As = "") -> Response:
    """Offers made, and what became of them."""
    indexing.sync(home)
    with home.database.session() as session:
        part, parties = listing.offers(session, who.org, "debtor", cut), Parties(session)
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    now = home.now()

    def state(row: Any) -> tuple[str, str]:
        return offer_state(row[0].content, row[1], now)

    columns = (
        Column(say(request, "Lender"), lambda row: parties[row[0].content["lender"]], lambda row: parties[row[0].content["lender"]].html()),
        Column(say(request, "Share, %"), lambda row: row[0].content["claims"][0]["share"] / 100, numeric=True),
        Column(say(request, "accept by"), lambda row: row[0].content["accept_by"], lambda row: formats.time(row[0].content["accept_by"])),
        Column(say(request, "locked until at most"), lambda row: formats.day(row[0].content["expires_at"])),
        Column(say(request, "State"), lambda row: say(request, state(row)[0]), lambda row: cells.state(state(row))),
    )  # fmt: skip
    table = Table.of(
        say(request, "Offers"),
        columns,
        part,
        say(request, "No offers yet. Open a certified invoice to offer it to a lender."),
    )
    if form:
        return export(table, form, "offers")
    lead = say(request, "What you have offered to lenders. Nothing is locked before a lender accepts.")
    return render(request, "list.html", title=say(request, "Offers"), lead=lead, tables=[(table, "/offers")])


def offer_state(content: dict[str, Any], status: str | None, now: int) -> tuple[str, str]:
    """The words for an offer: its pledge's, else open or past."""
    if status is not None:
        return words.PLEDGES[status]
    return words.OFFER_OPEN if content["accept_by"] >= now else words.OFFER_PAST


@router.get("/readers")
def readers(
    request: Request,
    who: Annotated[Principal, May(Action.READERS_READ)],
    home: Installed,
    cut: Shown,
    form: As = "",
) -> Response:
    """Who may read what, why, until when; who has read it, and when."""
    indexing.sync(home)
    with home.database.session() as session:
        part, parties = listing.grants_by(session, who.org, cut), Parties(session)
        numbers = listing.numbers(session, [row.asset_id for row in part.rows])
        log: dict[str, list[IndexedAccess]] = {}
        for event in listing.accesses_on(session, [row.grant_id for row in part.rows]):
            log.setdefault(event.subject, []).append(event)
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    now = home.now()

    def reads(row: Any) -> list[int]:
        return [event.block for event in log.get(row.grant_id, []) if event.event == "read"]

    def state(row: Any) -> tuple[str, str]:
        if row.sealed is None:
            return words.GRANT_WITHDRAWN
        if row.grant_id not in log:
            return words.TO_BE_SIGNED
        return words.GRANT_ENDED if row.expires_at <= now else words.GRANT_OPEN

    def withdraw(row: Any) -> Markup | str:
        if row.sealed is None or row.expires_at <= now:
            return ""
        made: Markup = cells.act(
            f"/readers/{row.grant_id}/end", say(request, "Withdraw"), request.state.csrf, danger=True
        )
        return made

    columns = (
        Column(say(request, "Who"), lambda row: parties[row.grantee], lambda row: parties[row.grantee].html()),
        Column(say(request, "Paper"), lambda row: _named(request, numbers, row), lambda row: cells.linked(f"/certificates/{row.asset_id}", _named(request, numbers, row))),
        Column(say(request, "Purpose"), lambda row: row.purpose),
        Column(say(request, "Until"), lambda row: formats.day(row.expires_at)),
        Column(say(request, "Read"), lambda row: len(reads(row)), lambda row: _read_at(request, home, reads(row))),
        Column(say(request, "State"), lambda row: say(request, state(row)[0]), lambda row: cells.state(state(row))),
        Column(say(request, "Act"), lambda _: "", withdraw),
    )  # fmt: skip
    table = Table.of(
        say(request, "Who may read, and who has"),
        columns,
        part,
        say(request, "Nobody may read anything of yours."),
    )
    if form:
        return export(table, form, "readers")
    lead = say(
        request,
        "Every reading stands on the ledger before any key is handed over. Withdrawing stops further readings; a lender that has locked a paper may ask for it again.",
    )
    return render(
        request, "list.html", title=say(request, "Who read what"), lead=lead, tables=[(table, "/readers")]
    )


def _named(request: Request, numbers: dict[str, tuple[str, str | None]], row: Any) -> str:
    kind, number = numbers.get(row.asset_id, ("other", None))
    return f"{say(request, words.KINDS.get(kind, kind))} {number or formats.short(row.asset_id)}"


def _read_at(request: Request, home: Installation, blocks: list[int]) -> Markup | str:
    if not blocks:
        return say(request, "not yet")
    return Markup(", ").join(formats.time(home.ledger.chain.block(block).timestamp) for block in blocks[-3:])


@router.post("/readers/{grant_id}/end")
def withdraw_grant(
    who: Annotated[Principal, May(Action.GRANTS_END)], home: Installed, grant_id: Id
) -> Response:
    """Withdraw a permission."""
    granting.end_grant(home, who.organisation, parse_hex32(grant_id))
    return gone("/readers")
