"use strict";

const { expect } = require("chai");
const { ethers } = require("hardhat");
const { loadFixture } = require("@nomicfoundation/hardhat-network-helpers");
const w = require("./world.js");
const { Role, Standing } = w;

describe("AssetRegistry", () => {
  let world;
  let assets;
  beforeEach(async () => {
    world = await loadFixture(w.deployWithAsset);
    ({ assets } = world);
  });

  it("names its membership and trusts its forwarder", async () => {
    expect(await assets.membership()).to.equal(world.membership);
    expect(await assets.trustedForwarder()).to.equal(world.forwarder);
  });

  describe("register", () => {
    it("keeps time, count and account under organisation and root, and logs the ids", async () => {
      const batch = w.batchOf(["a", "b", "c", "d", "e"].map(w.digestOf));
      const transaction = await assets.connect(world.m1).register(batch.ids);
      await expect(transaction).to.emit(assets, "Registered")
        .withArgs(world.debtor, batch.root, world.m1.address, batch.ids);
      const { timestamp } = await transaction.getBlock();
      expect(await assets.batch(world.debtor, batch.root)).to.deep.equal([BigInt(timestamp), 5n, world.m1.address]);
      expect(await assets.batch(world.rival, batch.root)).to.deep.equal([0n, 0n, ethers.ZeroAddress]);
    });

    it("is open to every role but a mere registrar's", async () => {
      for (const role of [Role.ENTERPRISE, Role.LENDER, Role.INSPECTOR, Role.WITNESS, Role.AUDITOR]) {
        const signer = (await ethers.getSigners())[12 + Math.log2(role)];
        await w.admit(world, `CN-USCC:T${role}`, role, signer);
        await assets.connect(signer).register([ethers.ZeroHash]);
      }
    });

    it("takes 1,024 ids", async () => {
      const batch = w.batchOf(Array.from({ length: 1024 }, (_, i) => w.digestOf(`${i}`)));
      await assets.connect(world.m1).register(batch.ids);
      expect((await assets.batch(world.debtor, batch.root)).count).to.equal(1024n);
    });
  });

  describe("root equals @openzeppelin/merkle-tree's", () => {
    const ids = Array.from({ length: 1024 }, (_, i) => w.digestOf(`id ${i}`));
    const check = async (size) => {
      const batch = w.batchOf(ids.slice(0, size));
      expect(await assets.connect(world.m1).register.staticCall(batch.ids)).to.equal(batch.root);
    };

    it("for 1 to 130 ids", async () => {
      for (let size = 1; size <= 130; size++) await check(size);
    });

    for (const size of [255, 256, 257, 1000, 1023, 1024]) it(`for ${size} ids`, () => check(size));
  });

  describe("setStanding", () => {
    const set = (to, { signer = world.m1, reason = 3, successor = ethers.ZeroHash, proof } = {}) =>
      assets
        .connect(signer)
        .setStanding(world.batch.root, world.asset.id, proof ?? world.evidence.batchProof, to, reason, successor);

    it("logs every change with reason and successor", async () => {
      const successor = w.digestOf("credit note");
      for (const to of [Standing.Suspended, Standing.Good, Standing.Suspended, Standing.Revoked]) {
        await expect(set(to, { successor }))
          .to.emit(assets, "StandingChanged").withArgs(world.debtor, world.asset.id, to, 3, successor);
        expect(await assets.standing(world.debtor, world.asset.id)).to.equal(to);
      }
    });

    it("refuses what changes nothing", async () => {
      await expect(set(Standing.Good)).to.be.revertedWithCustomError(assets, "NoChange")
        .withArgs(world.debtor, world.asset.id);
      await set(Standing.Revoked);
      await expect(set(Standing.Revoked)).to.be.revertedWithCustomError(assets, "NoChange");
    });

    it("refuses an asset outside the batch, and a standing that does not exist", async () => {
      await expect(set(Standing.Revoked, { proof: [] })).to.be.revertedWithCustomError(assets, "NotInBatch")
        .withArgs(world.batch.root, world.asset.id);
      await expect(set(3)).to.be.revertedWithoutReason();
    });

    it("refuses strangers", async () => {
      await expect(set(Standing.Revoked, { signer: world.outsider }))
        .to.be.revertedWithCustomError(world.membership, "NotActive").withArgs(world.outsider.address, 0);
    });

    it("is refused to a revoked key", async () => {
      await world.membership.connect(world.m1).revokeKey(w.keyIdOf(world.m1));
      await expect(set(Standing.Revoked)).to.be.revertedWithCustomError(world.membership, "NotActive");
    });

    it("holds for the asset in every batch of its issuer", async () => {
      const second = w.batchWith([world.asset], 2);
      await assets.connect(world.m1).register(second.ids);
      await set(Standing.Suspended);
      await expect(assets.requireGood(world.debtor, second.root, world.asset.id, second.proofOf(world.asset.id)))
        .to.be.revertedWithCustomError(assets, "NotGood");
    });
  });

  describe("requireGood", () => {
    it("passes a good asset of its issuer", async () => {
      await assets.requireGood(world.debtor, world.batch.root, world.asset.id, world.evidence.batchProof);
    });

    it("passes the only id of a batch without a proof", async () => {
      const id = w.digestOf("alone");
      await assets.connect(world.m1).register([id]);
      await assets.requireGood(world.debtor, w.batchOf([id]).root, id, []);
    });

    it("refuses unknown batches, foreign ids and other standings", async () => {
      const { root } = world.batch;
      const proof = world.evidence.batchProof;
      await expect(assets.requireGood(world.rival, root, world.asset.id, proof))
        .to.be.revertedWithCustomError(assets, "NotRegistered").withArgs(world.rival, root);
      await expect(assets.requireGood(world.debtor, root, ethers.ZeroHash, proof))
        .to.be.revertedWithCustomError(assets, "NotInBatch").withArgs(root, ethers.ZeroHash);
      await assets.connect(world.m1).setStanding(root, world.asset.id, proof, Standing.Suspended, 0, ethers.ZeroHash);
      await expect(assets.requireGood(world.debtor, root, world.asset.id, proof))
        .to.be.revertedWithCustomError(assets, "NotGood").withArgs(world.debtor, world.asset.id, Standing.Suspended);
    });
  });
});
