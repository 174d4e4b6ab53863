"""What waits for the signature of an organisation that signs in the browser, and the key with which it signs there."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, StringConstraints

from gateway.api.depends import Here, Installed, May
from gateway.api.guard import Guarded
from gateway.api.shapes import Strict, Time
from gateway.api.v1.common import Document, Hex32, Running
from gateway.api.v1.organisations import VoteOut
from gateway.errors import NotFoundError
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.installation import Installation, Organisation
from gateway.service import placing, signing

__all__ = ["router"]

router = APIRouter(tags=["signatures"], route_class=Guarded)
Reader = Annotated[Principal, May(Action.SIGNATURES_READ)]
Signer = Annotated[Principal, May(Action.SIGNATURES_GIVE)]
KeyKeeper = Annotated[Principal, May(Action.KEYS_MANAGE)]
Address = Annotated[str, StringConstraints(pattern="^0x[0-9a-f]{40}$")]
Signature = Annotated[str, StringConstraints(pattern="^0x[0-9a-f]{130}$")]
SignatureId = Annotated[str, Path(pattern="^sig_[0-9a-f]{32}$")]


class SignatureOut(BaseModel):
    """One thing to sign: `act` is a contract's function, or `Offer`. `assets` are those that it names; `signed`: it is on its way."""

    id: str
    act: str
    assets: list[Hex32]
    asked_at: Time
    signed: bool


class Prepared(Strict):
    """Nothing more is to be said."""


class Signed(Strict):
    """r ‖ s ‖ v (27 or 28) over the EIP-712 data that was prepared last."""

    signature: Signature


class SigningKeyOut(BaseModel):
    """Where one's organisation signs, with which account; `proposed` waits for the registrars' votes."""

    kind: Literal["keystore", "web3signer", "browser"]
    account: Address | None
    proposed: Address | None

    @classmethod
    def of(cls, home: Installation, organisation: Organisation) -> SigningKeyOut:
        """As it is now."""
        place, staged = home.places.of(organisation.short), home.places.staged(organisation.short)
        return cls.model_validate(
            {
                "kind": place.kind,
                "account": home.address(organisation.short),
                "proposed": staged.address if staged else None,
            }
        )


class NewAccount(Strict):
    """The address of a new key."""

    account: Address


class NewKey(NewAccount):
    """A new key, which has signed the statement that it is this organisation's."""

    signature: Signature


@router.get("/signatures")
def list_signatures(caller: Reader, home: Installed) -> list[SignatureOut]:
    """What waits to be signed, the oldest first."""
    return [
        SignatureOut(
            id=one.id, act=one.act, assets=list(one.assets), asked_at=one.asked_at, signed=one.signed
        )
        for one in signing.waiting(home, caller.organisation)
    ]


@router.post("/signatures/{signature_id}/preparation")
def prepare(caller: Signer, home: Installed, signature_id: SignatureId, _: Prepared) -> Document:
    """The EIP-712 data to sign, as `eth_signTypedData_v4` takes it. What was signed of it before counts no more."""
    return signing.prepare(home, caller.organisation, signature_id)


@router.put("/signatures/{signature_id}", status_code=204)
def sign(caller: Signer, gateway: Here, jobs: Running, signature_id: SignatureId, given: Signed) -> Response:
    """A signature of what was prepared last. What waited for it goes on."""
    signature = bytes.fromhex(given.signature[2:])
    signing.take(gateway.installation, caller.organisation, signature_id, signature, caller.user)
    jobs.signed()
    gateway.deciding.resume(caller.organisation)
    return Response(status_code=204)


@router.get("/signing-key")
def get_signing_key(caller: Reader, home: Installed) -> SigningKeyOut:
    """Where one's organisation signs."""
    return SigningKeyOut.of(home, caller.organisation)


@router.post("/signing-key/statement")
def key_statement(caller: Signer, home: Installed, asked: NewAccount) -> Document:
    """The EIP-712 data that a new key signs to show that whoever brings it has it."""
    found: dict[str, Any] = signing.key_statement(home, caller.organisation, asked.account).to_json()
    return found


@router.put("/signing-key")
def propose_signing_key(caller: Signer, home: Installed, asked: NewKey) -> SigningKeyOut:
    """A key in a browser or a wallet that is to sign from now on; it does once the registrars have voted for it."""
    signing.propose_key(home, caller.organisation, asked.account, bytes.fromhex(asked.signature[2:]))
    return SigningKeyOut.of(home, caller.organisation)


@router.post("/organisations/{org}/signing-key")
def vote_for_signing_key(caller: KeyKeeper, gateway: Here, org: Hex32) -> VoteOut:
    """Vote for the key that an organisation of this home has proposed; once it is published the old one ends."""
    organisation = gateway.organisation(org)
    if gateway.installation.places.staged(organisation.short) is None:
        raise NotFoundError("NOT_FOUND", "this organisation has proposed no key")
    return VoteOut.of(placing.move(gateway.installation, organisation, None, [caller.organisation]))
