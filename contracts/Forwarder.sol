// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

// OpenZeppelin's own forwarder, unchanged, compiled here with our settings. Deployed with the EIP-712 name `assetcert`.
import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";
