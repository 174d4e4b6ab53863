// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The bits of `IMembership.Organisation.roles`.
library Roles {
    uint8 internal constant ENTERPRISE = 1;
    uint8 internal constant LENDER = 2;
    uint8 internal constant REGISTRAR = 32;

    /// @dev Enterprise, lender, inspector, witness or auditor: anybody but a mere registrar.
    uint8 internal constant PARTICIPANT = 31;

    uint8 internal constant ALL = 63;
}
