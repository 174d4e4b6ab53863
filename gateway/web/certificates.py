"""An enterprise's certified papers: list, page, certificate as PDF, bundle, original."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from certifier.content import decrypt
from gateway.api.depends import Installed, May
from gateway.db import listing
from gateway.db.listing import Held, Wanted
from gateway.db.paging import Part
from gateway.errors import NotFoundError
from gateway.identity.principal import Principal, may
from gateway.identity.roles import Action
from gateway.installation import Installation, Organisation
from gateway.service import indexing
from gateway.service.own import own_receipt
from gateway.web import bundle, certificate, formats, originals, words
from gateway.web.depends import As, Id, Shown, router_of_pages
from gateway.web.parties import Parties
from gateway.web.public import public_link
from gateway.web.render import environment, language_of, render, say
from gateway.web.report import facts_of
from gateway.web.said import Said
from gateway.web.tables import Column, Table, export
from ledger.types import parse_hex32

__all__ = [
    "attachment",
    "facts_and_title",
    "held_or_missing",
    "held_table",
    "picture",
    "plain_document",
    "router",
]

router = router_of_pages()
Reader = Annotated[Principal, May(Action.ASSETS_READ)]
_SHOWN = ("seller_name", "buyer_name", "issue_date", "total", "payable", "product", "lot", "start", "end")


def _wanted(
    q: Annotated[str, Query(max_length=200)] = "",
    kind: Annotated[str, Query(max_length=32)] = "",
    since: Annotated[date | Literal[""], Query(alias="from")] = "",
    until: Annotated[date | Literal[""], Query(alias="to")] = "",
) -> Wanted:
    """What the form of the list says; an empty field is none."""
    return Wanted(q.strip(), kind, since or None, until or None)


@router.get("/certificates")
def certificates(
    request: Request,
    who: Reader,
    home: Installed,
    wanted: Annotated[Wanted, Depends(_wanted)],
    cut: Shown,
    form: As = "",
) -> Response:
    """The list, searched by number, name, job or id, by kind and by days."""
    indexing.sync(home)
    with home.database.session() as session:
        part = listing.held(session, who.org, wanted, cut)
        locks = listing.locked(session, who.org)
    table = held_table(request, who.organisation, part, locks)
    if form:
        return export(table, form, "certificates")
    asked = {"q": wanted.text, "kind": wanted.kind, "from": wanted.since or "", "to": wanted.until or ""}
    options = [(name, say(request, label)) for name, label in words.KINDS.items()]
    return render(
        request, "certificates.html", table=table, asked=asked, path=f"/certificates?{urlencode(asked)}", kind_options=options,
    )  # fmt: skip


def held_table(request: Request, owner: Organisation, part: Part[Held], locks: Mapping[str, object]) -> Table:
    """Certified papers as a table; each number leads to its page."""

    def said(row: Held) -> Said:
        return Said(facts_of(row.asset.fields or {}), owner)

    def state(row: Held) -> tuple[str, str]:
        if row.asset.asset_id in locks:
            return words.PLEDGES["live"]
        return words.STANDINGS[standing_of(row)]

    template: Any = environment(language_of(request)).get_template("includes/cells.html").module
    columns = (
        Column(say(request, "Kind"), lambda row: say(request, words.KINDS.get(row.asset.kind, row.asset.kind))),
        Column(
            say(request, "Number"),
            lambda row: listing.number_of(row.asset) or row.asset.asset_id,
            lambda row: template.linked(f"/certificates/{row.asset.asset_id}", listing.number_of(row.asset) or formats.short(row.asset.asset_id)),
        ),
        Column(say(request, "Date"), lambda row: said(row).date),
        Column(say(request, "Counterparty"), lambda row: said(row).counterparty),
        Column(
            say(request, "Amount"), lambda row: said(row).amount,
            lambda row: formats.money(said(row).amount, said(row).currency) if said(row).amount else "", numeric=True,
        ),
        Column(say(request, "State"), lambda row: say(request, state(row)[0]), lambda row: template.state(state(row))),
    )  # fmt: skip
    nothing = say(request, "Nothing certified yet that fits.")
    return Table.of(say(request, "Certified papers"), columns, part, nothing)


def standing_of(row: Held) -> str:
    """The word for how an asset stands."""
    if row.asset.fields is None:
        return "shredded"
    return row.standing or ("pending" if row.asset.root is None else "good")


@router.get("/certificates/{asset_id}")
def one(request: Request, who: Reader, home: Installed, asset_id: Id) -> HTMLResponse:
    """One paper: the original beside what is certified, how it stands, what can be done."""
    indexing.sync(home)
    with home.database.session() as session:
        row = held_or_missing(session, who.organisation, asset_id)
        lock = listing.locked(session, who.org).get(asset_id)
        parties = Parties(session)
    facts, title = facts_and_title(request, row)
    document = plain_document(home, who.organisation, row)
    return render(
        request,
        "certificate.html",
        held=row,
        asset_id=asset_id,
        title=title,
        standing=standing_of(row),
        lock=parties[lock[0]] if lock else None,
        certified_at=_certified_at(row),
        facts_shown=facts,
        original=originals.shown(document, list(facts.values())) if document is not None else None,
        pledgeable="fingerprint.exact" in (row.asset.fields or {}),
        links=_links(request, home, row),
        may_revoke=may(who, Action.ASSETS_REVOKE),
    )


def held_or_missing(session: Session, organisation: Organisation, asset_id: str) -> Held:
    row = listing.holding(session, organisation.hex, asset_id)
    if row is None:
        raise NotFoundError("NOT_FOUND", f"{organisation.short} has certified no asset {asset_id}")
    return row


def facts_and_title(request: Request, row: Held) -> tuple[dict[str, str], str]:
    """What is certified of a paper, and how it is called."""
    kind = say(request, words.KINDS.get(row.asset.kind, row.asset.kind))
    return facts_of(row.asset.fields or {}), f"{kind} {listing.number_of(row.asset) or ''}".strip()


def _links(request: Request, home: Installation, row: Held) -> list[tuple[str, str, str]]:
    """Earlier papers that it points to: relation, id, and how each is called."""
    fields = (row.asset.fields or {}).items()
    found = [(path.split(".")[1], value) for path, value in fields if path.startswith("link.")]
    with home.database.session() as session:
        known = listing.numbers(session, [target for _, target in found])
    return [(relation, target, _named(request, target, known.get(target))) for relation, target in found]


def _named(request: Request, target: str, known: tuple[str, str | None] | None) -> str:
    kind, number = known or ("other", None)
    return f"{say(request, words.KINDS.get(kind, kind))} {number or formats.short(target)}"


def _certified_at(row: Held) -> str | None:
    return (row.asset.fields or {}).get("asset.issued_at")


def plain_document(home: Installation, organisation: Organisation, row: Held) -> bytes | None:
    """The owner's own document, decrypted; None where it was destroyed or is not certified yet."""
    if row.asset.sealed_secret is None or row.asset.root is None:
        return None
    secret = home.open_secret(organisation, parse_hex32(row.asset.asset_id), row.asset.sealed_secret)
    return b"".join(decrypt(home.store.get, row.asset.cid, secret.content_key()))


