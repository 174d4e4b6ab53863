"""A receipt's JSON by hand, byte for byte what `json.dumps` makes of `Receipt.to_document`: a batch writes a thousand (ADR 0203).

In two parts, since fields and proofs stand before the batch does: `encode_body`, then `encode` around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring as _quoted
from typing import TYPE_CHECKING, Protocol

from certifier.canonical import base64url
from ledger.types import hex32

if TYPE_CHECKING:
    from certifier.fingerprint import Prf
    from certifier.receipt.model import Hint, LedgerName

__all__ = ["SCHEMA", "encode", "encode_body"]

SCHEMA = "assetcert/receipt/1"


class _Field(Protocol):
    """A committed field, or one of a receipt; value and salt are both there or both None."""

    @property
    def path(self) -> str: ...
    @property
    def digest(self) -> bytes: ...
    @property
    def value(self) -> str | None: ...
    @property
    def salt(self) -> bytes | None: ...


def encode_body(fields: Iterable[_Field], prf: Mapping[str, Prf]) -> str:
    """The members `fields` and, where there are proofs, `prf`."""
    body = f'"fields":[{",".join(map(_field, fields))}]'
    if prf:
        body += f',"prf":{{{",".join(_proof(path, prf[path]) for path in sorted(prf))}}}'
    return body


def encode(
    ledger: LedgerName, org: bytes, root: bytes, proof: Sequence[bytes], body: str, hint: Hint | None
) -> str:
    """The whole receipt around its body, without a newline."""
    nodes = ",".join([f'"0x{node.hex()}"' for node in proof])
    text = (
        f'{{"schema":"{SCHEMA}","ledger":{{"chain_id":{ledger.chain_id},"genesis":"{hex32(ledger.genesis)}",'
        f'"asset_registry":{_quoted(ledger.asset_registry)}}},"org":"{hex32(org)}","root":"{hex32(root)}",'
        f'"batch_proof":[{nodes}],{body}'
    )
    if hint is not None:
        text += f',"hint":{{"block":{hint.block},"tx":"{hex32(hint.transaction)}"}}'
    return text + "}"


def _field(item: _Field) -> str:
    shown = f'{{"path":{_quoted(item.path)},"digest":"0x{item.digest.hex()}"'
    if item.value is None or item.salt is None:
        return shown + "}"
    return f'{shown},"value":{_quoted(item.value)},"salt":"0x{item.salt.hex()}"}}'


def _proof(path: str, prf: Prf) -> str:
    return (
        f'{_quoted(path)}:{{"key":"{hex32(prf.key_id)}","blind":"{base64url(prf.blind)}",'
        f'"evaluated":"{base64url(prf.evaluated)}","proof":"{base64url(prf.proof)}"}}'
    )
