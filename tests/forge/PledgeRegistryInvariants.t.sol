// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PledgeRegistry} from "../../contracts/PledgeRegistry.sol";
import {IAssetRegistry} from "../../contracts/interfaces/IAssetRegistry.sol";
import {IPledgeRegistry} from "../../contracts/interfaces/IPledgeRegistry.sol";
import {vm} from "./Vm.sol";
import {World} from "./World.sol";

/// @dev Two debtors pledge the same few fingerprints, each certified twice, to two lenders, in a registry and later in
/// its successor; lenders and strangers close; standings, suspensions, pauses and time get in between. Beside the
/// contracts the handler keeps its own books.
contract PledgeRegistryHandler is World {
    struct Opened {
        IPledgeRegistry.Offer offer;
        bytes signed;
        IPledgeRegistry.Evidence[] evidence;
        bytes32 id;
        IPledgeRegistry.Status status;
        bool late; // opened in the successor
    }

    struct Book {
        uint256 live;
        uint256 burned;
        uint256 count;
        uint256 seen; // highest count the contract ever showed
        uint256 seenBurned;
    }

    uint256 private constant FINGERPRINTS = 3;

    PledgeRegistry private _successor;
    bool private _succeeded;
    bytes32[FINGERPRINTS] public fingerprints;
    Opened[] private _opened;
    bool public violated;
    mapping(bytes32 debtor => mapping(bytes32 fingerprint => Book)) private _books;
    uint256 private _terms;

    constructor() {
        setUpWorld();
        _successor = new PledgeRegistry(membership, assets, pledges, forwarder);
        for (uint256 i = 0; i < FINGERPRINTS; ++i) {
            fingerprints[i] = keccak256(abi.encode("fingerprint", i));
            for (uint256 copy = 0; copy < 4; ++copy) {
                register(debtors[copy % 2], assetOf(fingerprints[i], copy / 2));
            }
        }
    }

    function pledge(uint256 seed, uint16[3] calldata shares, bool late) external {
        IPledgeRegistry.Offer memory offer;
        uint256 lines = 1 + seed % 3;
        offer.debtor = debtors[(seed >> 8) % 2].org;
        offer.lender = lenders[(seed >> 9) % 2].org;
        offer.claims = new IPledgeRegistry.Claim[](lines);
        IPledgeRegistry.Evidence[] memory evidence = new IPledgeRegistry.Evidence[](lines);
        for (uint256 i = 0; i < lines; ++i) {
            bytes32 fingerprint = fingerprints[(seed >> (16 + 8 * i)) % FINGERPRINTS];
            offer.claims[i] = IPledgeRegistry.Claim(fingerprint, 1 + shares[i] % 6_000);
            evidence[i] = evidenceOf(assetOf(fingerprint, (seed >> (17 + 8 * i)) % 2));
        }
        offer.acceptBy = uint64(block.timestamp + 1);
        offer.expiresAt = uint64(block.timestamp + 1 + (seed >> 64) % 2000);
        offer.terms = bytes32(++_terms);
        bytes32 id = registryOf(late).pledgeIdOf(offer);
        bytes memory signed = signature(debtors[(seed >> 8) % 2].privateKey, id);
        if (!tryPledge(offer, signed, evidence, late)) return;

        if (late != _succeeded) violated = true;
        for (uint256 i = 0; i < lines; ++i) {
            Book storage book = _books[offer.debtor][offer.claims[i].fingerprint];
            (book.live, book.count) = (book.live + offer.claims[i].share, book.count + 1);
        }
        remember(offer, signed, evidence, id, late);
    }

    function close(uint256 which, uint256 who, uint256 how) external {
        if (_opened.length == 0) return;
        Opened storage opened = _opened[which % _opened.length];
        address sender = [lenders[0].account, lenders[1].account, debtors[0].account, address(0xbad)][who % 4];
        IPledgeRegistry.Status status = IPledgeRegistry.Status(how % 6);
        bool byLender = sender == lenderOf(opened.offer).account;
        vm.prank(sender);
        (bool done,) = address(registryOf(opened.late)).call(abi.encodeCall(pledges.close, (opened.offer, status)));
        if (!done) return;

        if (opened.status != IPledgeRegistry.Status.Live || how % 6 < 2) violated = true;
        if (status == IPledgeRegistry.Status.Expired ? block.timestamp < opened.offer.expiresAt : !byLender) {
            violated = true;
        }
        opened.status = status;
        for (uint256 i = 0; i < opened.offer.claims.length; ++i) {
            Book storage book = _books[opened.offer.debtor][opened.offer.claims[i].fingerprint];
            book.live -= opened.offer.claims[i].share;
            if (how % 6 < 4) book.burned += opened.offer.claims[i].share;
        }
    }

    function replay(uint256 which, bool late) external {
        if (_opened.length == 0) return;
        Opened storage opened = _opened[which % _opened.length];
        if (tryPledge(opened.offer, opened.signed, opened.evidence, late)) violated = true;
    }

    function setStanding(uint256 who, uint256 which, uint256 copy, uint256 to) external {
        Asset memory asset = assetOf(fingerprints[which % FINGERPRINTS], copy % 2);
        if (to % 8 > 2) to = 0; // mostly good, or nothing is ever pledged
        IPledgeRegistry.Evidence memory evidence = evidenceOf(asset);
        vm.prank(debtors[who % 2].account);
        try assets.setStanding(
            evidence.root, asset.id, evidence.batchProof, IAssetRegistry.Standing(to % 8), 0, 0
        ) {} catch {}
    }

    function suspend(uint256 who, bool suspended) external {
        if (who % 2 == 0) setOrganisation(debtors[who / 2 % 2], 1, suspended);
        else setOrganisation(lenders[who / 2 % 2], 2, suspended);
    }

    function pause(bool late, bool paused) external {
        if (late || !_succeeded) byQuorum(abi.encodeCall(membership.setPaused, (address(registryOf(late)), paused)));
    }

    function succeed(uint256 chance) external {
        if (chance % 4 != 0 || _succeeded) return;
        byQuorum(abi.encodeCall(membership.setSuccessor, (address(pledges), address(_successor))));
        _succeeded = true;
    }

    function wait_(uint256 time) external {
        vm.warp(block.timestamp + time % 1000);
    }

    /// @dev Read once after every act.
    function booksHold() external returns (bool hold) {
        hold = true;
        for (uint256 i = 0; i < 2 * FINGERPRINTS; ++i) {
            (bytes32 debtor, bytes32 fingerprint) = (debtors[i % 2].org, fingerprints[i / 2]);
            Book storage book = _books[debtor][fingerprint];
            IPledgeRegistry.Lien memory all = _successor.lien(debtor, fingerprint);
            IPledgeRegistry.Lien memory early = pledges.lien(debtor, fingerprint);
            hold = hold && all.taken <= 10_000 && early.taken <= all.taken && early.count <= all.count;
            hold = hold && all.taken == book.live + book.burned && all.count == book.count;
            hold = hold && all.count >= book.seen && all.taken >= book.seenBurned;
            (book.seen, book.seenBurned) = (all.count, book.burned);
        }
    }

    function statusesHold() external view returns (bool) {
        for (uint256 i = 0; i < _opened.length; ++i) {
            Opened storage opened = _opened[i];
            if (registryOf(opened.late).pledgeOf(opened.id).status != opened.status) return false;
        }
        return true;
    }

    function tryPledge(
        IPledgeRegistry.Offer memory offer,
        bytes memory signed,
        IPledgeRegistry.Evidence[] memory evidence,
        bool late
    ) private returns (bool done) {
        vm.prank(lenderOf(offer).account);
        (done,) = address(registryOf(late)).call(abi.encodeCall(pledges.pledge, (offer, signed, evidence)));
    }

    function remember(
        IPledgeRegistry.Offer memory offer,
        bytes memory signed,
        IPledgeRegistry.Evidence[] memory evidence,
        bytes32 id,
        bool late
    ) private {
        Opened storage opened = _opened.push();
        (opened.signed, opened.id, opened.late) = (signed, id, late);
        opened.status = IPledgeRegistry.Status.Live;
        opened.offer.debtor = offer.debtor;
        opened.offer.lender = offer.lender;
        opened.offer.acceptBy = offer.acceptBy;
        opened.offer.expiresAt = offer.expiresAt;
        opened.offer.terms = offer.terms;
        for (uint256 i = 0; i < evidence.length; ++i) {
            opened.offer.claims.push(offer.claims[i]);
            opened.evidence.push(evidence[i]);
        }
    }

    function registryOf(bool late) private view returns (PledgeRegistry) {
        return late ? _successor : pledges;
    }

    function lenderOf(IPledgeRegistry.Offer memory offer) private view returns (Party memory) {
        return offer.lender == lenders[0].org ? lenders[0] : lenders[1];
    }
}

contract PledgeRegistryInvariants {
    PledgeRegistryHandler private _handler;

    function setUp() external {
        _handler = new PledgeRegistryHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev The shares of one receivable never exceed the whole, counts only grow, a burned share never returns, and
    /// the contract's sums are those of the handler's books, over both registries. An end is final, an offer opens once
    /// and in one registry, and only the lender or time closes it.
    function invariant_PledgeRegistry() external {
        assert(_handler.booksHold());
        assert(_handler.statusesHold());
        assert(!_handler.violated());
    }
}
