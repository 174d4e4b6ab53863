// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAssetRegistry} from "../../contracts/interfaces/IAssetRegistry.sol";
import {Tree} from "./Tree.sol";
import {vm} from "./Vm.sol";
import {World} from "./World.sol";

contract AssetRegistryTest is World {
    function setUp() external {
        setUpWorld();
    }

    function testFuzz_RootAndEveryProof(uint256 seed, uint256 count) external {
        bytes32[] memory ids = Tree.draw(seed, 1 + count % 40);
        bytes32[] memory nodes = Tree.build(ids);
        vm.prank(debtors[0].account);
        assert(assets.register(ids) == nodes[0]);
        for (uint256 i = 0; i < ids.length; ++i) {
            assets.requireGood(debtors[0].org, nodes[0], ids[i], Tree.proofOf(nodes, i));
        }
    }

    function testFuzz_OutOfOrderIsRefusedWhereItBegins(uint256 seed, uint256 count, uint256 at) external {
        bytes32[] memory ids = Tree.draw(seed, 2 + count % 20);
        at = 1 + at % (ids.length - 1);
        (ids[at - 1], ids[at]) = (ids[at], ids[at - 1]);
        vm.expectRevert(abi.encodeWithSelector(IAssetRegistry.NotAscending.selector, at));
        vm.prank(debtors[0].account);
        assets.register(ids);
    }

    function testFuzz_DoubledIdIsRefused(uint256 seed, uint256 count, uint256 at) external {
        bytes32[] memory ids = Tree.draw(seed, 2 + count % 20);
        at = 1 + at % (ids.length - 1);
        ids[at] = ids[at - 1];
        vm.expectRevert(abi.encodeWithSelector(IAssetRegistry.NotAscending.selector, at));
        vm.prank(debtors[0].account);
        assets.register(ids);
    }

    function testFuzz_ForeignIdsAndForgedProofsAreRefused(uint256 seed, bytes32 id, bytes32[] calldata proof) external {
        bytes32[] memory ids = Tree.draw(seed, 7);
        vm.prank(debtors[0].account);
        bytes32 root = assets.register(ids);
        vm.expectRevert(abi.encodeWithSelector(IAssetRegistry.NotInBatch.selector, root, id));
        assets.requireGood(debtors[0].org, root, id, proof);
    }

    function testFuzz_OnlyTheIssuersKeyMatters(bytes32 org, uint256 seed) external {
        vm.assume(org != debtors[0].org);
        bytes32[] memory ids = Tree.draw(seed, 1);
        vm.prank(debtors[0].account);
        bytes32 root = assets.register(ids);
        vm.expectRevert(abi.encodeWithSelector(IAssetRegistry.NotRegistered.selector, org, root));
        assets.requireGood(org, root, ids[0], new bytes32[](0));
    }
}
