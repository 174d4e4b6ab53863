"""RFC 9497's verifiable oblivious PRF, ristretto255-SHA512, mode 0x01, with batched proofs.

Both sides of the protocol on libsodium's group operations (`rbcl`); scalars and points are 32 bytes as the
RFC serialises them. Not the other modes or suites, and not what is evaluated (see `certifier.fingerprint`).
A library's usual `finalize` trusts the blinded element that it is handed; here a verifier recomputes it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha512
from typing import NamedTuple, Protocol

from rbcl import (
    crypto_core_ristretto255_add,
    crypto_core_ristretto255_from_hash,
    crypto_core_ristretto255_scalar_invert,
    crypto_core_ristretto255_scalar_mul,
    crypto_core_ristretto255_scalar_random,
    crypto_core_ristretto255_scalar_reduce,
    crypto_core_ristretto255_scalar_sub,
    crypto_scalarmult_ristretto255,
    crypto_scalarmult_ristretto255_base,
)

from certifier.errors import ProofRefusedError

__all__ = [
    "ORDER",
    "Evaluation",
    "EvaluationService",
    "LocalEvaluation",
    "blind",
    "derive_key_pair",
    "finalize",
    "generate_proof",
    "hash_to_group",
    "multiply",
    "verify_proof",
]

ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of the group: a scalar is 1 … ORDER - 1, 32 bytes, little-endian."""
_CONTEXT = b"OPRFV1-\x01-ristretto255-SHA512"
MAX_BATCH = 65535  # the transcript counts elements in two bytes


def _prefixed(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _expander(label: bytes) -> Callable[[bytes], bytes]:
    """RFC 9380's expand_message_xmd to 64 bytes, which SHA-512 gives in one block, under one tag."""
    tag = label + _CONTEXT
    suffix = tag + bytes([len(tag)])
    start = sha512(bytes(128))
    before, after = b"\x00\x40\x00" + suffix, b"\x01" + suffix

    def expand(message: bytes) -> bytes:
        first = start.copy()
        first.update(message + before)
        return sha512(first.digest() + after).digest()

    return expand


_expand_group = _expander(b"HashToGroup-")
_expand_scalar = _expander(b"HashToScalar-")
_expand_key = _expander(b"DeriveKeyPair")
_SEED_TAG = _prefixed(b"Seed-" + _CONTEXT)


def hash_to_group(message: bytes) -> bytes:
    """The group element of an input."""
    point: bytes = crypto_core_ristretto255_from_hash(_expand_group(message))
    return point


def _hash_to_scalar(message: bytes) -> bytes:
    scalar: bytes = crypto_core_ristretto255_scalar_reduce(_expand_scalar(message))
    return scalar


def multiply(scalar: bytes, point: bytes) -> bytes:
    """scalar · point, refusing whatever is no scalar in 1 … order - 1 or no element but the identity."""
    if len(scalar) != 32 or not 0 < int.from_bytes(scalar, "little") < ORDER:
        raise ProofRefusedError("a scalar is out of range")
    if len(point) != 32:
        raise ProofRefusedError("a group element has 32 bytes")
    try:
        product: bytes = crypto_scalarmult_ristretto255(scalar, point)
    except RuntimeError as e:
        raise ProofRefusedError("not an element of ristretto255, or the identity") from e
    return product


def _plus(one: bytes, other: bytes) -> bytes:
    total: bytes = crypto_core_ristretto255_add(one, other)
    return total


def blind(message: bytes, scalar: bytes | None = None) -> tuple[bytes, bytes]:
    """A fresh random scalar (or the one given) and the blinded element for `message`."""
    if scalar is None:
        scalar = crypto_core_ristretto255_scalar_random()
    return scalar, multiply(scalar, hash_to_group(message))


def derive_key_pair(seed: bytes, info: bytes) -> tuple[bytes, bytes]:
    """RFC 9497 3.2.1: private scalar and public element from a 32-byte seed."""
    if len(seed) != 32:
        raise ValueError(f"a seed has 32 bytes, not {len(seed)}")
    for counter in range(256):
        wide = _expand_key(seed + _prefixed(info) + bytes([counter]))
        secret: bytes = crypto_core_ristretto255_scalar_reduce(wide)
        if any(secret):
            return secret, crypto_scalarmult_ristretto255_base(secret)
    raise ValueError("no key follows from this seed")


def _factors(public_key: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes]) -> list[bytes]:
    """The weight of each pair in the composites (ComputeComposites' di)."""
    if not 1 <= len(blinded) == len(evaluated) <= MAX_BATCH:
        raise ProofRefusedError("as many evaluated as blinded elements are due, and one at least")
    seed = _prefixed(sha512(_prefixed(public_key) + _SEED_TAG).digest())
    pairs = enumerate(zip(blinded, evaluated, strict=True))
    return [
        _hash_to_scalar(seed + i.to_bytes(2, "big") + _prefixed(c) + _prefixed(d) + b"Composite")
        for i, (c, d) in pairs
    ]


