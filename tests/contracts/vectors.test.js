// The contracts are held to the published vectors (docs/vectors), as Python and JavaScript are.
"use strict";

const { StandardMerkleTree } = require("@openzeppelin/merkle-tree");
const { expect } = require("chai");
const { ethers } = require("hardhat");
const { loadFixture } = require("@nomicfoundation/hardhat-network-helpers");
const { batches } = require("../../docs/vectors/batches.json");
const { organisations } = require("../../docs/vectors/keys.json");
const { asset_id: assetId, receipt } = require("../../docs/vectors/receipts.json");
const w = require("./world.js");

describe("Vectors", () => {
  let world;
  beforeEach(async () => {
    world = await loadFixture(w.deploy);
  });

  /** The vectors' ids in the order of their leaves, each with its leaf. */
  const leaves = Array.from({ length: 1025 }, (_, i) => {
    const id = w.digestOf(`assetcert/1/vector/${i}`);
    return { id, leaf: ethers.keccak256(ethers.keccak256(id)), i };
  }).sort((a, b) => (a.leaf < b.leaf ? -1 : 1));
  const idsOf = (count) => leaves.filter(({ i }) => i < count).map(({ id }) => id);

  it("batches.json: order and root", async () => {
    const { assets, m1 } = world;
    for (const { count, root, ordered, batch } of batches) {
      const ids = idsOf(count);
      expect(ethers.keccak256(ethers.concat(ids))).to.equal(ordered);
      if (batch) expect(await assets.connect(m1).register.staticCall(ids)).to.equal(root);
      else await expect(assets.connect(m1).register.staticCall(ids)).to.be.revertedWithCustomError(assets, "BatchTooLarge");
    }
  });

  it("batches.json: proofs", async () => {
    const { assets, m1 } = world;
    for (const { count, root, proof_of_0: proof } of batches.filter(({ count, batch }) => batch && count % 9 === 1)) {
      await assets.connect(m1).register(idsOf(count));
      await assets.requireGood(world.debtor, root, w.digestOf("assetcert/1/vector/0"), proof);
    }
  });

  it("keys.json: organisations", async () => {
    for (const [identifier, org] of Object.entries(organisations)) {
      await w.setOrganisation(world, identifier, w.Role.ENTERPRISE);
      expect((await world.membership.organisation(org)).roles).to.equal(1n);
    }
  });

  it("receipts.json: a whole receipt is pledged", async () => {
    const debtor = await w.admit(world, "CN-USCC:91500000MA5U0ABC12", w.Role.ENTERPRISE, world.outsider);
    expect(debtor).to.equal(receipt.org);
    const tree = StandardMerkleTree.of(receipt.fields.map(({ path, digest }) => [path, digest]), ["string", "bytes32"]);
    expect(tree.root).to.equal(assetId);
    const index = receipt.fields.findIndex(({ path }) => path === "fingerprint.exact");
    const { value: fingerprint, salt } = receipt.fields[index];
    const asset = { id: assetId, fingerprint, salt, fieldProof: tree.getProof(index) };
    const batch = w.batchWith([asset]);
    await world.assets.connect(world.outsider).register(batch.ids);
    const offer = w.offerOf({ ...world, asset }, { debtor });
    await w.pledge(world, offer, { signer: world.outsider, evidence: [w.evidenceOf(asset, batch)] });
    expect(await world.pledges.lien(debtor, fingerprint)).to.deep.equal([10_000n, 1n]);
  });
});
