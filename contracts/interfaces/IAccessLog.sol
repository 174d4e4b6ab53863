// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IMembership} from "./IMembership.sol";

/// @title Grants, their ends, and reads, as events only. Asset ids appear only inside `scope`.
interface IAccessLog {
    /// @dev `scope` is keccak256(abi.encode(salt, assetIds)), opened in the grant message; `wraps` is the digest of the
    /// wrapped keys.
    event Granted(
        bytes32 indexed grantId,
        bytes32 indexed owner,
        bytes32 indexed grantee,
        bytes32 scope,
        bytes32 wraps,
        uint64 expiresAt
    );
    event Ended(bytes32 indexed grantId, bytes32 indexed org);
    event Read(bytes32 indexed grantId, bytes32 indexed org, bytes32 wraps);
    event Shredded(bytes32 indexed org, bytes32 indexed commitment);

    error UnknownOrganisation(bytes32 org);

    /// @notice Owner's statement; `grantId` is keccak256(abi.encode(owner, grantee, scope, wraps, expiresAt)).
    function grant(bytes32 grantee, bytes32 scope, bytes32 wraps, uint64 expiresAt) external returns (bytes32 grantId);

    /// @notice Owner or grantee; readers match `org` with the grant.
    function end(bytes32 grantId) external;

    /// @notice Grantee's receipt, sent before the gateway hands over the wrapped keys.
    function read(bytes32 grantId, bytes32 wraps) external;

    /// @notice Owner's statement that it destroyed its keys; `commitment` is keccak256(abi.encode(salt, assetId)).
    function shred(bytes32 commitment) external;

    function membership() external view returns (IMembership);
}
