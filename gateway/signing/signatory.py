"""What acts on the ledger for one organisation, and signs what it offers: the one way by which service functions do either.

`Direct` signs at once, by a keyfile or a Web3Signer, and sends by itself. The browser's is `gateway.signing.browser.InTheBrowser`: what
it is asked for waits until a person has signed it, which whoever asks is told by SignatureNeededError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from gateway.errors import Exit, GatewayError
from ledger.account import Signer
from ledger.contract import Act
from ledger.typed import TypedData
from ledger.writer import Sent, Writer

__all__ = ["Direct", "Signatory", "SignatureNeededError", "all_of"]


class Signatory(Protocol):
    """Acts and signs for one organisation. Safe for threads."""

    @property
    def address(self) -> str:
        """Of its account."""

    def send(self, act: Act) -> Sent:
        """See `ledger.writer.Writer.send`. Raises SignatureNeededError too."""

    def sign(self, what: TypedData) -> bytes:
        """65 bytes, as contracts recover them. Raises SignatureNeededError."""


class Direct:
    """A `Signatory` whose signer answers at once; its own transactions go to the ledger."""

    def __init__(self, signer: Signer, writer: Writer) -> None:
        self._signer = signer
        self._writer = writer

    @property
    def address(self) -> str:
        """See `Signatory`."""
        return self._signer.address

    def send(self, act: Act) -> Sent:
        """See `Signatory`."""
        return self._writer.send(self._signer, act)

    def sign(self, what: TypedData) -> bytes:
        """See `Signatory`."""
        return self._signer.sign(what.data)


def all_of(acts: Iterable[Callable[[], object]]) -> None:
    """Do each. What waits for a person is told only once everything is put before them. Raises SignatureNeededError."""
    needed: SignatureNeededError | None = None
    for act in acts:
        try:
            act()
        except SignatureNeededError as error:
            needed = error
    if needed is not None:
        raise needed


class SignatureNeededError(GatewayError):
    """It waits for a person's signature, and is ready: the same call again goes through once it is signed."""

    exit = Exit.INVALID
    status = 409

    def __init__(self, request: str) -> None:
        super().__init__(
            "SIGNATURE_NEEDED",
            "this waits to be signed in the browser: sign it under “To sign”, then do this again",
        )
        self.request = request
