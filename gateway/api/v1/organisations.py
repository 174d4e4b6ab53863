"""Members of the consortium as the ledger has them, their keys, and what registrars decide by quorum."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from gateway.api.depends import Db, Here, Installed, May
from gateway.api.guard import Guarded
from gateway.api.shapes import Page, Paged, Strict, Time
from gateway.api.v1.common import Document, Hex32, Running, not_found
from gateway.db import catalogue
from gateway.db.models import IndexedOrganisation
from gateway.errors import UsageError
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.installation import Installation, Organisation
from gateway.service import consortium, key_requests, proposing, published_keys, voting
from gateway.service.voting import Vote
from ledger.account import account_key_id
from ledger.membership import Role
from ledger.types import hex32, parse_hex32

__all__ = ["router"]

router = APIRouter(tags=["organisations"], route_class=Guarded)
Reader = Annotated[Principal, May(Action.ORGANISATIONS_READ)]
Registrar = Annotated[Principal, May(Action.ORGANISATIONS_ADMIT)]
KeyKeeper = Annotated[Principal, May(Action.KEYS_MANAGE)]

RoleName = Literal["enterprise", "lender", "inspector", "witness", "auditor", "registrar"]
Purpose = Literal["account", "instrument", "inspector", "witness", "encryption"]


class MemberOut(BaseModel):
    """An organisation on the ledger."""

    id: Hex32
    identifier: str
    name: str
    roles: list[RoleName]
    suspended: bool

    @classmethod
    def of(cls, row: IndexedOrganisation) -> MemberOut:
        """As the index has it."""
        roles = [str(role.name).lower() for role in Role if Role(row.roles) & role]
        return cls.model_validate(
            {
                "id": row.org,
                "identifier": row.identifier,
                "name": row.name,
                "roles": roles,
                "suspended": row.suspended,
            }
        )


class KeyOut(BaseModel):
    """A key of an organisation, ended or not; `valid_until` null: without an end."""

    id: Hex32
    purpose: str
    valid_from: Time
    valid_until: Time | None


class VoteOut(BaseModel):
    """A registrar's vote: whether the quorum was reached with it; if not, the proposal that others approve."""

    executed: bool
    proposal: Hex32 | None

    @classmethod
    def of(cls, vote: Vote) -> VoteOut:
        """What the service says."""
        return cls(executed=vote.executed, proposal=hex32(vote.call_id) if vote.call_id is not None else None)


class Admission(Strict):
    """An organisation to admit, or to change: `short` is what this home calls it."""

    short: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
    identifier: Annotated[str, Field(min_length=4, max_length=100, examples=["CN-USCC:91500000000000211L"])]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    aliases: list[str] = Field(default_factory=list, max_length=16)
    roles: Annotated[list[RoleName], Field(min_length=1, max_length=6)]
    change: bool = False


class Proposal(BaseModel):
    """A call that registrars vote on: `votes` of `quorum`, by whom."""

    id: Hex32
    act: str
    arguments: dict[str, str]
    votes: list[Hex32]
    quorum: int
    executed: bool
    block: int


@router.get("/organisations")
def list_organisations(_: Reader, db: Db, at: Paged) -> Page[MemberOut]:
    """Members, by identifier."""
    rows = catalogue.organisations(db, after=at.after, limit=at.more)
    return at.page(rows, MemberOut.of, lambda row: row.identifier)


@router.get("/organisations/{org}")
def get_organisation(_: Reader, db: Db, org: Hex32) -> MemberOut:
    """One member."""
    if (row := catalogue.organisation(db, org)) is None:
        raise not_found("organisation", org)
    return MemberOut.of(row)


@router.get("/organisations/{org}/keys")
def list_keys(_: Reader, home: Installed, org: Hex32) -> list[KeyOut]:
    """A member's keys, ended ones too."""
    return [
        KeyOut(
            id=key["key_id"],
            purpose=key["purpose"],
            valid_from=key["valid_from"],
            valid_until=key["valid_until"],
        )
        for key in published_keys.keys_of(home, parse_hex32(org))
    ]


