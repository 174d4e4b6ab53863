// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The root of a batch: StandardMerkleTree.of(ids.map((id) => [id]), ["bytes32"]) of OpenZeppelin's merkle-tree.
library BatchTree {
    /// @dev `misplaced` is the index of the first id whose leaf does not follow its predecessor's, zero if all do (the
    /// first always does). `ids` must not be empty.
    ///
    /// The library lays its tree out as an array of 2n - 1 nodes, the leaves in descending order at the end, the parent
    /// of 2i + 1 and 2i + 2 at i. Read from the end, that is a queue: the sorted leaves, then the hash of each next pair
    /// taken from the front, until one node is left.
    ///
    /// Assembly, because these loops run over every id: about 350 gas each, 114 of them its three hashes, where Solidity
    /// adds a bounds check to each access and a copy to each hash. The queue lies in free memory and is dropped afterwards; nothing but it and the
    /// scratch space is written, and only `ids`, whose bounds the ABI decoder has checked, is read.
    // slither-disable-next-line assembly
    function root(bytes32[] calldata ids) internal pure returns (bytes32 result, uint256 misplaced) {
        assembly ("memory-safe") {
            let left := mload(0x40)
            let tail := add(left, shl(5, ids.length))
            let toQueue := sub(left, ids.offset)
            let previous := 0
            let end := add(ids.offset, shl(5, ids.length))
            for { let id := ids.offset } lt(id, end) { id := add(id, 0x20) } {
                mstore(0x00, calldataload(id))
                mstore(0x00, keccak256(0x00, 0x20))
                let leaf := keccak256(0x00, 0x20)
                if iszero(gt(leaf, previous)) {
                    misplaced := shr(5, sub(id, ids.offset))
                    break
                }
                mstore(add(id, toQueue), leaf)
                previous := leaf
            }
            // Two leaves are in order as they lie.
            for { let last := sub(tail, 0x20) } lt(left, last) { left := add(left, 0x40) } {
                mstore(tail, keccak256(left, 0x40))
                tail := add(tail, 0x20)
            }
            // Of any other pair the smaller is hashed first.
            for { let right := add(left, 0x20) } lt(right, tail) { right := add(right, 0x40) } {
                let a := mload(sub(right, 0x20))
                let b := mload(right)
                let swap := shl(5, gt(a, b))
                mstore(swap, a)
                mstore(xor(swap, 0x20), b)
                mstore(tail, keccak256(0x00, 0x40))
                tail := add(tail, 0x20)
            }
            result := mload(sub(tail, 0x20))
        }
    }

    /// @dev Double hashed, so that no leaf reads as a node.
    function leafOf(bytes32 id) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(id))));
    }
}
