"""A `Signatory` whose key is in somebody's browser or wallet: what is asked of it waits in the database until it is signed there.

An act is signed as a ForwardRequest and sent by the home's relayer, so that who signs needs no gas and no node. It is sent by whoever asked
for it, when it asks again, never by who signed it: what it stands for is looked at once more before. A signature whose nonce is spent or
whose deadline is over counts no more, and the act waits anew; nothing is lost by it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.db import signing as table
from gateway.db.events import NewEvent, add_events
from gateway.db.session import Database
from gateway.db.signing import SignatureRequest
from gateway.errors import RefusedError
from gateway.jobs.ids import new_id
from gateway.signing.signatory import SignatureNeededError
from ledger.account import Signer
from ledger.connection import Ledger
from ledger.contract import Act, Contract
from ledger.forwarder import Unsigned
from ledger.refusals import OtherRevertError
from ledger.typed import TypedData
from ledger.types import hex32, keccak
from ledger.writer import Sent, Writer

__all__ = ["ACT", "NEEDED", "InTheBrowser", "act_of", "said_by", "unsigned_of"]

ACT = "act"
"""`SignatureRequest.kind` of an act; that of a struct is the struct's name."""
NEEDED = "signature.needed"
"""The event by which an organisation is told: each time a signature is asked for, and again where one that was given counts no more."""


def unsigned_of(row: SignatureRequest) -> Unsigned:
    """The ForwardRequest that a row was last shown as."""
    assert row.gas is not None and row.nonce is not None and row.deadline is not None
    return Unsigned(row.account, row.content["to"], act_of(row).data, row.gas, row.nonce, row.deadline)


def act_of(row: SignatureRequest) -> Act:
    """The act that a row is."""
    return Act(row.content["to"], bytes.fromhex(row.content["data"][2:]))


def said_by(ledger: Ledger, row: SignatureRequest) -> tuple[str, dict[str, Any]]:
    """What a row says, read from the very bytes that are signed: the contract's function, or the struct's name, and its arguments by name."""
    if row.kind != ACT:
        return row.kind, dict(row.content["message"])
    act = act_of(row)
    return _relayed(ledger, act.to).told(act.data)


def _relayed(ledger: Ledger, address: str | None) -> Contract:
    """The contract there, whose acts can be sent for others: of pledges also those that were handed over. RefusedError for any other."""
    for contract in (ledger.assets, ledger.access, *ledger.registries(ledger.pin())):
        if contract.address == address:
            return contract
    raise RefusedError(
        "NOT_RELAYED", "the organisation signs in the browser, and this act cannot be sent for it"
    )


class InTheBrowser:
    """See the module. `relayer` sends, and is asked for only then."""

    def __init__(
        self,
        org: str,
        address: str,
        ledger: Ledger,
        writer: Writer,
        database: Database,
        now: Callable[[], int],
        relayer: Callable[[], Signer],
    ) -> None:
        self._org = org
        self._address = address
        self._ledger = ledger
        self._writer = writer
        self._database = database
        self._now = now
        self._relayer = relayer

    @property
    def address(self) -> str:
        """See `Signatory`."""
        return self._address

    def send(self, act: Act) -> Sent:
        """See `Signatory`. What the contract would refuse is refused before anybody is asked to sign it."""
        to = _relayed(self._ledger, act.to).address
        self._writer.allowance(self._address, act)
        row = self._wanted(keccak(to.encode() + act.data), ACT, {"to": to, "data": "0x" + act.data.hex()})
        if row.signature is None or not self._counts(row):
            raise SignatureNeededError(row.id)
        request = unsigned_of(row).signed(row.signature)
        try:
            sent = self._writer.send(self._relayer(), self._ledger.forwarder.execute(request))
        except OtherRevertError:  # the forwarder hides why the contract has refused: ask again
            self._writer.allowance(self._address, act)
            raise
        self._done(row)
        return sent

    def sign(self, what: TypedData) -> bytes:
        """See `Signatory`."""
        row = self._wanted(what.digest, what.primary, what.to_json())
        if row.signature is None:
            raise SignatureNeededError(row.id)
        self._done(row)
        return row.signature

    def _wanted(self, subject: bytes, kind: str, content: dict[str, Any]) -> SignatureRequest:
        columns = {
            "id": new_id("sig"),
            "org": self._org,
            "account": self._address,
            "subject": hex32(subject),
            "kind": kind,
            "content": content,
            "asked_at": self._now(),
        }
        event = self._event(SignatureRequest(**columns))
        with self._database.session() as session:
            row = table.wanted(session, columns)
            if row.id == columns["id"]:
                add_events(session, [event])
        return row

    def _event(self, row: SignatureRequest) -> NewEvent:
        said = {"signature": row.id, "act": said_by(self._ledger, row)[0]}
        return NewEvent(self._org, NEEDED, self._now(), said)

    def _counts(self, row: SignatureRequest) -> bool:
        """Whether the row's signature can be used now; one that cannot is taken off, for the act to be signed anew."""
        nonce = self._ledger.read_one(self._ledger.forwarder.nonce(self._address), self._ledger.pin())
        if row.nonce == nonce and (row.deadline or 0) >= self._now():
            return True
        event = self._event(row)
        with self._database.session() as session:
            table.unsign(session, row)
            add_events(session, [event])
        return False

    def _done(self, row: SignatureRequest) -> None:
        with self._database.session() as session:
            table.drop(session, row.id)
