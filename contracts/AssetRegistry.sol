// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {IAssetRegistry} from "./interfaces/IAssetRegistry.sol";
import {IMembership} from "./interfaces/IMembership.sol";
import {BatchTree} from "./libraries/BatchTree.sol";
import {Roles} from "./libraries/Roles.sol";

/// @title The register of certified assets: one root a batch, one standing an asset.
/// @dev Meaning and refusals stand at IAssetRegistry.
contract AssetRegistry is IAssetRegistry, ERC2771Context {
    uint256 private constant _MAX_BATCH = 1024;

    /// @inheritdoc IAssetRegistry
    IMembership public immutable membership;

    mapping(bytes32 org => mapping(bytes32 root => Batch)) private _batches;
    mapping(bytes32 org => mapping(bytes32 assetId => Standing)) private _standings;

    constructor(IMembership membership_, address forwarder) ERC2771Context(forwarder) {
        membership = membership_;
    }

    /// @inheritdoc IAssetRegistry
    function register(bytes32[] calldata assetIds) external returns (bytes32 root) {
        address account = _msgSender();
        bytes32 org = membership.opener(account, Roles.PARTICIPANT);
        if (assetIds.length == 0) revert EmptyBatch();
        if (assetIds.length > _MAX_BATCH) revert BatchTooLarge(assetIds.length);

        uint256 misplaced;
        (root, misplaced) = BatchTree.root(assetIds);
        if (misplaced != 0) revert NotAscending(misplaced);
        if (_batches[org][root].registeredAt != 0) revert AlreadyRegistered(org, root);

        _batches[org][root] = Batch(uint64(block.timestamp), uint32(assetIds.length), account);
        emit Registered(org, root, account, assetIds);
    }

    /// @inheritdoc IAssetRegistry
    function setStanding(
        bytes32 root,
        bytes32 assetId,
        bytes32[] calldata proof,
        Standing to,
        uint8 reason,
        bytes32 successor
    ) external {
        // To restore is to open again; to suspend or revoke is to close, which a suspended issuer may do as well.
        bytes32 org = to == Standing.Good
            ? membership.opener(_msgSender(), Roles.PARTICIPANT)
            : membership.closer(_msgSender());
        _requireInBatch(org, root, assetId, proof);
        Standing from = _standings[org][assetId];
        if (from == to) revert NoChange(org, assetId);
        if (from == Standing.Revoked) revert NotGood(org, assetId, from);

        _standings[org][assetId] = to;
        emit StandingChanged(org, assetId, to, reason, successor);
    }

    /// @inheritdoc IAssetRegistry
    function requireGood(bytes32 org, bytes32 root, bytes32 assetId, bytes32[] calldata proof) external view {
        _requireInBatch(org, root, assetId, proof);
        Standing current = _standings[org][assetId];
        if (current != Standing.Good) revert NotGood(org, assetId, current);
    }

    /// @inheritdoc IAssetRegistry
    function batch(bytes32 org, bytes32 root) external view returns (Batch memory) {
        return _batches[org][root];
    }

    /// @inheritdoc IAssetRegistry
    function standing(bytes32 org, bytes32 assetId) external view returns (Standing) {
        return _standings[org][assetId];
    }

    function _requireInBatch(bytes32 org, bytes32 root, bytes32 assetId, bytes32[] calldata proof) private view {
        if (_batches[org][root].registeredAt == 0) revert NotRegistered(org, root);
        if (!MerkleProof.verifyCalldata(proof, root, BatchTree.leafOf(assetId))) revert NotInBatch(root, assetId);
    }
}
