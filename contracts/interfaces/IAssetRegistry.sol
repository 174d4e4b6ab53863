// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IMembership} from "./IMembership.sol";

/// @title Batches of asset ids and their standing. Every key begins with the issuing organisation.
interface IAssetRegistry {
    enum Standing {
        Good,
        Suspended,
        Revoked
    }

    struct Batch {
        uint64 registeredAt; // block time, zero if absent
        uint32 count; // ids in the batch
        address account; // signer of the registration
    }

    event Registered(bytes32 indexed org, bytes32 indexed root, address account, bytes32[] assetIds);
    event StandingChanged(
        bytes32 indexed org, bytes32 indexed assetId, Standing standing, uint8 reason, bytes32 successor
    );

    error EmptyBatch();
    error BatchTooLarge(uint256 count);
    error NotAscending(uint256 index);
    error AlreadyRegistered(bytes32 org, bytes32 root);
    error NotRegistered(bytes32 org, bytes32 root);
    error NotInBatch(bytes32 root, bytes32 assetId);
    error NotGood(bytes32 org, bytes32 assetId, Standing standing);
    error NoChange(bytes32 org, bytes32 assetId);

    /// @notice Registers 1 to 1,024 ids in strictly ascending order of their leaf hash; returns the StandardMerkleTree
    /// root.
    function register(bytes32[] calldata assetIds) external returns (bytes32 root);

    /// @notice Issuer only. Revoked is final; restoring needs an active issuer. A lien outlives its asset's standing.
    function setStanding(
        bytes32 root,
        bytes32 assetId,
        bytes32[] calldata proof,
        Standing to,
        uint8 reason,
        bytes32 successor
    ) external;

    /// @notice Reverts unless `assetId` is in a batch `org` registered and its standing is Good.
    function requireGood(bytes32 org, bytes32 root, bytes32 assetId, bytes32[] calldata proof) external view;

    function batch(bytes32 org, bytes32 root) external view returns (Batch memory);

    function standing(bytes32 org, bytes32 assetId) external view returns (Standing);

    function membership() external view returns (IMembership);
}