@router.post("/organisations")
def admit(caller: Registrar, home: Installed, jobs: Running, asked: Admission) -> VoteOut:
    """Vote to admit an organisation, or to change it. The vote that completes the quorum admits it."""
    roles = Role(0)
    for name in asked.roles:
        roles |= Role[name.upper()]
    organisation = Organisation(
        asked.short,
        consortium.identifier(asked.identifier),
        asked.name,
        tuple(map(consortium.identifier, asked.aliases)),
    )
    voters = [caller.organisation]
    vote = consortium.admit(home, organisation, roles, change=asked.change, voters=voters)
    jobs.tell()
    return VoteOut.of(vote)


class Suspension(Strict):
    """Suspend, or lift a suspension."""

    suspended: bool


@router.put("/organisations/{org}/suspension")
def suspend(caller: Registrar, home: Installed, jobs: Running, org: Hex32, asked: Suspension) -> VoteOut:
    """Vote to suspend an organisation, or to lift that."""
    voters = [caller.organisation]
    vote = consortium.suspend(home, parse_hex32(org), lift=not asked.suspended, voters=voters)
    jobs.tell()
    return VoteOut.of(vote)


@router.post("/organisations/{org}/keys/{purpose}")
def publish_key(
    caller: KeyKeeper, gateway: Here, org: Hex32, purpose: Purpose, asked: Document | None = None
) -> VoteOut:
    """Vote to publish a key of an organisation of this home, made where absent; or, with what `assetcert key request` wrote, one that is kept elsewhere."""
    organisation, home, voters = gateway.organisation(org), gateway.installation, [caller.organisation]
    if asked is None:
        return VoteOut.of(published_keys.set_key(home, organisation, purpose, voters=voters))
    request = key_requests.parse(asked, "the body")
    return VoteOut.of(key_requests.publish(home, organisation, purpose, request, voters))


@router.post("/organisations/{org}/keys/{purpose}/rotation")
def rotate_key(caller: KeyKeeper, gateway: Here, org: Hex32, purpose: Purpose) -> VoteOut:
    """Vote for a new key of an organisation of this home; once it is published the old one ends."""
    organisation = gateway.organisation(org)
    return VoteOut.of(
        published_keys.rotate(gateway.installation, organisation, purpose, [caller.organisation])
    )


@router.delete("/keys/{key_id}", status_code=204)
def revoke_key(caller: KeyKeeper, home: Installed, key_id: Hex32) -> Response:
    """End a key of one's own organisation now."""
    _own_key(home, caller, key_id)
    published_keys.revoke_key(home, caller.organisation, parse_hex32(key_id))
    return Response(status_code=204)


def _own_key(home: Installation, caller: Principal, key_id: str) -> None:
    if all(key["key_id"] != key_id for key in published_keys.keys_of(home, caller.organisation.id)):
        raise not_found("key", key_id)
    if account_key_id(home.signatory(caller.organisation).address) == parse_hex32(key_id):
        raise UsageError(
            "LAST_KEY", "this is the key that would sign for its own end: rotate it instead, then it ends"
        )


@router.get("/proposals")
def list_proposals(_: Registrar, home: Installed) -> list[Proposal]:
    """What registrars have voted on, the newest first."""
    return [
        Proposal(
            id=hex32(one.call_id),
            act=one.act,
            arguments=one.arguments,
            votes=[hex32(vote) for vote in one.votes],
            quorum=one.quorum,
            executed=one.executed,
            block=one.block,
        )
        for one in proposing.proposals(home)
    ]


@router.post("/proposals/{proposal}/votes", status_code=201)
def approve(caller: Registrar, home: Installed, jobs: Running, proposal: Hex32) -> VoteOut:
    """Vote for what another registrar has proposed."""
    vote = voting.confirm(home, parse_hex32(proposal), caller.organisation)
    jobs.tell()
    return VoteOut.of(vote)
