// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {IAssetRegistry} from "./interfaces/IAssetRegistry.sol";
import {IMembership} from "./interfaces/IMembership.sol";
import {IPledgeRegistry} from "./interfaces/IPledgeRegistry.sol";
import {FingerprintField} from "./libraries/FingerprintField.sol";
import {Roles} from "./libraries/Roles.sol";

/// @title The register of liens: one lock per business identity of a debtor, across all lenders and all files.
/// @dev Meaning and refusals stand at IPledgeRegistry.
contract PledgeRegistry is IPledgeRegistry, EIP712, ERC2771Context {
    uint16 private constant _WHOLE = 10_000;

    bytes32 private constant _CLAIM_TYPEHASH = keccak256("Claim(bytes32 fingerprint,uint16 share)");
    bytes32 private constant _OFFER_TYPEHASH = keccak256(
        "Offer(bytes32 debtor,bytes32 lender,Claim[] claims,uint64 acceptBy,uint64 expiresAt,bytes32 terms)Claim(bytes32 fingerprint,uint16 share)"
    );

    /// @inheritdoc IPledgeRegistry
    IMembership public immutable membership;
    /// @inheritdoc IPledgeRegistry
    IAssetRegistry public immutable assets;
    /// @inheritdoc IPledgeRegistry
    IPledgeRegistry public immutable predecessor;

    // Slot 2 (EIP712 holds 0 and 1), for eth_getProof: keccak256(fingerprint . keccak256(debtor . 2)). A zero word
    // there proves that this registry never took the fingerprint. docs/contracts.md states the layout, a test holds it.
    mapping(bytes32 debtor => mapping(bytes32 fingerprint => Lien)) private _liens;
    mapping(bytes32 pledgeId => Pledge) private _pledges;

    constructor(IMembership membership_, IAssetRegistry assets_, IPledgeRegistry predecessor_, address forwarder)
        EIP712("assetcert", "1")
        ERC2771Context(forwarder)
    {
        // Only under the same Membership can the predecessor be known to have stopped.
        if (address(predecessor_) != address(0) && predecessor_.membership() != membership_) {
            revert ForeignPredecessor(address(predecessor_));
        }
        membership = membership_;
        assets = assets_;
        predecessor = predecessor_;
    }

    /// @inheritdoc IPledgeRegistry
    function pledge(Offer calldata offer, bytes calldata debtorSignature, Evidence[] calldata evidence)
        external
        returns (bytes32 pledgeId)
    {
        pledgeId = pledgeIdOf(offer);
        _requireParty(offer.lender, membership.opener(_msgSender(), Roles.LENDER));
        address signer = ECDSA.recover(pledgeId, debtorSignature);
        _requireParty(offer.debtor, membership.opener(signer, Roles.ENTERPRISE));
        _requireOpen(offer, evidence.length);
        if (_pledges[pledgeId].status != Status.None) revert AlreadyPledged(pledgeId);

        _pledges[pledgeId] = Pledge(Status.Live, uint64(block.timestamp));
        emit Pledged(pledgeId, offer.debtor, offer.lender, offer.acceptBy, offer.expiresAt, offer.terms);
        Claim[] calldata claims = offer.claims;
        for (uint256 i = 0; i < claims.length; ++i) {
            _take(pledgeId, offer.debtor, claims[i], evidence[i], i);
        }
    }

    /// @inheritdoc IPledgeRegistry
    function close(Offer calldata offer, Status status) external {
        bytes32 pledgeId = pledgeIdOf(offer);
        if (_pledges[pledgeId].status != Status.Live) revert NotLive(pledgeId);
        if (status <= Status.Live) revert BadClosing(status);
        // Terms of credit are days and months; the seconds a validator can shift do not matter to them.
        // slither-disable-start timestamp
        if (status != Status.Expired) _requireParty(offer.lender, membership.closer(_msgSender()));
        else if (block.timestamp < offer.expiresAt) revert NotExpired(offer.expiresAt);
        // slither-disable-end timestamp

        _pledges[pledgeId].status = status;
        if (status >= Status.Cancelled) _free(offer);
        emit Closed(pledgeId, status);
    }

    /// @inheritdoc IPledgeRegistry
    function pledgeOf(bytes32 pledgeId) external view returns (Pledge memory) {
        return _pledges[pledgeId];
    }

    /// @inheritdoc IPledgeRegistry
    function lien(bytes32 debtor, bytes32 fingerprint) external view returns (Lien memory all) {
        (uint16 taken, uint32 count) = _earlier(debtor, fingerprint);
        all = _liens[debtor][fingerprint];
        (all.taken, all.count) = (all.taken + taken, all.count + count);
    }

    /// @inheritdoc IPledgeRegistry
    function pledgeIdOf(Offer calldata offer) public view returns (bytes32) {
        Claim[] calldata claims = offer.claims;
        bytes32[] memory hashes = new bytes32[](claims.length);
        for (uint256 i = 0; i < hashes.length; ++i) {
            hashes[i] = keccak256(abi.encode(_CLAIM_TYPEHASH, claims[i].fingerprint, claims[i].share));
        }
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    _OFFER_TYPEHASH,
                    offer.debtor,
                    offer.lender,
                    keccak256(abi.encodePacked(hashes)),
                    offer.acceptBy,
                    offer.expiresAt,
                    offer.terms
                )
            )
        );
    }

    /// @dev One claim: the asset is the debtor's and good, the fingerprint is the asset's, the share is free.
    function _take(bytes32 pledgeId, bytes32 debtor, Claim calldata claim, Evidence calldata proof, uint256 index)
        private
    {
        // One question a claim, to a contract fixed at construction; a refusal must undo the whole pledge.
        // slither-disable-next-line calls-loop
        assets.requireGood(debtor, proof.root, proof.assetId, proof.batchProof);
        bytes32 leaf = FingerprintField.leafOf(claim.fingerprint, proof.salt);
        if (!MerkleProof.verifyCalldata(proof.fieldProof, proof.assetId, leaf)) revert FieldNotInAsset(index);

        uint32 rank = _encumber(debtor, claim.fingerprint, claim.share, index);
        emit Claimed(pledgeId, claim.fingerprint, proof.assetId, proof.root, claim.share, rank, proof.loose);
    }

    /// @dev Storage is read for every claim, so a fingerprint named twice in one offer adds up like any other.
    function _encumber(bytes32 debtor, bytes32 fingerprint, uint16 share, uint256 index) private returns (uint32 rank) {
        if (share == 0 || share > _WHOLE) revert BadShare(index);
        Lien storage own = _liens[debtor][fingerprint];
        (uint16 ownTaken, uint32 ownCount) = (own.taken, own.count);
        (uint16 earlierTaken, uint32 earlierCount) = _earlier(debtor, fingerprint);
        uint16 taken = ownTaken + earlierTaken;
        if (taken + share > _WHOLE) revert Encumbered(debtor, fingerprint, taken, share);

        (own.taken, own.count) = (ownTaken + share, ownCount + 1);
        return ownCount + earlierCount + 1;
    }

    function _free(Offer calldata offer) private {
        mapping(bytes32 fingerprint => Lien) storage liens = _liens[offer.debtor];
        Claim[] calldata claims = offer.claims;
        for (uint256 i = 0; i < claims.length; ++i) {
            liens[claims[i].fingerprint].taken -= claims[i].share;
        }
    }

    /// @dev A predecessor opens nothing any more but still frees, so its shares are read afresh and never copied.
    function _earlier(bytes32 debtor, bytes32 fingerprint) private view returns (uint16 taken, uint32 count) {
        if (address(predecessor) == address(0)) return (0, 0);
        // As above: a fixed contract, one question a claim.
        // slither-disable-next-line calls-loop
        Lien memory all = predecessor.lien(debtor, fingerprint);
        return (all.taken, all.count);
    }

    function _requireOpen(Offer calldata offer, uint256 evidence) private view {
        if (address(predecessor) != address(0) && membership.successorOf(address(predecessor)) != address(this)) {
            revert NotSuccessor(address(predecessor));
        }
        if (offer.claims.length == 0) revert NoClaims();
        if (offer.claims.length != evidence) revert EvidenceMismatch(offer.claims.length, evidence);
        // slither-disable-start timestamp
        if (block.timestamp > offer.acceptBy) revert OfferLapsed(offer.acceptBy);
        if (block.timestamp >= offer.expiresAt) revert AlreadyExpired(offer.expiresAt);
        // slither-disable-end timestamp
    }

    function _requireParty(bytes32 expected, bytes32 actual) private pure {
        if (actual != expected) revert NotParty(expected, actual);
    }
}
