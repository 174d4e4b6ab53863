// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @dev A plain reading of OpenZeppelin's merkle-tree: an array of 2n - 1 nodes, the parent of 2i + 1 and 2i + 2 at i,
/// the sorted leaves backwards at its end. The contracts build the same root in another way.
library Tree {
    function leafOf(bytes32 id) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(id))));
    }

    function pair(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    /// @dev `ids` sorted by leaf, in place.
    function sort(bytes32[] memory ids) internal pure {
        for (uint256 i = 1; i < ids.length; ++i) {
            for (uint256 j = i; j > 0 && leafOf(ids[j]) < leafOf(ids[j - 1]); --j) {
                (ids[j], ids[j - 1]) = (ids[j - 1], ids[j]);
            }
        }
    }

    function build(bytes32[] memory sorted) internal pure returns (bytes32[] memory nodes) {
        nodes = new bytes32[](2 * sorted.length - 1);
        for (uint256 i = 0; i < sorted.length; ++i) {
            nodes[nodes.length - 1 - i] = leafOf(sorted[i]);
        }
        for (uint256 i = sorted.length - 1; i > 0; --i) {
            nodes[i - 1] = pair(nodes[2 * i - 1], nodes[2 * i]);
        }
    }

    function proofOf(bytes32[] memory nodes, uint256 index) internal pure returns (bytes32[] memory proof) {
        uint256 node = nodes.length - 1 - index;
        uint256 depth = 0;
        for (uint256 i = node; i > 0; i = (i - 1) / 2) {
            ++depth;
        }
        proof = new bytes32[](depth);
        for (uint256 i = 0; node > 0; node = (node - 1) / 2) {
            proof[i++] = nodes[node % 2 == 0 ? node - 1 : node + 1];
        }
    }

    /// @dev `count` different ids drawn from `seed`, in the order `register` wants.
    function draw(uint256 seed, uint256 count) internal pure returns (bytes32[] memory drawn) {
        drawn = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            drawn[i] = keccak256(abi.encode(seed, i));
        }
        sort(drawn);
    }
}
