"""An asset's fields under one root, and assets under a batch's root (COMMITMENT 3, 4 and 5).

Salts, digests, leaves and roots; no schema (see `certifier.schema`), no receipt (see `certifier.receipt`).
Leaves are ABI-encoded and HMAC is spelt out by hand: this is the hot path of certifying and of verifying.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import NamedTuple

from sha3 import keccak_256

from certifier.errors import TreeError
from certifier.merkle import StandardTree, leaf_hash, root_of
from certifier.schema import MAX_FIELDS

__all__ = ["MAX_BATCH", "BatchTree", "Commitment", "Field", "Secret", "asset_id_of", "digest", "field_leaf"]

MAX_BATCH = 1024
_IPAD = bytes(byte ^ 0x36 for byte in range(256))
_OPAD = bytes(byte ^ 0x5C for byte in range(256))
_OFFSET = (64).to_bytes(32, "big")  # where the string starts: after the two head words


class Secret:
    """The asset secret S, 32 bytes, from which salts and content key come. Its repr tells nothing."""

    __slots__ = ("_inner", "_outer", "_value")

    def __init__(self, value: bytes) -> None:
        if len(value) != 32:
            raise ValueError(f"an asset secret has 32 bytes, not {len(value)}")
        self._value = bytes(value)
        key = hmac.digest(bytes(32), self._value, "sha256").ljust(64, b"\0")  # HKDF-Extract, empty salt
        self._inner = sha256(key.translate(_IPAD))
        self._outer = sha256(key.translate(_OPAD))

    @classmethod
    def generate(cls) -> Secret:
        """A fresh secret from the system's random source."""
        return cls(secrets.token_bytes(32))

    def salt(self, path: str) -> bytes:
        """The 32-byte salt of the field at `path`."""
        return self._expand(b"assetcert/1/salt/" + path.encode())

    def content_key(self) -> bytes:
        """The 32-byte key of the asset's content."""
        return self._expand(b"assetcert/1/content")

    def reveal(self) -> bytes:
        """The secret itself, for wrapping it to its owner and for nothing else."""
        return self._value

    def _expand(self, info: bytes) -> bytes:
        """One block of HKDF-Expand: HMAC-SHA256 from the two prepared halves."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(info + b"\x01")
        outer.update(inner.digest())
        return outer.digest()

    def __repr__(self) -> str:
        return "Secret(…)"


class Field(NamedTuple):
    """One committed field: `digest` is keccak-256 of salt and value."""

    path: str
    value: str
    salt: bytes
    digest: bytes

    def __repr__(self) -> str:
        return f"Field({self.path!r}, …)"


def digest(salt: bytes, value: str) -> bytes:
    """keccak-256(salt ‖ value in UTF-8)."""
    result: bytes = keccak_256(salt + value.encode()).digest()
    return result


@lru_cache(maxsize=1 << 14)
def _path_tail(path: str) -> bytes:
    """Length word and right-padded bytes of an ABI string."""
    raw = path.encode()
    return len(raw).to_bytes(32, "big") + raw + bytes(-len(raw) % 32)


def field_leaf(path: str, field_digest: bytes) -> bytes:
    """The leaf hash over abi.encode(string path, bytes32 digest)."""
    leaf: bytes = keccak_256(keccak_256(_OFFSET + field_digest + _path_tail(path)).digest()).digest()
    return leaf


def asset_id_of(digests: Mapping[str, bytes]) -> bytes:
    """The asset id that follows from path → digest alone: what a verifier has who sees no value."""
    _check_count(len(digests))
    return root_of([field_leaf(path, value) for path, value in digests.items()])


def _check_count(count: int) -> None:
    if not 1 <= count <= MAX_FIELDS:
        raise TreeError(f"an asset has 1 to {MAX_FIELDS} fields, not {count}")


class Commitment:
    """The commitment to the fields of one asset.

    `fields` are in ascending order of path; a value must be canonical and not empty already.
    """

    def __init__(self, values: Mapping[str, str], secret: Secret) -> None:
        _check_count(len(values))
        fields = []
        for path in sorted(values):
            value, salt = values[path], secret.salt(path)
            if not value:
                raise TreeError(f"{path} is empty: leave it out")
            fields.append(Field(path, value, salt, digest(salt, value)))
        self.fields = tuple(fields)
        self.asset_id = root_of([field_leaf(field.path, field.digest) for field in fields])

    def proof(self, path: str) -> tuple[bytes, ...]:
        """Siblings from the field's leaf to the asset id; raises KeyError for a path not committed."""
        return self._tree.proof(self._leaves[path])

    @cached_property
    def _leaves(self) -> dict[str, bytes]:
        return {field.path: field_leaf(field.path, field.digest) for field in self.fields}

    @cached_property
    def _tree(self) -> StandardTree:
        return StandardTree(list(self._leaves.values()))


class BatchTree:
    """The tree over a batch's asset ids, 1 to 1,024 of them, each once.

    `ids` are in the order that `register` takes: strictly ascending by leaf hash.
    """

    def __init__(self, ids: Iterable[bytes]) -> None:
        leaves = [(leaf_hash(asset_id), asset_id) for asset_id in ids]
        if not 1 <= len(leaves) <= MAX_BATCH:
            raise TreeError(f"a batch has 1 to {MAX_BATCH} assets, not {len(leaves)}")
        if any(len(asset_id) != 32 for _, asset_id in leaves):
            raise TreeError("an asset id has 32 bytes")
        leaves.sort()
        self.ids = tuple(asset_id for _, asset_id in leaves)
        self._tree = StandardTree([leaf for leaf, _ in leaves])

    @property
    def root(self) -> bytes:
        """32 bytes, as the contract computes it."""
        return self._tree.root

    def proof(self, asset_id: bytes) -> tuple[bytes, ...]:
        """Siblings from the id's leaf to the root; raises KeyError for an id of another batch."""
        return self._tree.proof(leaf_hash(asset_id))
