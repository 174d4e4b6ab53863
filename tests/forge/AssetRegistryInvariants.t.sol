// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAssetRegistry} from "../../contracts/interfaces/IAssetRegistry.sol";
import {Tree} from "./Tree.sol";
import {vm} from "./Vm.sol";
import {World} from "./World.sol";

/// @dev Two issuers register batches over the same few ids and move standings, their own and each other's.
contract AssetRegistryHandler is World {
    struct Known {
        bytes32 org;
        bytes32 root;
        IAssetRegistry.Batch first;
    }

    bytes32[4] public ids;
    Known[] private _batches;
    bool public violated;
    mapping(bytes32 org => mapping(bytes32 id => bool)) private _revoked;
    mapping(bytes32 org => mapping(bytes32 id => IAssetRegistry.Standing)) private _expected;

    constructor() {
        setUpWorld();
        bytes32[] memory drawn = Tree.draw(1, 4);
        for (uint256 i = 0; i < 4; ++i) {
            ids[i] = drawn[i];
        }
    }

    function register(uint256 who, uint256 mask) external {
        (bytes32[] memory some, bytes32 root) = subset(mask);
        Party memory issuer = debtors[who % 2];
        vm.prank(issuer.account);
        try assets.register(some) returns (bytes32 answered) {
            if (answered != root || isSuspended(issuer.org)) violated = true;
            _batches.push(Known(issuer.org, root, assets.batch(issuer.org, root)));
        } catch {}
    }

    function setStanding(uint256 who, uint256 mask, uint256 which, uint256 to) external {
        (bytes32[] memory some, bytes32 root) = subset(mask);
        bytes32[] memory nodes = Tree.build(some);
        which %= some.length;
        Party memory issuer = debtors[who % 2];
        IAssetRegistry.Standing wanted = IAssetRegistry.Standing(to % 3);
        bytes32[] memory proof = Tree.proofOf(nodes, which);
        vm.prank(issuer.account);
        try assets.setStanding(root, some[which], proof, wanted, 0, 0) {
            if (_revoked[issuer.org][some[which]]) violated = true;
            if (wanted == IAssetRegistry.Standing.Good && isSuspended(issuer.org)) violated = true;
            if (wanted == IAssetRegistry.Standing.Revoked) _revoked[issuer.org][some[which]] = true;
            _expected[issuer.org][some[which]] = wanted;
        } catch {}
    }

    function suspend(uint256 who, bool suspended) external {
        setOrganisation(debtors[who % 2], 1, suspended);
    }

    function wait_(uint256 time) external {
        vm.warp(block.timestamp + time % 1000);
    }

    /// @dev Standings move by their issuer's hand only, and never back from Revoked.
    function standingsHold() external view returns (bool) {
        for (uint256 i = 0; i < 8; ++i) {
            (bytes32 org, bytes32 id) = (debtors[i % 2].org, ids[i / 2]);
            IAssetRegistry.Standing standing = assets.standing(org, id);
            if (standing != _expected[org][id]) return false;
            if (_revoked[org][id] && standing != IAssetRegistry.Standing.Revoked) return false;
        }
        return true;
    }

    function batchesHold() external view returns (bool) {
        for (uint256 i = 0; i < _batches.length; ++i) {
            Known storage known = _batches[i];
            bytes memory now_ = abi.encode(assets.batch(known.org, known.root));
            if (keccak256(now_) != keccak256(abi.encode(known.first)) || known.first.registeredAt == 0) return false;
        }
        return true;
    }

    function isSuspended(bytes32 org) private view returns (bool) {
        return membership.organisation(org).suspended;
    }

    function subset(uint256 mask) private view returns (bytes32[] memory some, bytes32 root) {
        mask = 1 + mask % 15;
        some = new bytes32[]((mask & 1) + (mask >> 1 & 1) + (mask >> 2 & 1) + (mask >> 3));
        uint256 next = 0;
        for (uint256 i = 0; i < 4; ++i) {
            if (mask >> i & 1 == 1) some[next++] = ids[i];
        }
        root = Tree.build(some)[0];
    }
}

contract AssetRegistryInvariants {
    AssetRegistryHandler private _handler;

    function setUp() external {
        _handler = new AssetRegistryHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev Revoked is absorbing, only the issuer moves a standing, and a batch never changes.
    function invariant_AssetRegistry() external view {
        assert(!_handler.violated());
        assert(_handler.standingsHold());
        assert(_handler.batchesHold());
    }
}
