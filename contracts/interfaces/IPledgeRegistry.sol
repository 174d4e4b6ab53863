// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAssetRegistry} from "./IAssetRegistry.sol";
import {IMembership} from "./IMembership.sol";

/// @title Liens on business identities. A debtor's signed offer plus the lender's transaction is a pledge.
interface IPledgeRegistry {
    /// @dev Satisfied: the receivable was paid. Enforced: the lender took it. Both burn the shares. The last two free
    /// them.
    enum Status {
        None,
        Live,
        Satisfied,
        Enforced,
        Cancelled,
        Expired
    }

    struct Claim {
        bytes32 fingerprint; // value of the field `fingerprint.exact`
        uint16 share; // parts of 10,000 of the receivable; 10,000 is exclusive
    }

    /// @dev EIP-712, signed by an account of the debtor.
    struct Offer {
        bytes32 debtor;
        bytes32 lender;
        Claim[] claims;
        uint64 acceptBy; // block time, inclusive
        uint64 expiresAt; // from here anyone may close as Expired
        bytes32 terms; // digest of the loan contract; also makes two equal offers distinct
    }

    /// @dev One per claim, from the receipt.
    struct Evidence {
        bytes32 root;
        bytes32 assetId;
        bytes32 salt;
        bytes32[] batchProof;
        bytes32[] fieldProof;
        bytes32[] loose; // emitted for others to match; checked by the lender off chain, not here
    }

    struct Pledge {
        Status status;
        uint64 openedAt; // block time
    }

    struct Lien {
        uint16 taken; // shares live or burned
        uint32 count; // liens ever placed
    }

    /// @dev With its Claimed: the whole Offer.
    event Pledged(
        bytes32 indexed pledgeId,
        bytes32 indexed debtor,
        bytes32 indexed lender,
        uint64 acceptBy,
        uint64 expiresAt,
        bytes32 terms
    );
    /// @dev `rank` counts the liens ever placed on the fingerprint, this one included: the first has rank 1.
    event Claimed(
        bytes32 indexed pledgeId,
        bytes32 indexed fingerprint,
        bytes32 indexed assetId,
        bytes32 root,
        uint16 share,
        uint32 rank,
        bytes32[] loose
    );
    event Closed(bytes32 indexed pledgeId, Status status);

    error NoClaims();
    error EvidenceMismatch(uint256 claims, uint256 evidence);
    error BadShare(uint256 index);
    error OfferLapsed(uint64 acceptBy);
    error AlreadyExpired(uint64 expiresAt);
    error NotParty(bytes32 expected, bytes32 actual);
    error AlreadyPledged(bytes32 pledgeId);
    error FieldNotInAsset(uint256 index);
    error Encumbered(bytes32 debtor, bytes32 fingerprint, uint16 taken, uint16 share);
    error NotLive(bytes32 pledgeId);
    error NotExpired(uint64 expiresAt);
    error BadClosing(Status status);
    error NotSuccessor(address predecessor);
    error ForeignPredecessor(address predecessor);

    /// @notice Lender only. Takes every claim or none; one field proof and one batch proof for each.
    function pledge(Offer calldata offer, bytes calldata debtorSignature, Evidence[] calldata evidence)
        external
        returns (bytes32 pledgeId);

    /// @notice Lender at any time, or anyone from `expiresAt` with Expired. Satisfied and Enforced burn the shares, the
    /// others free them.
    function close(Offer calldata offer, Status status) external;

    /// @notice The offer's EIP-712 digest: what the debtor signs.
    function pledgeIdOf(Offer calldata offer) external view returns (bytes32);

    function pledgeOf(bytes32 pledgeId) external view returns (Pledge memory);

    /// @notice What is taken here and in every predecessor; the logs behind `count` lie in each of them.
    function lien(bytes32 debtor, bytes32 fingerprint) external view returns (Lien memory);

    function membership() external view returns (IMembership);

    function assets() external view returns (IAssetRegistry);

    /// @notice Zero for the first registry.
    function predecessor() external view returns (IPledgeRegistry);
}
