"""Offers, pledges and liens: a debtor offers receivables to one lender; that lender verifies, then takes every claim or none."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from certifier.errors import InvalidReceiptError
from certifier.receipt import parse_document
from certifier.verify import Code
from gateway.api.depends import Db, Here, Installed, May
from gateway.api.guard import Guarded, body_limit
from gateway.api.shapes import IfMatch, Page, Paged, Strict, Time, etag
from gateway.api.v1.common import Document, Hex32, Running, not_found, version_of
from gateway.api.v1.verifications import CheckOut, ReportOut
from gateway.db import catalogue
from gateway.db.models import IndexedClaim, IndexedPledge, Offer
from gateway.errors import UnreadableError, UsageError
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.service import indexing, pledging
from gateway.service.own import own_receipt
from ledger.pledges import Status
from ledger.types import hex32, parse_hex32

__all__ = ["router"]

router = APIRouter(tags=["pledging"], route_class=Guarded)
OfferReader = Annotated[Principal, May(Action.OFFERS_READ)]
Offerer = Annotated[Principal, May(Action.OFFERS_MAKE)]
PledgeReader = Annotated[Principal, May(Action.PLEDGES_READ)]
Acceptor = Annotated[Principal, May(Action.PLEDGES_ACCEPT)]
Closer = Annotated[Principal, May(Action.PLEDGES_CLOSE)]
LienReader = Annotated[Principal, May(Action.LIENS_READ)]

PledgeStatus = Literal["live", "satisfied", "cancelled", "enforced", "expired"]
Share = Annotated[int, Field(ge=1, le=10_000, description="Parts of 10,000 of each receivable")]
Days = Annotated[int, Field(ge=1, le=36_525)]


class ClaimOut(BaseModel):
    """A part of one receivable, by its fingerprint."""

    fingerprint: Hex32
    share: int


class OfferOut(BaseModel):
    """An offer; `status` is null as long as it is not taken."""

    pledge_id: Hex32
    debtor: Hex32
    lender: Hex32
    claims: list[ClaimOut]
    accept_by: Time
    expires_at: Time
    status: PledgeStatus | None

    @classmethod
    def of(cls, row: tuple[Offer, str | None]) -> OfferOut:
        """As this home remembers it."""
        offer, status = row
        members = {
            name: offer.content[name] for name in ("debtor", "lender", "claims", "accept_by", "expires_at")
        }
        return cls.model_validate({"pledge_id": offer.pledge_id, "status": status, **members})


class NewOffer(Strict):
    """Certified receivables of one's own, offered to one lender; it is open for `accept_days`, and anybody may close it after `days`."""

    lender: Hex32
    assets: Annotated[list[Hex32], Field(min_length=1, max_length=100)]
    share: Share = 10_000
    accept_days: Days = 3
    days: Days = 90


class OfferMade(BaseModel):
    """The signed offer (`assetcert/offer/1`) to hand to the lender, with the receipts that show what must be disclosed."""

    pledge_id: Hex32
    offer: Document


class LienOut(BaseModel):
    """A claim of a pledge: the `rank`-th lien ever on its receivable."""

    fingerprint: Hex32
    asset_id: Hex32
    share: int
    rank: int


class PledgeOut(BaseModel):
    """A pledge in which the caller's organisation is debtor or lender."""

    pledge_id: Hex32
    debtor: Hex32
    lender: Hex32
    expires_at: Time
    status: PledgeStatus
    claims: list[LienOut]

    @classmethod
    def of(cls, row: IndexedPledge, claims: list[IndexedClaim]) -> PledgeOut:
        """As the index has it."""
        liens = [
            {"fingerprint": one.fingerprint, "asset_id": one.asset_id, "share": one.share, "rank": one.rank}
            for one in claims
        ]
        return cls.model_validate(
            {
                "pledge_id": row.pledge_id,
                "debtor": row.debtor,
                "lender": row.lender,
                "expires_at": row.expires_at,
                "status": row.status,
                "claims": liens,
            }
        )

    @property
    def version(self) -> str:
        """Of what may change."""
        return version_of(self.pledge_id, self.status)


class Acceptance(Strict):
    """An offer to take: the document that the debtor handed over. `accept` names checks that may be UNKNOWN."""

    offer: Document
    accept: list[str] = Field(default_factory=list, max_length=12)


class Pledged(BaseModel):
    """A pledge that is final. Pay out only where `lien` is VALID."""

    pledge_id: Hex32
    block: int
    transaction: Hex32
    lien: Literal["VALID", "INVALID", "UNKNOWN"]
    accepted: list[CheckOut]
    reports: list[ReportOut]


class Closing(Strict):
    """How a pledge ends; expired is for anybody, from its end."""

    status: Literal["satisfied", "cancelled", "enforced", "expired"]


class Closed(BaseModel):
    """The pledge's end stands on the ledger in this block."""

    pledge_id: Hex32
    block: int


class PublicLien(BaseModel):
    """A lien on a receivable. Who lends is left out: only the lien's parties see each other."""

    pledge_id: Hex32
    share: int
    rank: int
    expires_at: Time
    status: PledgeStatus


class OfReceipt(Strict):
    """The receipt of a receivable, which shows its fingerprint."""

    receipt: Document


