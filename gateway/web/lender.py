"""A lender's pages: offers and papers shared with it, a verification that streams in check by check, lock, release, read.

What a page shows of a lien is what the ledger shows a party: nothing of another lender's name, price or papers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Form, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from certifier.receipt import Receipt
from certifier.verify import Code
from gateway.api.depends import Installed, May
from gateway.db import listing, repository
from gateway.db.models import Asset
from gateway.db.paging import Cut
from gateway.errors import ConflictError, NotFoundError
from gateway.identity.principal import Principal, may
from gateway.identity.roles import Action
from gateway.installation import Installation
from gateway.service import indexing, pledging, verifying
from gateway.service.certifying import rebuild
from gateway.web import formats, words
from gateway.web.depends import As, Id, Shown, gone, note, router_of_pages
from gateway.web.offers import offer_state
from gateway.web.parties import Parties
from gateway.web.render import environment, language_of, render, say
from gateway.web.report import facts_of, parts, pending
from gateway.web.shared import read_before
from gateway.web.tables import Column, Table, export
from ledger.pledges import Status

__all__ = ["router"]

router = router_of_pages()
Reader = Annotated[Principal, May(Action.OFFERS_READ)]
Lender = Annotated[Principal, May(Action.CONTENT_READ)]


@dataclass(frozen=True)
class Offered:
    """A row of the inbox: the offer, its pledge's status (None while it is open), the receivables as far as this home holds them."""

    content: dict[str, Any]
    status: str | None
    receivables: Sequence[Asset]
    id: str

    @property
    def amount(self) -> str | None:
        """What they come to."""
        found = (one.fields or {} for one in self.receivables)
        stated = (one.get("fact.payable") or one.get("fact.total") or one.get("fact.net") for one in found)
        amounts = [Decimal(one) for one in stated if one]
        return f"{sum(amounts):f}" if amounts else None


@router.get("/inbox")
def inbox(
    request: Request, who: Lender, home: Installed, cut: Shown, form: As = "", list: str = ""
) -> Response:
    """Offers to this lender and papers it may read."""
    indexing.sync(home)
    offers = _offers(request, home, who, Cut() if list else cut)
    shared = _shared(request, home, who, cut if list else Cut())
    if form:
        return export(shared if list else offers, form, "inbox")
    return render(request, "inbox.html", offers=offers, shared=shared)


def _offers(request: Request, home: Installation, who: Principal, cut: Cut, *, status: str = "") -> Table:
    with home.database.session() as session:
        part, parties = listing.offers(session, who.org, "lender", cut, status=status), Parties(session)
    rows = part.map(
        lambda row: Offered(row[0].content, row[1], _receivables(home, row[0].content), row[0].pledge_id)
    )
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module
    now = home.now()

    def called(row: Offered) -> str:
        return _called(request, row.receivables)

    def state(row: Offered) -> tuple[str, str]:
        return offer_state(row.content, row.status, now)

    columns = (
        Column(say(request, "Enterprise"), lambda row: parties[row.content["debtor"]], lambda row: parties[row.content["debtor"]].html()),
        Column(say(request, "Receivables"), called, lambda row: cells.linked(f"/inbox/{row.id}", called(row))),
        Column(say(request, "Amount"), lambda row: row.amount, lambda row: formats.money(row.amount), numeric=True),
        Column(say(request, "accept by"), lambda row: row.content["accept_by"], lambda row: formats.time(row.content["accept_by"])),
        Column(say(request, "locked until at most"), lambda row: formats.day(row.content["expires_at"])),
        Column(say(request, "State"), lambda row: say(request, state(row)[0]), lambda row: cells.state(state(row))),
    )  # fmt: skip
    title = say(request, "Locked") if status else say(request, "Offers")
    return Table.of(title, columns, rows, say(request, "No offers to you."))


def _shared(request: Request, home: Installation, who: Principal, cut: Cut) -> Table:
    with home.database.session() as session:
        part, parties = listing.grants_to(session, who.org, cut), Parties(session)
        names = listing.numbers(session, [row.asset_id for row in part.rows])
        dossiers = {
            row.asset_id: ", ".join(repository.dossiers_with(session, row.asset_id)) for row in part.rows
        }
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module

    def name(row: Any) -> str:
        kind, number = names.get(row.asset_id, ("other", None))
        return f"{say(request, words.KINDS.get(kind, kind))} {number or formats.short(row.asset_id)}"

    columns = (
        Column(say(request, "Enterprise"), lambda row: parties[row.owner], lambda row: parties[row.owner].html()),
        Column(say(request, "Job"), lambda row: dossiers[row.asset_id]),
        Column(say(request, "Paper"), name, lambda row: cells.linked(f"/shared/{row.grant_id}", name(row))),
        Column(say(request, "Purpose"), lambda row: row.purpose),
        Column(say(request, "Until"), lambda row: formats.day(row.expires_at)),
    )  # fmt: skip
    return Table.of(
        say(request, "Papers you may read"), columns, part, say(request, "Nothing is shared with you.")
    )


@router.get("/book")
def book(request: Request, who: Lender, home: Installed, cut: Shown, form: As = "") -> Response:
    """What this lender has locked now."""
    indexing.sync(home)
    table = _offers(request, home, who, cut, status="live")
    if form:
        return export(table, form, "locked")
    lead = say(request, "Receivables that are locked for you alone. Release them once they are paid.")
    return render(request, "list.html", title=say(request, "Locked"), lead=lead, tables=[(table, "/book")])


# ── one offer


def _offer(home: Installation, who: Principal, pledge_id: str) -> tuple[dict[str, Any], str | None]:
    with home.database.session() as session:
        found = listing.offer(session, pledge_id)
    if found is None or found[0].content["lender"] != who.org:
        raise NotFoundError("NOT_FOUND", f"there is no offer {pledge_id} to you")
    return found[0].content, found[1]