def _document(home: Installation, who: Principal, asset_id: str) -> tuple[Held, bytes]:
    with home.database.session() as session:
        row = held_or_missing(session, who.organisation, asset_id)
    document = plain_document(home, who.organisation, row)
    if document is None:
        raise NotFoundError("SHREDDED", f"the content of asset {asset_id} is not here any more")
    return row, document


@router.get("/certificates/{asset_id}/original")
def original(who: Reader, home: Installed, asset_id: Id) -> Response:
    """The document itself, byte for byte."""
    row, document = _document(home, who, asset_id)
    return attachment(document, "application/octet-stream", _file_name(row))


def attachment(body: bytes, media: str, name: str) -> Response:
    """A download; never shown as a page of ours, whatever it is."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type=media, headers=headers)


def _file_name(row: Held) -> str:
    fields = row.asset.fields or {}
    ending = {
        "application/xml": "xml", "text/xml": "xml", "application/pdf": "pdf", "text/csv": "csv", "application/json": "json",
    }.get(fields.get("content.media_type", ""), "bin")  # fmt: skip
    number = "".join(
        letter
        for letter in listing.number_of(row.asset) or ""
        if letter.isascii() and (letter.isalnum() or letter in "-_")
    )
    return f"{row.asset.kind}-{number or row.asset.asset_id[2:14]}.{ending}"


@router.get("/certificates/{asset_id}/page/{number}")
def page(who: Reader, home: Installed, asset_id: Id, number: int) -> Response:
    """A page of a PDF or an OFD as a picture."""
    _, document = _document(home, who, asset_id)
    return picture(document, number)


def picture(document: bytes, number: int) -> Response:
    """One page as a picture. NotFoundError where there is none."""
    drawn = originals.page_image(document, number)
    if drawn is None:
        raise NotFoundError("NOT_FOUND", f"the document has no page {number} that can be drawn")
    image, media_type = drawn
    return Response(image, media_type=media_type, headers={"Cache-Control": "private, max-age=3600"})


@router.get("/certificates/{asset_id}/bundle.zip")
def bundled(who: Reader, home: Installed, asset_id: Id) -> Response:
    """Document, receipt and descriptor: what a stranger needs to verify without us."""
    row, document = _document(home, who, asset_id)
    receipt = own_receipt(home, who.organisation, asset_id)
    descriptor = home.home.descriptor.read_text(encoding="utf-8")
    return attachment(
        bundle.made(receipt, _file_name(row), document, descriptor), "application/zip", f"{asset_id}.zip"
    )


@router.get("/certificates/{asset_id}/certificate.pdf")
def certificate_pdf(request: Request, who: Reader, home: Installed, asset_id: Id) -> Response:
    """One page with a QR code to the public report, signed by this gateway."""
    with home.database.session() as session:
        row = held_or_missing(session, who.organisation, asset_id)
    fields, language = row.asset.fields, language_of(request)
    if fields is None or row.asset.root is None:
        raise NotFoundError("SHREDDED", f"the content of asset {asset_id} is not here any more")
    url = public_link(request, home, asset_id)
    facts = facts_of(fields)
    shown = [(name, _written(name, facts)) for name in _SHOWN if name in facts]
    html = environment(language).get_template("certificate_pdf.html").render(
        organisation=who.organisation, asset_id=asset_id, number=listing.number_of(row.asset) or "", kind=row.asset.kind,
        made_at=formats.time(datetime.now(UTC)), standing=words.STANDINGS[standing_of(row)], certified_at=_certified_at(row),
        shown=shown, media_type=fields["content.media_type"], bytes=fields["content.bytes"], sha256=fields["content.sha256"],
        root=row.asset.root, chain_id=home.ledger.descriptor.chain_id, registry=home.ledger.descriptor.contracts["asset_registry"],
        block=row.block, qr=certificate.qr_svg(url), verify_url=url,
    )  # fmt: skip
    signed = certificate.sign(home.home, certificate.pdf(html), f"certificate of {asset_id}")
    return attachment(signed, "application/pdf", f"{asset_id[:14]}.pdf")


def _written(name: str, facts: Mapping[str, str]) -> object:
    if name in ("total", "payable"):
        return formats.plain_money(facts[name], facts.get("currency", "CNY"))
    return formats.time(facts[name]) if name in ("start", "end") else facts[name]
