// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The leaf of the field `fingerprint.exact` in an asset's tree (docs/commitment-v1.md, sections 3 and 4).
/// @dev Path and text are written here and not taken from the caller: no other field, and no other spelling of the same
/// value, can stand in for the fingerprint.
library FingerprintField {
    function leafOf(bytes32 fingerprint, bytes32 salt) internal pure returns (bytes32) {
        uint256 value = uint256(fingerprint);
        bytes32 digest =
            keccak256(abi.encodePacked(salt, "0x", _hexOf(value >> 128), _hexOf(value & type(uint128).max)));
        // The words of abi.encode(string("fingerprint.exact"), digest): offset, digest, length, bytes.
        bytes32 inner = keccak256(abi.encode(uint256(0x40), digest, uint256(17), bytes32("fingerprint.exact")));
        return keccak256(abi.encode(inner));
    }

    /// @dev 16 bytes as 32 lower-case digits, all at once: spread the nibbles over the bytes of a word, then add to each
    /// the distance to its digit, '0' = 48, and 39 more from ten on ('a' - 10 = 87).
    function _hexOf(uint256 half) private pure returns (uint256 digits) {
        // Masks, whose digits are meant to be many.
        // slither-disable-start too-many-digits
        unchecked {
            digits = (half | (half << 64)) & 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff;
            digits = (digits | (digits << 32)) & 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
            digits = (digits | (digits << 16)) & 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
            digits = (digits | (digits << 8)) & 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
            digits = (digits | (digits << 4)) & 0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f;
            uint256 letters = ((digits + 0x0606060606060606060606060606060606060606060606060606060606060606) >> 4)
                & 0x0101010101010101010101010101010101010101010101010101010101010101;
            digits += 0x3030303030303030303030303030303030303030303030303030303030303030 + letters * 39;
        }
        // slither-disable-end too-many-digits
    }
}