def _receipts(home: Installation, content: dict[str, Any]) -> list[Receipt]:
    """The receipts of an offer's receivables, showing what a lender must see and no more."""
    owner = home.book.find(content["debtor"])
    return [one.redact("must-disclose") for one in rebuild(home, owner, _receivables(home, content))]


def _called(request: Request, rows: Sequence[Asset]) -> str:
    """The first of an offer's receivables, and how many more there are."""
    if not rows:
        return "–"
    first = f"{say(request, words.KINDS.get(rows[0].kind, rows[0].kind))} {listing.number_of(rows[0]) or ''}"
    return (
        say(request, "%(first)s and %(n)s more") % {"first": first, "n": len(rows) - 1} if rows[1:] else first
    )


def _receivables(home: Installation, content: dict[str, Any]) -> Sequence[Asset]:
    wanted = [claim["fingerprint"] for claim in content["claims"]]
    with home.database.session() as session:
        return listing.assets_with_fingerprints(session, content["debtor"], wanted)


@router.get("/inbox/{pledge_id}")
def offer(request: Request, who: Reader, home: Installed, pledge_id: Id) -> HTMLResponse:
    """One offer: its receivables, each being verified while the page is open, and the decision."""
    indexing.sync(home)
    content, status = _offer(home, who, pledge_id)
    receipts = _receipts(home, content)
    with home.database.session() as session:
        parties = Parties(session)
        granted = listing.grants_on(session, who.org, [one.asset_id_hex for one in receipts])
        grants = {row.asset_id: row.grant_id for row in granted}
    papers = [_paper(one, claim, grants) for one, claim in zip(receipts, content["claims"], strict=True)]
    open_still = content["accept_by"] >= home.now()
    return render(
        request, "offer.html", title=_called(request, _receivables(home, content)), path=request.url.path, offer=content, taken=status,
        state=offer_state(content, status, home.now()), debtor=parties[content["debtor"]], papers=papers, codes=pending(),
        open=open_still, may_pledge=may(who, Action.PLEDGES_ACCEPT), may_close=may(who, Action.PLEDGES_CLOSE),
        acceptable=[Code.LIEN, Code.SIGNERS, Code.LINKS], why=_why(request, status, open_still),
    )  # fmt: skip


def _paper(receipt: Receipt, claim: dict[str, Any], grants: dict[str, str]) -> dict[str, Any]:
    return {
        "kind": receipt.values["asset.kind"],
        "number": receipt.values.get("fact.number", ""),
        "facts": facts_of(receipt.values),
        "percent": f"{claim['share'] / 100:g}",
        "grant_id": grants.get(receipt.asset_id_hex),
        "readable": receipt.asset_id_hex in grants,
    }


def _why(request: Request, status: str | None, open_still: bool) -> str:
    if status not in (None, "live"):
        return say(request, "This was released.")
    if status is None and not open_still:
        return say(request, "This offer was not accepted in time: ask the enterprise for a new one.")
    return say(request, "Your role sees this and does not decide it: a colleague has to.")


@router.get("/inbox/{pledge_id}/checks/{number}")
def checks(request: Request, who: Reader, home: Installed, pledge_id: Id, number: int) -> StreamingResponse:
    """The verification of one receivable as server-sent events: each check as it is made, then the report."""
    content, _ = _offer(home, who, pledge_id)
    receipts = _receipts(home, content)
    if not 1 <= number <= len(receipts):
        raise NotFoundError("NOT_FOUND", f"this offer has no receivable {number}")
    receipt = receipts[number - 1]
    reading = read_before(home, who, receipt.asset_id_hex)
    stream = verifying.of_installation(home).stream(receipt, reading, as_org=who.organisation.id)
    template = environment(language_of(request)).get_template("includes/stream.html")

    def events() -> Iterator[str]:
        for what, item in parts(stream):
            html = template.render(what=what, item=item, at=number)
            yield "event: part\n" + "".join(f"data: {line}\n" for line in html.splitlines() if line) + "\n"
        yield "event: end\ndata:\n\n"

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events(), media_type="text/event-stream", headers=headers)


@router.post("/inbox/{pledge_id}/pledge")
def pledge(
    who: Annotated[Principal, May(Action.PLEDGES_ACCEPT)],
    home: Installed,
    pledge_id: Id,
    accept: Annotated[Sequence[str], Form()] = (),
    registry: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Verify, lock, verify again."""
    indexing.sync(home)
    content, status = _offer(home, who, pledge_id)
    if status is not None:
        raise ConflictError("CONFLICT", f"this offer is {status} already: a colleague has decided it")
    made = pledging.offer_file(home, content, _receipts(home, content))
    codes = {Code[name] for name in accept if name in Code.__members__}
    pledging.pledge(home, who.organisation, made, verifying.of_installation(home), codes)
    said = {
        "pledge_id": pledge_id,
        "accepted": sorted(code.name for code in codes),
        "registry_search": registry,
    }
    note(home, who, "pledged", said)
    return gone(f"/inbox/{pledge_id}")


@router.post("/inbox/{pledge_id}/close")
def close(
    who: Annotated[Principal, May(Action.PLEDGES_CLOSE)],
    home: Installed,
    pledge_id: Id,
    status: Annotated[str, Form(pattern="^(satisfied|cancelled|enforced)$")],
) -> Response:
    """Release the lock, or say that it was enforced."""
    _offer(home, who, pledge_id)
    made = pledging.known_offer(home, pledge_id)
    pledging.close(home, who.organisation, made, Status[status.upper()])
    return gone(f"/inbox/{pledge_id}")
