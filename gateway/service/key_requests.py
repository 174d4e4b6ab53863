"""A key that is kept in another home: its holder asks for it in a document, the registrars publish it.

The document says whose key it is, for what, and – for every purpose that signs – carries a signature by the key itself, so that nobody has
a key published that is another's. It holds no secret. That the document comes from that organisation, the registrar has to know: it says
nothing of who sent it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certifier import hpke, signer
from gateway.errors import RefusedError, UnreadableError, UsageError
from gateway.installation import Installation, Organisation
from gateway.keys import Keystore
from gateway.service import published_keys
from gateway.service.files import load_json
from gateway.service.voting import Vote
from ledger.account import Account, account_key_id, recover
from ledger.membership import FOREVER
from ledger.types import hex32, keccak, parse_hex32

__all__ = ["KeyRequest", "ask", "load", "parse", "publish"]

SCHEMA = "assetcert/key-request/1"
_SIGNING = ("instrument", "inspector", "witness")
_OFFERED = ("account", "encryption", *_SIGNING)


@dataclass(frozen=True)
class KeyRequest:
    """`public_key` is empty for an account, `proof` for an encryption key, which signs nothing."""

    identifier: str
    purpose: str
    key_id: bytes
    public_key: bytes
    proof: bytes

    def to_json(self) -> dict[str, str]:
        """The document that `parse` takes."""
        return {
            "schema": SCHEMA,
            "identifier": self.identifier,
            "purpose": self.purpose,
            "key_id": hex32(self.key_id),
            "public_key": "0x" + self.public_key.hex(),
            "proof": "0x" + self.proof.hex(),
        }

    @property
    def statement(self) -> bytes:
        """What the key signs of itself."""
        return "\n".join(("assetcert/1/key", self.identifier, self.purpose, hex32(self.key_id), "")).encode()

    def fault(self) -> str | None:
        """Why this cannot be a key that its sender holds; None where nothing speaks against it."""
        if self.purpose == "account":
            address = recover(keccak(self.statement), self.proof)
            held = address is not None and account_key_id(address) == self.key_id and not self.public_key
            return None if held else "it is not signed by the account that it names"
        if keccak(self.public_key) != self.key_id:
            return "its id is not the hash of its public key"
        if self.purpose == "encryption":
            return (
                None if len(self.public_key) == hpke.PUBLIC_KEY_BYTES else "it is no encryption key of ours"
            )
        held = signer.verify(self.public_key, self.proof, self.statement)
        return None if held else "it is not signed by the key that it names"


def ask(keys: Keystore, organisation: Organisation, purpose: str) -> KeyRequest:
    """The request for the organisation's key for `purpose`, made in this keystore where absent."""
    keys.create([(organisation.short, purpose)])
    seed = keys.seed(organisation.short, purpose)
    key_id, public = published_keys.published(seed, purpose)
    bare = KeyRequest(organisation.identifier, purpose, key_id, public, b"")
    proof = b""
    if purpose == "account":
        proof = Account(seed).sign(bare.statement)
    elif purpose in _SIGNING:
        proof = signer.sign(seed, "ed25519", bare.statement)
    return KeyRequest(organisation.identifier, purpose, key_id, public, proof)


def load(path: Path) -> KeyRequest:
    """The request in a file. UnreadableError for anything else."""
    return parse(load_json(path, SCHEMA), str(path))


def parse(document: dict[str, Any], where: str) -> KeyRequest:
    """The request in a document that came from `where`. UnreadableError for anything else, also where its proof does not hold."""
    try:
        if document["schema"] != SCHEMA:
            raise ValueError(f"its schema is not {SCHEMA}")
        request = KeyRequest(
            str(document["identifier"]),
            str(document["purpose"]),
            parse_hex32(document["key_id"]),
            bytes.fromhex(document["public_key"].removeprefix("0x")),
            bytes.fromhex(document["proof"].removeprefix("0x")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableError("KEY_REQUEST", f"{where} asks for no key: {error!r}") from error
    if request.purpose not in _OFFERED or (fault := request.fault()) is not None:
        fault = fault if request.purpose in _OFFERED else f"there are no keys for {request.purpose!r}"
        raise UnreadableError("KEY_REQUEST", f"{where} asks for no key: {fault}")
    return request


def publish(
    installation: Installation,
    organisation: Organisation,
    purpose: str,
    request: KeyRequest,
    voters: Sequence[Organisation] | None = None,
    valid_until: int = FOREVER,
) -> Vote:
    """Vote to publish the key that an organisation asks for, until then. One that is published already stays so."""
    if (request.identifier, request.purpose) != (organisation.identifier, purpose):
        asked = f"an {request.purpose} key of {request.identifier}"
        raise UsageError(
            "KEY_REQUEST",
            f"this asks for {asked}, not for one for {purpose} of {organisation.short} ({organisation.identifier})",
        )
    there = installation.ledger.membership.key(request.key_id)
    known = installation.ledger.read_one(there, installation.ledger.pin())
    if known.org == organisation.id:
        return Vote(0, True)
    if any(known.org):
        raise RefusedError(
            "KEY_USED", "the ledger knows this key as another organisation's: ask for a new one"
        )
    return published_keys.publish(
        installation, organisation, purpose, request.key_id, request.public_key, valid_until, voters
    )