@lru_cache(maxsize=64)
def _composite(
    public_key: bytes, blinded: tuple[bytes, ...], evaluated: tuple[bytes, ...]
) -> tuple[list[bytes], bytes]:
    """The weights and the blinded elements' weighted sum; kept, since who proves and checks in one process needs it twice."""
    factors = _factors(public_key, blinded, evaluated)
    return factors, _weighted_sum(factors, blinded)


def _weighted_sum(factors: Sequence[bytes], points: Sequence[bytes]) -> bytes:
    total = multiply(factors[0], points[0])
    for factor, point in zip(factors[1:], points[1:], strict=True):
        total = _plus(total, multiply(factor, point))
    return total


def _challenge(*points: bytes) -> bytes:
    return _hash_to_scalar(b"".join(map(_prefixed, points)) + b"Challenge")


def generate_proof(
    secret: bytes,
    public_key: bytes,
    blinded: Sequence[bytes],
    evaluated: Sequence[bytes],
    nonce: bytes | None = None,
) -> bytes:
    """The 64-byte proof that each evaluated element is `secret` times its blinded one."""
    _, composite = _composite(public_key, tuple(blinded), tuple(evaluated))
    image = multiply(secret, composite)
    if nonce is None:
        nonce = crypto_core_ristretto255_scalar_random()
    base: bytes = crypto_scalarmult_ristretto255_base(nonce)
    c = _challenge(public_key, composite, image, base, multiply(nonce, composite))
    s: bytes = crypto_core_ristretto255_scalar_sub(nonce, crypto_core_ristretto255_scalar_mul(c, secret))
    return c + s


def verify_proof(
    public_key: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes], proof: bytes
) -> None:
    """Raises ProofRefusedError unless `proof` covers exactly these pairs, in this order, under this key."""
    if len(proof) != 64:
        raise ProofRefusedError("a proof has 64 bytes")
    c, s = proof[:32], proof[32:]
    factors, composite = _composite(public_key, tuple(blinded), tuple(evaluated))
    image = _weighted_sum(factors, evaluated)
    if not 0 < int.from_bytes(s, "little") < ORDER:
        raise ProofRefusedError("a scalar is out of range")
    base = _plus(crypto_scalarmult_ristretto255_base(s), multiply(c, public_key))
    other = _plus(multiply(s, composite), multiply(c, image))
    if not hmac.compare_digest(c, _challenge(public_key, composite, image, base, other)):
        raise ProofRefusedError("the evaluation's proof does not hold")


def _inverses(scalars: Sequence[bytes]) -> list[bytes]:
    """The inverse of each scalar, by one inversion and three multiplications each."""
    product = crypto_core_ristretto255_scalar_mul
    running = [scalars[0]]
    for scalar in scalars[1:]:
        running.append(product(running[-1], scalar))
    rest: bytes = crypto_core_ristretto255_scalar_invert(running[-1])
    found: list[bytes] = []
    for i in range(len(scalars) - 1, 0, -1):
        found.append(product(rest, running[i - 1]))
        rest = product(rest, scalars[i])
    return [rest, *reversed(found)]


def finalize(messages: Sequence[bytes], blinds: Sequence[bytes], evaluated: Sequence[bytes]) -> list[bytes]:
    """The 64-byte outputs; to be called on evaluated elements whose proof holds."""
    points = map(multiply, _inverses(blinds), evaluated)
    return [
        sha512(_prefixed(message) + b"\x00\x20" + point + b"Finalize").digest()
        for message, point in zip(messages, points, strict=True)
    ]


class Evaluation(NamedTuple):
    """What the service answers for one list of blinded elements: its evaluations and one proof over all."""

    evaluated: tuple[bytes, ...]
    proof: bytes


class EvaluationService(Protocol):
    """The holder of the fingerprint key. It sees blinded elements and who asks, never an input."""

    def public_key(self) -> bytes:
        """The 32-byte element that proofs are checked against."""

    def evaluate(self, organisation: bytes, batches: Sequence[Sequence[bytes]]) -> tuple[Evaluation, ...]:
        """One evaluation, with its own proof, for each list of blinded elements: one request for many."""


class LocalEvaluation:
    """An EvaluationService in this process, from a 32-byte seed. Its repr tells nothing of the key."""

    INFO = b"assetcert/1/fingerprint"

    def __init__(self, seed: bytes, observer: Callable[[bytes, Sequence[bytes]], None] | None = None) -> None:
        """`observer` gets, for the registrar's log, the organisation and each list of elements it sent."""
        self._secret, self._public_key = derive_key_pair(seed, self.INFO)
        self._observer = observer

    def public_key(self) -> bytes:
        return self._public_key

    def evaluate(self, organisation: bytes, batches: Sequence[Sequence[bytes]]) -> tuple[Evaluation, ...]:
        if self._observer:
            for blinded in batches:
                self._observer(organisation, blinded)
        return tuple(map(self._evaluate, batches))

    def _evaluate(self, blinded: Sequence[bytes]) -> Evaluation:
        evaluated = tuple(multiply(self._secret, element) for element in blinded)
        return Evaluation(evaluated, generate_proof(self._secret, self._public_key, blinded, evaluated))

    def __repr__(self) -> str:
        return f"LocalEvaluation(public_key={self._public_key.hex()})"
