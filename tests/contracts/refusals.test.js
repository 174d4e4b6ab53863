// Every hostile call the design names, and every honest one that must still succeed beside it.
"use strict";

const { expect } = require("chai");
const { ethers } = require("hardhat");
const { loadFixture, time } = require("@nomicfoundation/hardhat-network-helpers");
const w = require("./world.js");
const { Role, Standing, Status } = w;

const NOTHING = ethers.ZeroHash;

describe("What must be refused", () => {
  let world;
  let setStanding;
  beforeEach(async () => {
    world = await loadFixture(w.deployWithAsset);
    setStanding = (signer, to) =>
      world.assets
        .connect(signer)
        .setStanding(world.batch.root, world.asset.id, world.evidence.batchProof, to, 7, NOTHING);
  });

  describe("one organisation acting on another's assets", () => {
    it("copied batch: a copier's root is no evidence for the original's debtor", async () => {
      const asset = w.assetOf("stolen", w.digestOf("stolen"));
      const copy = w.batchWith([asset], 2);
      await world.assets.connect(world.m2).register(copy.ids);
      const offer = w.offerOf({ ...world, asset });
      await expect(w.pledge(world, offer, { evidence: [w.evidenceOf(asset, copy)] }))
        .to.be.revertedWithCustomError(world.assets, "NotRegistered")
        .withArgs(world.debtor, copy.root);
    });

    it("foreign revoke", async () => {
      await expect(setStanding(world.m2, Standing.Revoked))
        .to.be.revertedWithCustomError(world.assets, "NotRegistered")
        .withArgs(world.rival, world.batch.root);
    });

    it("foreign revoke through a copied batch touches the copier's standing only", async () => {
      await world.assets.connect(world.m2).register(world.batch.ids);
      await setStanding(world.m2, Standing.Revoked);
      expect(await world.assets.standing(world.rival, world.asset.id)).to.equal(Standing.Revoked);
      expect(await world.assets.standing(world.debtor, world.asset.id)).to.equal(Standing.Good);
      await w.pledge(world);
    });

    it("foreign lock through a copied batch encumbers the copier only", async () => {
      await world.assets.connect(world.m2).register(world.batch.ids);
      await w.pledge(world, w.offerOf(world, { debtor: world.rival }), { signer: world.m2 });
      expect(await world.pledges.lien(world.debtor, world.asset.fingerprint)).to.deep.equal([0n, 0n]);
      await w.pledge(world);
    });
  });

  describe("one receivable pledged twice", () => {
    it("same fingerprint re-certified in another file", async () => {
      await w.pledge(world);
      const again = w.assetOf("invoice 1, one byte changed", world.asset.fingerprint);
      const batch = w.batchWith([again], 2);
      await world.assets.connect(world.m1).register(batch.ids);
      const offer = w.offerOf(world, { terms: w.digestOf("loan 2") });
      await expect(w.pledge(world, offer, { evidence: [w.evidenceOf(again, batch)] }))
        .to.be.revertedWithCustomError(world.pledges, "Encumbered")
        .withArgs(world.debtor, world.asset.fingerprint, 10_000, 10_000);
    });

    it("second lender", async () => {
      await w.pledge(world);
      await expect(w.pledge(world, w.offerOf(world, { lender: world.lender2 }), { sender: world.l2 }))
        .to.be.revertedWithCustomError(world.pledges, "Encumbered")
        .withArgs(world.debtor, world.asset.fingerprint, 10_000, 10_000);
    });

    it("same fingerprint twice within one offer", async () => {
      const claims = [1, 2].map(() => ({ fingerprint: world.asset.fingerprint, share: 5_001 }));
      await expect(w.pledge(world, w.offerOf(world, { claims })))
        .to.be.revertedWithCustomError(world.pledges, "Encumbered")
        .withArgs(world.debtor, world.asset.fingerprint, 5_001, 5_001);
    });

    it("shares burned by Satisfied or Enforced", async () => {
      for (const [status, share] of [[Status.Satisfied, 4_000], [Status.Enforced, 6_000]]) {
        const offer = w.offerOf(world, { claims: [{ fingerprint: world.asset.fingerprint, share }] });
        await w.pledge(world, offer);
        await world.pledges.connect(world.l1).close(offer, status);
      }
      const offer = w.offerOf(world, { claims: [{ fingerprint: world.asset.fingerprint, share: 1 }] });
      await expect(w.pledge(world, offer)).to.be.revertedWithCustomError(world.pledges, "Encumbered")
        .withArgs(world.debtor, world.asset.fingerprint, 10_000, 1);
    });
  });

  describe("evidence that does not hold", () => {
    async function refuseAsset(asset, claimed) {
      const batch = w.batchWith([asset], 2);
      await world.assets.connect(world.m1).register(batch.ids);
      const offer = w.offerOf(world, { claims: [{ fingerprint: claimed, share: 10_000 }] });
      await expect(w.pledge(world, offer, { evidence: [w.evidenceOf(asset, batch)] }))
        .to.be.revertedWithCustomError(world.pledges, "FieldNotInAsset")
        .withArgs(0);
    }

    it("upper-case leaf", async () => {
      const fingerprint = w.digestOf("fingerprint 2");
      await refuseAsset(w.assetOf("loud", fingerprint, { text: `0x${fingerprint.slice(2).toUpperCase()}` }), fingerprint);
    });

    it("other leaf as fingerprint", async () => {
      const fingerprint = w.digestOf("fingerprint 2");
      await refuseAsset(w.assetOf("other", fingerprint, { path: "fingerprint.loose.number" }), fingerprint);
    });

    it("fingerprint of no asset", async () => {
      await refuseAsset(w.assetOf("honest", w.digestOf("fingerprint 2")), w.digestOf("fingerprint 3"));
    });

    it("wrong salt", async () => {
      const evidence = [{ ...world.evidence, salt: NOTHING }];
      await expect(w.pledge(world, w.offerOf(world), { evidence }))
        .to.be.revertedWithCustomError(world.pledges, "FieldNotInAsset");
    });

    it("asset that is not in the batch", async () => {
      const stray = w.assetOf("stray", w.digestOf("fingerprint 2"));
      const evidence = { ...w.evidenceOf(world.asset, world.batch), ...{ assetId: stray.id, salt: stray.salt } };
      await expect(w.pledge(world, w.offerOf({ ...world, asset: stray }), { evidence: [evidence] }))
        .to.be.revertedWithCustomError(world.assets, "NotInBatch")
        .withArgs(world.batch.root, stray.id);
    });

    it("inner node of a batch as an asset id", async () => {
      const node = world.evidence.batchProof.at(-1);
      await expect(world.assets.requireGood(world.debtor, world.batch.root, node, []))
        .to.be.revertedWithCustomError(world.assets, "NotInBatch");
    });

    it("fewer or more pieces of evidence than claims", async () => {
      for (const evidence of [[], [world.evidence, world.evidence]]) {
        await expect(w.pledge(world, w.offerOf(world), { evidence }))
          .to.be.revertedWithCustomError(world.pledges, "EvidenceMismatch")
          .withArgs(1, evidence.length);
      }
    });

    it("offer without claims", async () => {
      await expect(w.pledge(world, w.offerOf(world, { claims: [] })))
        .to.be.revertedWithCustomError(world.pledges, "NoClaims");
    });

    for (const share of [0, 10_001, 65_535]) {
      it(`share ${share.toLocaleString("en")}`, async () => {
        const claims = [{ fingerprint: world.asset.fingerprint, share }];
        await expect(w.pledge(world, w.offerOf(world, { claims })))
          .to.be.revertedWithCustomError(world.pledges, "BadShare")
          .withArgs(0);
      });
    }

    it("one bad claim among good ones takes nothing", async () => {
      const claims = [1, 0].map((share) => ({ fingerprint: world.asset.fingerprint, share }));
      const offer = w.offerOf(world, { claims });
      await expect(w.pledge(world, offer)).to.be.revertedWithCustomError(world.pledges, "BadShare").withArgs(1);
      expect(await world.pledges.lien(world.debtor, world.asset.fingerprint)).to.deep.equal([0n, 0n]);
      expect(await world.pledges.pledgeOf(await world.pledges.pledgeIdOf(offer))).to.deep.equal([0n, 0n]);
    });
  });

  describe("an offer that is not this debtor's to this lender now", () => {
    it("offer sent by another lender", async () => {
      await expect(w.pledge(world, w.offerOf(world), { sender: world.l2 }))
        .to.be.revertedWithCustomError(world.pledges, "NotParty")
        .withArgs(world.lender, world.lender2);
    });

    it("offer sent by the debtor", async () => {
      await expect(w.pledge(world, w.offerOf(world), { sender: world.m1 }))
        .to.be.revertedWithCustomError(world.membership, "NotActive")
        .withArgs(world.m1.address, Role.LENDER);
    });

    it("offer signed by another firm", async () => {
      await expect(w.pledge(world, w.offerOf(world), { signer: world.m2 }))
        .to.be.revertedWithCustomError(world.pledges, "NotParty")
        .withArgs(world.debtor, world.rival);
    });

    it("offer signed by the lender itself", async () => {
      await expect(w.pledge(world, w.offerOf(world), { signer: world.l1 }))
        .to.be.revertedWithCustomError(world.membership, "NotActive")
        .withArgs(world.l1.address, Role.ENTERPRISE);
    });

    it("offer signed by a stranger", async () => {
      await expect(w.pledge(world, w.offerOf(world), { signer: world.outsider }))
        .to.be.revertedWithCustomError(world.membership, "NotActive")
        .withArgs(world.outsider.address, Role.ENTERPRISE);
    });

    it("offer changed after it was signed", async () => {
      const signature = await w.sign(world, w.offerOf(world));
      const offer = w.offerOf(world, { expiresAt: w.EXPIRY + 1n });
      await expect(world.pledges.connect(world.l1).pledge(offer, signature, [world.evidence])).to.be.reverted;
    });

    it("offer signed for another registry", async () => {
      const twin = await ethers.deployContract("PledgeRegistry", [
        world.membership, world.assets, ethers.ZeroAddress, world.forwarder,
      ]);
      const signature = await w.sign(world, w.offerOf(world), world.m1, twin);
      await expect(world.pledges.connect(world.l1).pledge(w.offerOf(world), signature, [world.evidence])).to.be.reverted;
    });

    it("signature with a high s, or of another length", async () => {
      const offer = w.offerOf(world);
      const { r, s, v } = ethers.Signature.from(await w.sign(world, offer));
      const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
      const highS = ethers.toBeHex(order - BigInt(s), 32);
      const pledge = (signature) => world.pledges.connect(world.l1).pledge(offer, signature, [world.evidence]);
      await expect(pledge(ethers.concat([r, highS, ethers.toBeHex(55 - v)])))
        .to.be.revertedWithCustomError(world.pledges, "ECDSAInvalidSignatureS");
      await expect(pledge(ethers.concat([r, s])))
        .to.be.revertedWithCustomError(world.pledges, "ECDSAInvalidSignatureLength");
      await expect(pledge(ethers.concat([r, s, "0x00"])))
        .to.be.revertedWithCustomError(world.pledges, "ECDSAInvalidSignature");
    });

    it("lapsed offer", async () => {
      const acceptBy = BigInt(await time.latest()) + 100n;
      const offer = w.offerOf(world, { acceptBy });
      await time.setNextBlockTimestamp(acceptBy + 1n);
      await expect(w.pledge(world, offer))
        .to.be.revertedWithCustomError(world.pledges, "OfferLapsed").withArgs(acceptBy);
    });

    it("offer that anyone could close as Expired at once", async () => {
      const expiresAt = BigInt(await time.latest()) + 100n;
      await time.setNextBlockTimestamp(expiresAt);
      await expect(w.pledge(world, w.offerOf(world, { expiresAt })))
        .to.be.revertedWithCustomError(world.pledges, "AlreadyExpired").withArgs(expiresAt);
    });

    it("replayed offer, live and after close", async () => {
      const offer = w.offerOf(world, { claims: [{ fingerprint: world.asset.fingerprint, share: 10 }] });
      const pledgeId = await world.pledges.pledgeIdOf(offer);
      await w.pledge(world, offer);
      await expect(w.pledge(world, offer))
        .to.be.revertedWithCustomError(world.pledges, "AlreadyPledged").withArgs(pledgeId);
      await world.pledges.connect(world.l1).close(offer, Status.Cancelled);
      await expect(w.pledge(world, offer))
        .to.be.revertedWithCustomError(world.pledges, "AlreadyPledged").withArgs(pledgeId);
    });
  });

  describe("parties and assets that may not open", () => {
    it("suspended asset, revoked asset", async () => {
      for (const to of [Standing.Suspended, Standing.Revoked]) {
        await setStanding(world.m1, to);
        await expect(w.pledge(world))
          .to.be.revertedWithCustomError(world.assets, "NotGood")
          .withArgs(world.debtor, world.asset.id, to);
      }
    });

    it("suspended debtor", async () => {
      await w.setOrganisation(world, "CN-USCC:M1", Role.ENTERPRISE, true);
      await expect(w.pledge(world)).to.be.revertedWithCustomError(world.membership, "NotActive")
        .withArgs(world.m1.address, Role.ENTERPRISE);
    });

    it("suspended lender", async () => {
      await w.setOrganisation(world, "CN-USCC:L1", Role.LENDER, true);
      await expect(w.pledge(world)).to.be.revertedWithCustomError(world.membership, "NotActive")
        .withArgs(world.l1.address, Role.LENDER);
    });

    it("revoked key of the debtor, of the lender", async () => {
      await world.membership.connect(world.m1).revokeKey(w.keyIdOf(world.m1));
      await expect(w.pledge(world)).to.be.revertedWithCustomError(world.membership, "NotActive")
        .withArgs(world.m1.address, Role.ENTERPRISE);
      await world.membership.connect(world.l1).revokeKey(w.keyIdOf(world.l1));
      await expect(w.pledge(world)).to.be.revertedWithCustomError(world.membership, "NotActive")
        .withArgs(world.l1.address, Role.LENDER);
    });

    it("pause", async () => {
      for (const registry of [world.pledges, world.assets, world.access]) {
        await w.byQuorum(world, "setPaused", [await registry.getAddress(), true]);
      }
      const paused = (transaction, registry) =>
        expect(transaction).to.be.revertedWithCustomError(world.membership, "RegistryPaused").withArgs(registry);
      await paused(w.pledge(world), world.pledges);
      await paused(world.assets.connect(world.m1).register([NOTHING]), world.assets);
      await paused(world.access.connect(world.m1).grant(world.lender, NOTHING, NOTHING, 1), world.access);
      await paused(world.access.connect(world.l1).read(NOTHING, NOTHING), world.access);
    });

    it("restore after revoke", async () => {
      await setStanding(world.m1, Standing.Revoked);
      for (const to of [Standing.Good, Standing.Suspended]) {
        await expect(setStanding(world.m1, to))
          .to.be.revertedWithCustomError(world.assets, "NotGood")
          .withArgs(world.debtor, world.asset.id, Standing.Revoked);
      }
    });

    it("restore while suspended, though revoking is allowed", async () => {
      await setStanding(world.m1, Standing.Suspended);
      await w.setOrganisation(world, "CN-USCC:M1", Role.ENTERPRISE, true);
      await expect(setStanding(world.m1, Standing.Good))
        .to.be.revertedWithCustomError(world.membership, "NotActive")
        .withArgs(world.m1.address, 31);
      await setStanding(world.m1, Standing.Revoked);
    });
  });

  describe("closing", () => {
    it("early expiry, by anyone and by the lender", async () => {
      await w.pledge(world);
      for (const [signer, now] of [[world.outsider, w.EXPIRY - 2n], [world.l1, w.EXPIRY - 1n]]) {
        await time.setNextBlockTimestamp(now);
        await expect(world.pledges.connect(signer).close(w.offerOf(world), Status.Expired))
          .to.be.revertedWithCustomError(world.pledges, "NotExpired").withArgs(w.EXPIRY);
      }
    });

    it("close by the debtor, by another lender, by a stranger", async () => {
      await w.pledge(world);
      const close = (signer) => world.pledges.connect(signer).close(w.offerOf(world), Status.Cancelled);
      await expect(close(world.m1)).to.be.revertedWithCustomError(world.pledges, "NotParty")
        .withArgs(world.lender, world.debtor);
      await expect(close(world.l2)).to.be.revertedWithCustomError(world.pledges, "NotParty")
        .withArgs(world.lender, world.lender2);
      await expect(close(world.outsider)).to.be.revertedWithCustomError(world.membership, "NotActive")
        .withArgs(world.outsider.address, 0);
    });

    it("expiry does not let anyone burn or cancel", async () => {
      await w.pledge(world);
      await time.setNextBlockTimestamp(w.EXPIRY);
      for (const status of [Status.Satisfied, Status.Enforced, Status.Cancelled]) {
        await expect(world.pledges.connect(world.outsider).close(w.offerOf(world), status)).to.be.reverted;
      }
    });

    it("close as None or Live", async () => {
      await w.pledge(world);
      for (const status of [Status.None, Status.Live]) {
        await expect(world.pledges.connect(world.l1).close(w.offerOf(world), status))
          .to.be.revertedWithCustomError(world.pledges, "BadClosing").withArgs(status);
      }
    });

    it("close of what was never pledged, or is closed", async () => {
      const offer = w.offerOf(world);
      const pledgeId = await world.pledges.pledgeIdOf(offer);
      const close = (status) => world.pledges.connect(world.l1).close(offer, status);
      await expect(close(Status.Cancelled))
        .to.be.revertedWithCustomError(world.pledges, "NotLive").withArgs(pledgeId);
      await w.pledge(world);
      await close(Status.Satisfied);
      await expect(close(Status.Cancelled))
        .to.be.revertedWithCustomError(world.pledges, "NotLive").withArgs(pledgeId);
    });
  });

  describe("batches", () => {
    const register = (ids, signer = world.m1) => world.assets.connect(signer).register(ids);

    it("empty batch", async () => {
      await expect(register([])).to.be.revertedWithCustomError(world.assets, "EmptyBatch");
    });

    it("descending batch", async () => {
      const { ids } = w.batchOf(["a", "b", "c", "d"].map(w.digestOf));
      await expect(register([...ids].reverse()))
        .to.be.revertedWithCustomError(world.assets, "NotAscending").withArgs(1);
      await expect(register([ids[0], ids[1], ids[3], ids[2]]))
        .to.be.revertedWithCustomError(world.assets, "NotAscending").withArgs(3);
    });

    it("one id twice", async () => {
      const { ids } = w.batchOf(["a", "b"].map(w.digestOf));
      await expect(register([ids[0], ids[1], ids[1]]))
        .to.be.revertedWithCustomError(world.assets, "NotAscending").withArgs(2);
    });

    it("doubled batch", async () => {
      await expect(register(world.batch.ids))
        .to.be.revertedWithCustomError(world.assets, "AlreadyRegistered").withArgs(world.debtor, world.batch.root);
    });

    it("1,025 ids", async () => {
      const { ids } = w.batchOf(Array.from({ length: 1025 }, (_, i) => w.digestOf(`${i}`)));
      await expect(register(ids)).to.be.revertedWithCustomError(world.assets, "BatchTooLarge").withArgs(1025);
    });

    it("outsider registers, mere registrar registers", async () => {
      for (const signer of [world.outsider, world.r1]) {
        await expect(register([NOTHING], signer))
          .to.be.revertedWithCustomError(world.membership, "NotActive").withArgs(signer.address, 31);
      }
    });
  });

  describe("membership", () => {
    it("outsider votes, member without the role votes", async () => {
      const call = world.membership.interface.encodeFunctionData("setQuorum", [1]);
      for (const signer of [world.outsider, world.m1]) {
        await expect(world.membership.connect(signer).confirm(call, 1))
          .to.be.revertedWithCustomError(world.membership, "NotActive").withArgs(signer.address, Role.REGISTRAR);
      }
    });

    it("anybody calls what only the quorum may call, a registrar included", async () => {
      const key = { org: world.debtor, validFrom: 1, validUntil: 2, purpose: 1 };
      for (const signer of [world.outsider, world.m1, world.r1]) {
        const membership = world.membership.connect(signer);
        for (const attempt of [
          () => membership.setOrganisation("CN-USCC:X", "X", [], 63, false),
          () => membership.setKey(w.keyIdOf(world.outsider), key, "0x"),
          () => membership.setQuorum(1),
          () => membership.setPaused(world.pledges, true),
          () => membership.setSuccessor(world.pledges, world.assets),
        ]) {
          await expect(attempt()).to.be.revertedWithCustomError(world.membership, "NotQuorum");
        }
      }
    });
  });
});

