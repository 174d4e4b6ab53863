// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";

import {IAccessLog} from "./interfaces/IAccessLog.sol";
import {IMembership} from "./interfaces/IMembership.sol";
import {Roles} from "./libraries/Roles.sol";

/// @title The log of grants and reads.
/// @dev Keeps no state: whoever reads it joins the events. Meaning and refusals stand at IAccessLog.
contract AccessLog is IAccessLog, ERC2771Context {
    /// @inheritdoc IAccessLog
    IMembership public immutable membership;

    constructor(IMembership membership_, address forwarder) ERC2771Context(forwarder) {
        membership = membership_;
    }

    /// @inheritdoc IAccessLog
    function grant(bytes32 grantee, bytes32 scope, bytes32 wraps, uint64 expiresAt) external returns (bytes32 grantId) {
        bytes32 owner = membership.opener(_msgSender(), Roles.PARTICIPANT);
        if (membership.organisation(grantee).admittedAt == 0) revert UnknownOrganisation(grantee);

        grantId = keccak256(abi.encode(owner, grantee, scope, wraps, expiresAt));
        emit Granted(grantId, owner, grantee, scope, wraps, expiresAt);
    }

    /// @inheritdoc IAccessLog
    function end(bytes32 grantId) external {
        emit Ended(grantId, membership.closer(_msgSender()));
    }

    /// @inheritdoc IAccessLog
    function read(bytes32 grantId, bytes32 wraps) external {
        emit Read(grantId, membership.opener(_msgSender(), Roles.PARTICIPANT), wraps);
    }

    /// @inheritdoc IAccessLog
    function shred(bytes32 commitment) external {
        emit Shredded(membership.closer(_msgSender()), commitment);
    }
}