@router.post("/offers", status_code=201)
def make_offer(caller: Offerer, home: Installed, asked: NewOffer) -> OfferMade:
    """Sign an offer. Nothing is locked before the lender takes it."""
    receipts = [own_receipt(home, caller.organisation, one) for one in asked.assets]
    made = pledging.make_offer(
        home,
        caller.organisation,
        parse_hex32(asked.lender),
        receipts,
        share=asked.share,
        accept_days=asked.accept_days,
        days=asked.days,
    )
    return OfferMade(pledge_id=hex32(made.pledge_id), offer=made.to_json())


@router.get("/offers")
def list_offers(caller: OfferReader, db: Db, at: Paged) -> Page[OfferOut]:
    """Offers that one's organisation made or got, as far as this home knows them."""
    rows = catalogue.offers(db, caller.org, after=at.after, limit=at.more)
    return at.page(rows, OfferOut.of, lambda row: row[0].pledge_id)


@router.get("/offers/{pledge_id}")
def get_offer(caller: OfferReader, db: Db, pledge_id: Hex32) -> OfferOut:
    """One offer."""
    if (row := catalogue.offer(db, caller.org, pledge_id)) is None:
        raise not_found("offer", pledge_id)
    return OfferOut.of(row)


@router.post("/pledges", status_code=201, openapi_extra=body_limit(16 * 2**20))
def take_offer(caller: Acceptor, gateway: Here, asked: Acceptance) -> Pledged:
    """Verify every receipt of an offer, take the lien, verify again. A refusal names the check that stands in the way."""
    if unheard := set(asked.accept) - set(Code.__members__):
        raise UsageError("ACCEPT", f"{min(unheard)[:40]!r} is no check: {', '.join(Code.__members__)}")
    home = gateway.installation
    made = pledging.parse_offer(home, _of_schema(asked.offer, pledging.OFFER_SCHEMA), "the offer")
    codes = {Code[name] for name in asked.accept}
    done = pledging.pledge(home, caller.organisation, made, gateway.verifier, codes)
    gateway.jobs.tell()
    return Pledged.model_validate(
        {
            "pledge_id": hex32(done.pledge_id),
            "block": done.block,
            "transaction": hex32(done.transaction),
            "lien": done.lien.value,
            "accepted": [one.to_json() for one in done.accepted],
            "reports": [one.to_json() for one in done.after],
        }
    )


def _of_schema(document: Document, schema: str) -> Document:
    if document.get("schema") != schema:
        raise UnreadableError("SCHEMA", f'a document of the schema "{schema}" is expected')
    return document


@router.get("/pledges")
def list_pledges(
    caller: PledgeReader, db: Db, at: Paged, status: Annotated[PledgeStatus | None, Query()] = None
) -> Page[PledgeOut]:
    """Pledges in which one's organisation is debtor or lender."""
    rows = catalogue.pledges(db, caller.org, after=at.after, limit=at.more, status=status)
    claims = catalogue.claims(db, [row.pledge_id for row in rows])
    return at.page(rows, lambda row: PledgeOut.of(row, claims[row.pledge_id]), lambda row: row.pledge_id)


@router.get("/pledges/{pledge_id}")
def get_pledge(caller: PledgeReader, db: Db, pledge_id: Hex32, response: Response) -> PledgeOut:
    """One pledge, with the ETag that its end asks for."""
    if (row := catalogue.pledge(db, caller.org, pledge_id)) is None:
        raise not_found("pledge", pledge_id)
    shown = PledgeOut.of(row, catalogue.claims(db, [pledge_id])[pledge_id])
    response.headers["ETag"] = etag(shown.version)
    return shown


@router.post("/pledges/{pledge_id}/closing", status_code=201)
def close_pledge(
    caller: Closer, home: Installed, jobs: Running, pledge_id: Hex32, asked: Closing, match: IfMatch
) -> Closed:
    """Release a pledge, say that it was enforced, or close it as expired."""
    indexing.sync(home)
    with home.database.session() as session:
        row = catalogue.pledge(session, caller.org, pledge_id)
        claims = catalogue.claims(session, [pledge_id])[pledge_id]
    if row is None:
        raise not_found("pledge", pledge_id)
    match.check(PledgeOut.of(row, claims).version)
    offer = pledging.known_offer(home, pledge_id)
    block = pledging.close(home, caller.organisation, offer, Status[asked.status.upper()])
    jobs.tell()
    return Closed(pledge_id=pledge_id, block=block)


@router.post("/liens", openapi_extra=body_limit(4 * 2**20))
def liens_on(_: LienReader, home: Installed, asked: OfReceipt) -> list[PublicLien]:
    """Liens on a receipt's receivable, the earliest first."""
    try:
        receipt = parse_document(asked.receipt)
    except (InvalidReceiptError, ValueError, KeyError, TypeError) as error:
        raise UnreadableError("RECEIPT", f"this is no sound receipt: {error}") from error
    indexing.sync(home)
    return [_public(row) for row in indexing.liens_on(home, receipt)]


def _public(row: dict[str, Any]) -> PublicLien:
    return PublicLien.model_validate(
        {name: row[name] for name in ("pledge_id", "share", "rank", "expires_at", "status")}
    )
