"""Attributes that tell affiliates, as keyed tokens: two organisations share one where its token is the same.

Plain values are never pooled (PRODUCT 3.2): whoever holds an extract of the companies register (`assetcert/register-extract/1`)
hands each value's normal form to the consortium's keyed function and keeps the token. Which are strong is decided here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from certifier.canonical import ident
from certifier.errors import MalformedDocumentError

__all__ = [
    "BINDING",
    "EXTRACT",
    "STRONG",
    "WEAK",
    "Attribute",
    "Extract",
    "account",
    "extract",
    "normal",
    "tokens",
]

EXTRACT = "assetcert/register-extract/1"
BINDING = frozenset({"legal_representative", "bank_account", "owner"})
"""One of these in common makes one control group."""
STRONG = BINDING | {"phone"}
"""Each counts a point in a cycle's score. A telephone alone may be a bookkeeper's: it links, and needs a second attribute
to make a group."""
WEAK = frozenset({"address", "email_domain", "accountant", "device", "seal_issuer"})
_MEMBERS = {"schema", "extract", "name", "uscc"}
_NAMES = {"fee_account": "bank_account"}


@dataclass(frozen=True, slots=True)
class Attribute:
    """`party`'s (an ident: a tax number) attribute `name` under the key of this consortium, from the asset that told it."""

    party: str
    name: str
    token: bytes
    asset: bytes | None = None


@dataclass(frozen=True)
class Extract:
    """What an extract of the companies register says of one organisation: plain values, which stay with its holder."""

    party: str
    values: Mapping[str, str]


def extract(body: Mapping[str, Any]) -> Extract:
    """The extract that a JSON object states. Raises MalformedDocumentError."""
    party = ident(body["uscc"]) if isinstance(body.get("uscc"), str) else None
    values = {_NAMES.get(name, name): value for name, value in body.items() if name not in _MEMBERS}
    if party is None or any(not isinstance(value, str) for value in values.values()):
        raise MalformedDocumentError(
            "DECLARATION_MALFORMED", "an extract states uscc and texts, nothing else"
        )
    if unknown := values.keys() - STRONG - WEAK:
        raise MalformedDocumentError(
            "DECLARATION_MALFORMED", f"an extract knows no {', '.join(sorted(unknown))}"
        )
    return Extract(party, {name: value for name, value in values.items() if value})


def normal(name: str, value: str) -> str:
    """The form of a value under which it is compared: what is typed differently and means the same is the same."""
    text = " ".join(unicodedata.normalize("NFKC", value).casefold().split())
    if name in ("phone", "bank_account"):
        return re.sub(r"\D", "", text.removeprefix("+86"))
    return text


def tokens(
    found: Extract, keyed: Callable[[bytes], bytes], asset: bytes | None = None
) -> tuple[Attribute, ...]:
    """The extract's attributes under the keyed function `keyed` (the consortium's PRF), each under its own name."""
    return tuple(
        Attribute(
            found.party, name, keyed(f"assetcert/attribute/1/{name}/{normal(name, value)}".encode()), asset
        )
        for name, value in sorted(found.values.items())
        if normal(name, value)
    )


def account(party: str, number: str, asset: bytes) -> Attribute:
    """The bank account that a seller states on its invoice (digits). For papers that whoever compares them has in plain, so no key is
    asked; the token equals none of an extract's."""
    token = sha256(f"assetcert/stated-account/1/{number}".encode()).digest()
    return Attribute(party, "bank_account", token, asset)