describe("What must succeed", () => {
  let world;
  let lienOf;
  beforeEach(async () => {
    world = await loadFixture(w.deployWithAsset);
    lienOf = () => world.pledges.lien(world.debtor, world.asset.fingerprint);
  });

  it("the original registers and pledges though a rival copied the batch first", async () => {
    const asset = w.assetOf("invoice 2", w.digestOf("fingerprint 2"));
    const batch = w.batchWith([asset], 3);
    await world.assets.connect(world.m2).register(batch.ids);
    await world.assets.connect(world.m1).register(batch.ids);
    await w.pledge(world, w.offerOf({ ...world, asset }), { evidence: [w.evidenceOf(asset, batch)] });
  });

  it("two lenders share one receivable up to its whole", async () => {
    const part = (lender, share) => w.offerOf(world, { lender, claims: [{ fingerprint: world.asset.fingerprint, share }] });
    await w.pledge(world, part(world.lender, 6_000));
    await w.pledge(world, part(world.lender2, 4_000), { sender: world.l2 });
    expect(await lienOf()).to.deep.equal([10_000n, 2n]);
  });

  it("one offer names a fingerprint twice, and its closing frees both", async () => {
    const claims = [6_000, 4_000].map((share) => ({ fingerprint: world.asset.fingerprint, share }));
    const offer = w.offerOf(world, { claims });
    await w.pledge(world, offer);
    expect(await lienOf()).to.deep.equal([10_000n, 2n]);
    await world.pledges.connect(world.l1).close(offer, Status.Cancelled);
    expect(await lienOf()).to.deep.equal([0n, 2n]);
  });

  it("a receivable freed by Cancelled is pledged again", async () => {
    await w.pledge(world);
    await world.pledges.connect(world.l1).close(w.offerOf(world), Status.Cancelled);
    await w.pledge(world, w.offerOf(world, { lender: world.lender2 }), { sender: world.l2 });
    expect(await lienOf()).to.deep.equal([10_000n, 2n]);
  });

  it("anyone frees a pledge from expiresAt on", async () => {
    await w.pledge(world);
    await time.setNextBlockTimestamp(w.EXPIRY);
    await expect(world.pledges.connect(world.outsider).close(w.offerOf(world), Status.Expired))
      .to.emit(world.pledges, "Closed").withArgs(await world.pledges.pledgeIdOf(w.offerOf(world)), Status.Expired);
    expect(await lienOf()).to.deep.equal([0n, 1n]);
  });

  it("the lender enforces after expiresAt while nobody has expired it", async () => {
    await w.pledge(world);
    await time.setNextBlockTimestamp(w.EXPIRY + 5n);
    await world.pledges.connect(world.l1).close(w.offerOf(world), Status.Enforced);
    expect(await lienOf()).to.deep.equal([10_000n, 1n]);
  });

  it("the last second of acceptBy counts", async () => {
    const acceptBy = BigInt(await time.latest()) + 100n;
    const offer = w.offerOf(world, { acceptBy });
    await time.setNextBlockTimestamp(acceptBy);
    await w.pledge(world, offer);
  });

  it("revoking an asset under a live lien, which stays", async () => {
    await w.pledge(world);
    await world.assets
      .connect(world.m1)
      .setStanding(world.batch.root, world.asset.id, world.evidence.batchProof, Standing.Revoked, 1, NOTHING);
    expect(await lienOf()).to.deep.equal([10_000n, 1n]);
    await world.pledges.connect(world.l1).close(w.offerOf(world), Status.Satisfied);
  });

  it("a suspended lender releases, a suspended issuer revokes, both while everything is paused", async () => {
    await w.pledge(world);
    for (const registry of [world.pledges, world.assets, world.access]) {
      await w.byQuorum(world, "setPaused", [await registry.getAddress(), true]);
    }
    await w.setOrganisation(world, "CN-USCC:L1", Role.LENDER, true);
    await w.setOrganisation(world, "CN-USCC:M1", Role.ENTERPRISE, true);

    await world.pledges.connect(world.l1).close(w.offerOf(world), Status.Cancelled);
    const { root } = world.batch;
    for (const to of [Standing.Suspended, Standing.Revoked]) {
      await world.assets
        .connect(world.m1)
        .setStanding(root, world.asset.id, world.evidence.batchProof, to, 1, NOTHING);
    }
    await world.access.connect(world.m1).end(NOTHING);
    await world.access.connect(world.m1).shred(NOTHING);
    await world.membership.connect(world.m1).revokeKey(w.keyIdOf(world.m1));
    expect(await lienOf()).to.deep.equal([0n, 1n]);
  });

  it("a suspended asset is restored and pledged", async () => {
    const set = (to) =>
      world.assets
        .connect(world.m1)
        .setStanding(world.batch.root, world.asset.id, world.evidence.batchProof, to, 1, NOTHING);
    await set(Standing.Suspended);
    await set(Standing.Good);
    await w.pledge(world);
  });
});
