"use strict";

const { expect } = require("chai");
const { ethers } = require("hardhat");
const { loadFixture } = require("@nomicfoundation/hardhat-network-helpers");
const w = require("./world.js");
const { Role, Status } = w;

describe("PledgeRegistry", () => {
  let world;
  let pledges;
  beforeEach(async () => {
    world = await loadFixture(w.deployWithAsset);
    ({ pledges } = world);
  });

  it("names its parts and trusts its forwarder", async () => {
    expect(await pledges.membership()).to.equal(world.membership);
    expect(await pledges.assets()).to.equal(world.assets);
    expect(await pledges.predecessor()).to.equal(ethers.ZeroAddress);
    expect(await pledges.trustedForwarder()).to.equal(world.forwarder);
  });

  describe("pledgeId", () => {
    it("is the EIP-712 digest that ethers computes, for 0 to 3 claims", async () => {
      const domain = await w.domainOf(pledges);
      for (let lines = 0; lines <= 3; lines++) {
        const claims = Array.from({ length: lines }, (_, i) => ({ fingerprint: w.digestOf(`${i}`), share: i * 5_000 }));
        const offer = w.offerOf(world, { claims, terms: w.digestOf(`terms ${lines}`) });
        expect(await pledges.pledgeIdOf(offer)).to.equal(ethers.TypedDataEncoder.hash(domain, w.OFFER, offer));
      }
    });

    it("differs where any member differs", async () => {
      const other = w.digestOf("other");
      const fingerprint = world.asset.fingerprint;
      const changes = [
        {}, { debtor: other }, { lender: other }, { acceptBy: 1n }, { expiresAt: 1n }, { terms: other }, { claims: [] },
        { claims: [{ fingerprint, share: 1 }] }, { claims: [{ fingerprint: other, share: 10_000 }] },
      ];
      const ids = await Promise.all(changes.map((change) => pledges.pledgeIdOf(w.offerOf(world, change))));
      expect(new Set(ids).size).to.equal(changes.length);
    });

    it("stands in the domain that EIP-5267 describes", async () => {
      const { name, version, chainId, verifyingContract } = await pledges.eip712Domain();
      expect({ name, version, chainId, verifyingContract }).to.deep.equal(await w.domainOf(pledges));
    });
  });

  describe("pledge", () => {
    it("logs the whole offer, asset, batch, rank and loose values", async () => {
      const { fingerprint } = world.asset;
      const loose = ["a", "b"].map(w.digestOf);
      const claims = [2_500, 2_500].map((share) => ({ fingerprint, share }));
      const offer = w.offerOf(world, { claims });
      const evidence = [{ ...world.evidence, loose }, world.evidence];
      const pledgeId = await pledges.pledgeIdOf(offer);
      const transaction = await w.pledge(world, offer, { evidence });
      await expect(transaction).to.emit(pledges, "Pledged")
        .withArgs(pledgeId, world.debtor, world.lender, offer.acceptBy, offer.expiresAt, offer.terms);
      for (const [rank, values] of [[1, loose], [2, []]]) {
        await expect(transaction).to.emit(pledges, "Claimed")
          .withArgs(pledgeId, fingerprint, world.asset.id, world.batch.root, 2_500, rank, values);
      }
      const { timestamp } = await transaction.getBlock();
      expect(await pledges.pledgeOf(pledgeId)).to.deep.equal([BigInt(Status.Live), BigInt(timestamp)]);
      expect(await pledges.lien(world.debtor, fingerprint)).to.deep.equal([5_000n, 2n]);
    });

    it("answers the pledge id", async () => {
      const offer = w.offerOf(world);
      const signature = await w.sign(world, offer);
      expect(await pledges.connect(world.l1).pledge.staticCall(offer, signature, [world.evidence]))
        .to.equal(await pledges.pledgeIdOf(offer));
    });

    it("takes several assets of several batches", async () => {
      const others = ["2", "3"].map((label) => w.assetOf(`invoice ${label}`, w.digestOf(`fingerprint ${label}`)));
      const batch = w.batchWith(others, 5);
      await world.assets.connect(world.m1).register(batch.ids);
      const claims = [world.asset, ...others].map(({ fingerprint }, i) => ({ fingerprint, share: 1_000 * (i + 1) }));
      const evidence = [world.evidence, ...others.map((asset) => w.evidenceOf(asset, batch))];
      await w.pledge(world, w.offerOf(world, { claims }), { evidence });
      for (const { fingerprint, share } of claims) {
        expect(await pledges.lien(world.debtor, fingerprint)).to.deep.equal([BigInt(share), 1n]);
      }
    });

    it("writes the text of any fingerprint as COMMITMENT states it", async () => {
      const edges = [
        ethers.ZeroHash, ethers.MaxUint256, 0x0123456789abcdefn << 192n, 0x99aa0f0f90a99a0900n, 1n << 255n,
      ].map((value) => ethers.toBeHex(value, 32));
      const made = edges.map((fingerprint, i) => w.assetOf(`edge ${i}`, fingerprint, { fields: 2 + i }));
      const batch = w.batchWith(made);
      await world.assets.connect(world.m1).register(batch.ids);
      const claims = edges.map((fingerprint) => ({ fingerprint, share: 1 }));
      await w.pledge(world, w.offerOf(world, { claims }), { evidence: made.map((asset) => w.evidenceOf(asset, batch)) });
    });

    it("is the lender's alone among the roles, and the offer the enterprise's", async () => {
      for (const role of [Role.ENTERPRISE, Role.INSPECTOR, Role.WITNESS, Role.AUDITOR, Role.REGISTRAR]) {
        await w.setOrganisation(world, "CN-USCC:L1", role);
        await expect(w.pledge(world)).to.be.revertedWithCustomError(world.membership, "NotActive")
          .withArgs(world.l1.address, Role.LENDER);
      }
      await w.setOrganisation(world, "CN-USCC:L1", Role.LENDER);
      for (const role of [Role.LENDER, Role.INSPECTOR, Role.WITNESS, Role.AUDITOR, Role.REGISTRAR]) {
        await w.setOrganisation(world, "CN-USCC:M1", role);
        await expect(w.pledge(world)).to.be.revertedWithCustomError(world.membership, "NotActive")
          .withArgs(world.m1.address, Role.ENTERPRISE);
      }
    });

    it("may be signed and sent by any account of the parties", async () => {
      await w.setKey(world, world.outsider, world.debtor);
      await w.setKey(world, world.relayer, world.lender);
      await w.pledge(world, w.offerOf(world), { signer: world.outsider, sender: world.relayer });
    });
  });

  describe("close", () => {
    for (const [name, freed] of [["Satisfied", false], ["Enforced", false], ["Cancelled", true]]) {
      it(`${name} ${freed ? "frees" : "burns"} the shares`, async () => {
        const offer = w.offerOf(world);
        const pledgeId = await pledges.pledgeIdOf(offer);
        await w.pledge(world, offer);
        const { openedAt } = await pledges.pledgeOf(pledgeId);
        await expect(pledges.connect(world.l1).close(offer, Status[name]))
          .to.emit(pledges, "Closed").withArgs(pledgeId, Status[name]);
        expect(await pledges.pledgeOf(pledgeId)).to.deep.equal([BigInt(Status[name]), openedAt]);
        expect(await pledges.lien(world.debtor, world.asset.fingerprint)).to.deep.equal([freed ? 0n : 10_000n, 1n]);
      });
    }
  });

  it("keeps its liens at slot 2, where eth_getStorageAt and eth_getProof find them", async () => {
    const { fingerprint } = world.asset;
    const coder = ethers.AbiCoder.defaultAbiCoder();
    const slotIn = (key, slot) => ethers.keccak256(coder.encode(["bytes32", "bytes32"], [key, slot]));
    const slot = slotIn(fingerprint, slotIn(world.debtor, ethers.toBeHex(2, 32)));
    expect(await ethers.provider.getStorage(pledges, slot)).to.equal(ethers.ZeroHash);
    const part = { fingerprint, share: 1_234 };
    await w.pledge(world, w.offerOf(world, { claims: [part, part] }));
    // count (uint32) above taken (uint16), from the low end of the word
    expect(await ethers.provider.getStorage(pledges, slot)).to.equal(ethers.toBeHex((2n << 16n) | 2_468n, 32));
  });

  it("is rebuilt from its logs alone", async () => {
    const { fingerprint } = world.asset;
    const endings = [Status.Satisfied, Status.Enforced, Status.Cancelled, null];
    for (const [i, status] of endings.entries()) {
      const offer = w.offerOf(world, { claims: [{ fingerprint, share: 1_000 + i }], terms: w.digestOf(`${i}`) });
      await w.pledge(world, offer);
      if (status !== null) await pledges.connect(world.l1).close(offer, status);
    }
    const known = new Map();
    for (const { eventName, args } of await pledges.queryFilter("*")) {
      if (eventName === "Pledged") known.set(args.pledgeId, { ...args.toObject(), claims: [], status: Status.Live });
      else if (eventName === "Claimed") known.get(args.pledgeId).claims.push(args.toObject());
      else known.get(args.pledgeId).status = Number(args.status);
    }
    const domain = await w.domainOf(pledges);
    let taken = 0n;
    let count = 0n;
    for (const [pledgeId, offer] of known) {
      expect(ethers.TypedDataEncoder.hash(domain, w.OFFER, offer)).to.equal(pledgeId);
      expect((await pledges.pledgeOf(pledgeId)).status).to.equal(offer.status);
      for (const { share, rank } of offer.claims) {
        expect(rank).to.equal(++count);
        if (offer.status < Status.Cancelled) taken += share;
      }
    }
    expect(await pledges.lien(world.debtor, fingerprint)).to.deep.equal([taken, count]);
  });
});
