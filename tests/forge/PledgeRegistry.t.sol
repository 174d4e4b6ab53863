// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPledgeRegistry} from "../../contracts/interfaces/IPledgeRegistry.sol";
import {vm} from "./Vm.sol";
import {World} from "./World.sol";

contract PledgeRegistryTest is World {
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant CLAIM = keccak256("Claim(bytes32 fingerprint,uint16 share)");
    bytes32 private constant OFFER = keccak256(
        "Offer(bytes32 debtor,bytes32 lender,Claim[] claims,uint64 acceptBy,uint64 expiresAt,bytes32 terms)"
        "Claim(bytes32 fingerprint,uint16 share)"
    );

    Asset private _asset;

    function setUp() external {
        setUpWorld();
        _asset = assetOf(keccak256("fingerprint"), 0);
        register(debtors[0], _asset);
    }

    function testFuzz_PledgeIdIsTheEip712Digest(IPledgeRegistry.Offer calldata offer, uint64 chainId) external {
        vm.assume(chainId != 0);
        vm.chainId(chainId);
        bytes memory claims;
        for (uint256 i = 0; i < offer.claims.length; ++i) {
            bytes32 claim = keccak256(abi.encode(CLAIM, offer.claims[i].fingerprint, offer.claims[i].share));
            claims = bytes.concat(claims, claim);
        }
        bytes32 domain = keccak256(
            abi.encode(DOMAIN, keccak256("assetcert"), keccak256("1"), block.chainid, address(pledges))
        );
        bytes32 offerHash = keccak256(
            abi.encode(
                OFFER, offer.debtor, offer.lender, keccak256(claims), offer.acceptBy, offer.expiresAt, offer.terms
            )
        );
        assert(pledges.pledgeIdOf(offer) == keccak256(abi.encodePacked("\x19\x01", domain, offerHash)));
    }

    function testFuzz_NoOtherSignatureOpens(bytes calldata forged) external {
        IPledgeRegistry.Offer memory offer = offerOf(10_000, "forged");
        vm.assume(keccak256(forged) != keccak256(signature(debtors[0].privateKey, pledges.pledgeIdOf(offer))));
        assert(!tryPledge(offer, forged, lenders[0].account));
    }

    function testFuzz_NoOtherKeyOpens(uint256 privateKey) external {
        privateKey = 1 + privateKey % (2 ** 255);
        vm.assume(privateKey != debtors[0].privateKey);
        IPledgeRegistry.Offer memory offer = offerOf(10_000, "forged");
        assert(!tryPledge(offer, signature(privateKey, pledges.pledgeIdOf(offer)), lenders[0].account));
    }

    function testFuzz_NobodyElseAccepts(address sender) external {
        vm.assume(sender != lenders[0].account && sender != forwarder);
        IPledgeRegistry.Offer memory offer = offerOf(10_000, "stolen");
        assert(!tryPledge(offer, signature(debtors[0].privateKey, pledges.pledgeIdOf(offer)), sender));
    }

    function testFuzz_SharesAddUpToTheWholeAndNoFurther(uint16[8] calldata shares) external {
        uint256 taken = 0;
        uint256 count = 0;
        for (uint256 i = 0; i < shares.length; ++i) {
            IPledgeRegistry.Offer memory offer = offerOf(shares[i] % 12_000, bytes32(i));
            uint16 share = offer.claims[0].share;
            bool fits = share > 0 && taken + share <= 10_000;
            bytes memory signed = signature(debtors[0].privateKey, pledges.pledgeIdOf(offer));
            assert(tryPledge(offer, signed, lenders[0].account) == fits);
            if (fits) (taken, count) = (taken + share, count + 1);
            IPledgeRegistry.Lien memory lien = pledges.lien(debtors[0].org, _asset.fingerprint);
            assert(lien.taken == taken && lien.count == count);
        }
    }

    function testFuzz_LienSlot(uint16 share) external {
        share = 1 + share % 10_000;
        IPledgeRegistry.Offer memory offer = offerOf(share, "slot");
        bytes memory signed = signature(debtors[0].privateKey, pledges.pledgeIdOf(offer));
        assert(tryPledge(offer, signed, lenders[0].account));
        bytes32 slot = keccak256(abi.encode(_asset.fingerprint, keccak256(abi.encode(debtors[0].org, uint256(2)))));
        assert(uint256(vm.load(address(pledges), slot)) == (1 << 16) + share);
    }

    function testFuzz_TimesOfAnOffer(uint64 now_, uint64 acceptBy, uint64 expiresAt) external {
        now_ = START + now_ % (1 << 32);
        vm.warp(now_);
        IPledgeRegistry.Offer memory offer = offerOf(1, "times");
        (offer.acceptBy, offer.expiresAt) = (acceptBy, expiresAt);
        bytes memory signed = signature(debtors[0].privateKey, pledges.pledgeIdOf(offer));
        assert(tryPledge(offer, signed, lenders[0].account) == (now_ <= acceptBy && now_ < expiresAt));
    }

    function offerOf(uint16 share, bytes32 terms) internal view returns (IPledgeRegistry.Offer memory offer) {
        offer.debtor = debtors[0].org;
        offer.lender = lenders[0].org;
        offer.claims = new IPledgeRegistry.Claim[](1);
        offer.claims[0] = IPledgeRegistry.Claim(_asset.fingerprint, share);
        offer.acceptBy = START + 100;
        offer.expiresAt = START + 200;
        offer.terms = terms;
    }

    function tryPledge(IPledgeRegistry.Offer memory offer, bytes memory signed, address sender) internal returns (bool) {
        IPledgeRegistry.Evidence[] memory evidence = new IPledgeRegistry.Evidence[](1);
        evidence[0] = evidenceOf(_asset);
        vm.prank(sender);
        (bool done,) = address(pledges).call(abi.encodeCall(pledges.pledge, (offer, signed, evidence)));
        return done;
    }
}
