"""Merkle trees, node for node those of @openzeppelin/merkle-tree's `StandardMerkleTree` (default sorting).

Works on leaf hashes only: what a leaf encodes is the caller's affair (`certifier.commitment`). No
multi-proofs. COMMITMENT 4 and 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sha3 import keccak_256

from certifier.errors import TreeError

__all__ = ["StandardTree", "leaf_hash", "process_proof", "root_of"]


def leaf_hash(encoded: bytes) -> bytes:
    """keccak-256 twice over the ABI encoding of a value: no leaf can be read as an inner node."""
    inner: bytes = keccak_256(keccak_256(encoded).digest()).digest()
    return inner


def _nodes(leaves: Iterable[bytes]) -> list[bytes]:
    """The whole tree as an array heap: root first, leaves last in descending order."""
    ordered = sorted(leaves, reverse=True)
    count = len(ordered)
    if not count:
        raise TreeError("a tree of no leaves")
    tree = [b""] * (count - 1) + ordered
    for i in range(count - 2, -1, -1):
        left, right = tree[2 * i + 1], tree[2 * i + 2]
        tree[i] = keccak_256(left + right if left < right else right + left).digest()
    return tree


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root of the tree over these leaf hashes; raises TreeError for none."""
    return _nodes(leaves)[0]


def process_proof(leaf: bytes, proof: Iterable[bytes]) -> bytes:
    """The root that `proof` (siblings from the leaf upwards) leads to from `leaf`."""
    node = leaf
    for sibling in proof:
        node = keccak_256(node + sibling if node < sibling else sibling + node).digest()
    return node


class StandardTree:
    """A tree over distinct leaf hashes, with proofs."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._tree = _nodes(leaves)
        first = len(leaves) - 1
        self._position = {leaf: i for i, leaf in enumerate(self._tree[first:], first)}
        if len(self._position) != len(leaves):
            raise TreeError("the same leaf twice in one tree")

    @property
    def root(self) -> bytes:
        """32 bytes."""
        return self._tree[0]

    def proof(self, leaf: bytes) -> tuple[bytes, ...]:
        """Siblings from the leaf upwards; raises KeyError for a leaf that is not in the tree."""
        position, siblings = self._position[leaf], []
        while position:
            siblings.append(self._tree[position + 1 if position % 2 else position - 1])
            position = (position - 1) // 2
        return tuple(siblings)
