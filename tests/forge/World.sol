// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {AssetRegistry} from "../../contracts/AssetRegistry.sol";
import {Membership} from "../../contracts/Membership.sol";
import {PledgeRegistry} from "../../contracts/PledgeRegistry.sol";
import {IAssetRegistry} from "../../contracts/interfaces/IAssetRegistry.sol";
import {IMembership} from "../../contracts/interfaces/IMembership.sol";
import {IPledgeRegistry} from "../../contracts/interfaces/IPledgeRegistry.sol";
import {Tree} from "./Tree.sol";
import {vm} from "./Vm.sol";

/// @dev Three registrars with a quorum of two, debtors and lenders with one account each, all contracts.
abstract contract World {
    uint64 internal constant START = 1_700_000_000;

    struct Party {
        bytes32 org;
        string identifier;
        uint8 roles;
        uint256 privateKey;
        address account;
    }

    struct Asset {
        bytes32 id;
        bytes32 fingerprint;
        bytes32 salt;
        bytes32 sibling; // the only other leaf
    }

    Membership internal membership;
    AssetRegistry internal assets;
    PledgeRegistry internal pledges;
    address internal forwarder;

    Party[3] internal registrars;
    Party[2] internal debtors;
    Party[2] internal lenders;
    uint256 private _nonce;

    function setUpWorld() internal {
        vm.warp(START);
        string[] memory identifiers = new string[](3);
        address[] memory accounts = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            registrars[i] = party("CN-REG:R", 32, i);
            (identifiers[i], accounts[i]) = (registrars[i].identifier, registrars[i].account);
        }
        membership = new Membership(identifiers, accounts, 2);
        forwarder = address(new ERC2771Forwarder("assetcert"));
        assets = new AssetRegistry(membership, forwarder);
        pledges = new PledgeRegistry(membership, assets, IPledgeRegistry(address(0)), forwarder);
        for (uint256 i = 0; i < 2; ++i) {
            admit(debtors[i] = party("CN-USCC:M", 1, i));
            admit(lenders[i] = party("CN-USCC:L", 2, i));
        }
    }

    function party(string memory prefix, uint8 roles, uint256 index) internal pure returns (Party memory made) {
        made.identifier = string.concat(prefix, Strings.toString(index));
        made.org = keccak256(bytes(made.identifier));
        made.roles = roles;
        made.privateKey = uint256(made.org) >> 8;
        made.account = vm.addr(made.privateKey);
    }

    function admit(Party memory member) internal {
        setOrganisation(member, member.roles, false);
        byQuorum(abi.encodeCall(membership.setKey, (keyIdOf(member.account), accountKey(member.org), "")));
    }

    function setOrganisation(Party memory member, uint8 roles, bool suspended) internal {
        byQuorum(
            abi.encodeCall(
                membership.setOrganisation, (member.identifier, member.identifier, new string[](0), roles, suspended)
            )
        );
    }

    function byQuorum(bytes memory call) internal {
        ++_nonce;
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(registrars[i].account);
            membership.confirm(call, _nonce);
        }
    }

    function keyIdOf(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    function accountKey(bytes32 org) internal pure returns (IMembership.Key memory) {
        return IMembership.Key(org, 1, type(uint64).max, IMembership.Purpose.Account);
    }

    function signature(uint256 privateKey, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev An asset of two fields; `seed` makes several for one fingerprint.
    function assetOf(bytes32 fingerprint, uint256 seed) internal pure returns (Asset memory made) {
        made.fingerprint = fingerprint;
        made.salt = keccak256(abi.encode("salt", fingerprint, seed));
        made.sibling = keccak256(abi.encode("sibling", fingerprint, seed));
        made.id = Tree.pair(fieldLeaf(fingerprint, made.salt), made.sibling);
    }

    /// @dev As docs/commitment-v1.md states it, without our library.
    function fieldLeaf(bytes32 fingerprint, bytes32 salt) internal pure returns (bytes32) {
        bytes32 digest = keccak256(bytes.concat(salt, bytes(Strings.toHexString(uint256(fingerprint), 32))));
        return keccak256(bytes.concat(keccak256(abi.encode("fingerprint.exact", digest))));
    }

    /// @dev For an asset registered in a batch of its own.
    function evidenceOf(Asset memory asset) internal pure returns (IPledgeRegistry.Evidence memory evidence) {
        evidence.root = Tree.leafOf(asset.id);
        evidence.assetId = asset.id;
        evidence.salt = asset.salt;
        evidence.batchProof = new bytes32[](0);
        evidence.fieldProof = list(asset.sibling);
        evidence.loose = new bytes32[](0);
    }

    function register(Party memory issuer, Asset memory asset) internal {
        vm.prank(issuer.account);
        assets.register(list(asset.id));
    }

    function list(bytes32 only) internal pure returns (bytes32[] memory made) {
        made = new bytes32[](1);
        made[0] = only;
    }
}
