"""DPoP proofs: a machine's key counts only with a signature of this very request by the key that it is bound to (RFC 9449).

A proof is taken within `AGE` seconds of its time and once. Keys are ES256 or Ed25519 (RFC 9864's name).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from joserfc.util import urlsafe_b64encode
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gateway.db.identity import ProofSeen
from gateway.errors import UnauthenticatedError, UsageError
from gateway.identity.tokens import digest, now
from ledger.jsontext import loads

__all__ = ["AGE", "Proof", "check", "thumbprint", "use"]

AGE = 60
_ALGORITHMS = {"ES256": ("EC", "P-256"), "Ed25519": ("OKP", "Ed25519")}
_LONGEST = 4096
_REGISTRY = jws.JWSRegistry(algorithms=list(_ALGORITHMS), strict_check_header=False)


@dataclass(frozen=True)
class Proof:
    """A proof that holds, by what it is told apart, and until when it would be taken again."""

    digest: bytes
    expires_at: int


def thumbprint(jwk: dict[str, Any]) -> str:
    """RFC 7638's thumbprint of a public key. UsageError for one that proofs cannot be made with."""
    try:
        return str(_public(jwk).thumbprint())
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise UsageError(
            "JWK", "a public key is expected as a JWK: EC with P-256, or OKP with Ed25519, nothing private"
        ) from error


def _public(jwk: dict[str, Any]) -> ECKey | OKPKey:
    kind = (jwk.get("kty"), jwk.get("crv"))
    if kind not in _ALGORITHMS.values() or "d" in jwk:
        raise ValueError("not a public key of a kind that is taken")
    return ECKey.import_key(jwk) if jwk["kty"] == "EC" else OKPKey.import_key(jwk)


def check(proof: str | None, method: str, url: str, token: str, bound_to: str) -> Proof:
    """The proof, if it is one of this request by the key with that thumbprint. UnauthenticatedError."""
    if proof is None or len(proof) > _LONGEST:
        raise _refuse("there is none, or it is too long")
    try:
        head = jws.extract_compact(proof.encode()).headers()
        kind = _ALGORITHMS[head["alg"]]
        jwk = head["jwk"]
        key = _public(jwk)
        if head.get("typ") != "dpop+jwt" or (jwk["kty"], jwk["crv"]) != kind:
            raise _refuse("its header is not a proof's")
        said = loads(jws.deserialize_compact(proof.encode(), key, registry=_REGISTRY).payload)
        mark = str(said["jti"])
        at = int(said["iat"])
        claims = (said["htm"] == method, _same(str(said["htu"]), url), bool(mark))
        ath = str(said["ath"])
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _refuse("it cannot be read, or its signature does not hold") from error
    if not all(claims):
        raise _refuse("it is of another request")
    if not -AGE <= now() - at <= AGE:
        raise _refuse("it is too old, or of the future: check the clock")
    wanted = urlsafe_b64encode(sha256(token.encode()).digest()).decode()
    if not hmac.compare_digest(ath, wanted) or not hmac.compare_digest(str(key.thumbprint()), bound_to):
        raise _refuse("it is by another key, or for another token")
    return Proof(digest(f"{bound_to}\n{mark}"), at + 2 * AGE)


def use(session: Session, proof: Proof) -> None:
    """Take the proof. UnauthenticatedError for one that was taken before."""
    try:
        session.execute(insert(ProofSeen).values(digest=proof.digest, expires_at=proof.expires_at))
    except IntegrityError as error:
        raise _refuse("it was used before") from error


def _same(named: str, url: str) -> bool:
    """Whether two addresses are the same without query and fragment (RFC 9449, 4.3)."""
    return _bare(named) == _bare(url)


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path, "", ""))


def _refuse(why: str) -> UnauthenticatedError:
    return UnauthenticatedError("DPOP", f"the header DPoP does not prove that the key is yours: {why}")
