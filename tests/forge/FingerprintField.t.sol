// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {FingerprintField} from "../../contracts/libraries/FingerprintField.sol";
import {World} from "./World.sol";

contract FingerprintFieldTest is World {
    function testFuzz_LeafIsThatOfTheCanonicalText(bytes32 fingerprint, bytes32 salt) external pure {
        assert(FingerprintField.leafOf(fingerprint, salt) == fieldLeaf(fingerprint, salt));
    }

    function test_EveryByteInEveryPlace() external pure {
        for (uint256 place = 0; place < 32; ++place) {
            for (uint256 value = 0; value < 256; ++value) {
                bytes32 fingerprint = bytes32(value << (8 * place));
                assert(FingerprintField.leafOf(fingerprint, 0) == fieldLeaf(fingerprint, 0));
            }
        }
    }
}
