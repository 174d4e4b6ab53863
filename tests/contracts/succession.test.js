// A successor goes on from its predecessors: nothing can be pledged in two registries.
"use strict";

const { expect } = require("chai");
const { ethers } = require("hardhat");
const { loadFixture } = require("@nomicfoundation/hardhat-network-helpers");
const w = require("./world.js");
const { Status } = w;

describe("Succession of PledgeRegistry", () => {
  let world;
  let successor;
  const deploySuccessor = (predecessor, membership = world.membership) =>
    ethers.deployContract("PledgeRegistry", [membership, world.assets, predecessor, world.forwarder]);
  const succeed = (from, to) => w.byQuorum(world, "setSuccessor", [from.target ?? from, to.target ?? to]);
  const part = (share, terms = "loan 1") =>
    w.offerOf(world, { claims: [{ fingerprint: world.asset.fingerprint, share }], terms: w.digestOf(terms) });
  const lienIn = (registry) => registry.lien(world.debtor, world.asset.fingerprint);

  beforeEach(async () => {
    world = await loadFixture(w.deployWithAsset);
    successor = await deploySuccessor(world.pledges);
  });

  it("a successor over its predecessor's shares is refused", async () => {
    await w.pledge(world, part(6_000));
    await succeed(world.pledges, successor);
    await expect(w.pledge(world, part(4_001), { registry: successor }))
      .to.be.revertedWithCustomError(successor, "Encumbered")
      .withArgs(world.debtor, world.asset.fingerprint, 6_000, 4_001);
    await w.pledge(world, part(4_000), { registry: successor });
    expect(await lienIn(world.pledges)).to.deep.equal([6_000n, 1n]);
    expect(await lienIn(successor)).to.deep.equal([10_000n, 2n]);
  });

  it("ranks go on from the predecessor's", async () => {
    await w.pledge(world, part(6_000));
    await succeed(world.pledges, successor);
    const transaction = await w.pledge(world, part(1_000), { registry: successor });
    const [claimed] = await successor.queryFilter("Claimed", transaction.blockNumber);
    expect(claimed.args.rank).to.equal(2n);
  });

  it("what the predecessor frees is free, what it burned is not", async () => {
    await w.pledge(world, part(6_000, "to free"));
    await w.pledge(world, part(4_000, "to burn"));
    await succeed(world.pledges, successor);
    await world.pledges.connect(world.l1).close(part(6_000, "to free"), Status.Cancelled);
    await world.pledges.connect(world.l1).close(part(4_000, "to burn"), Status.Satisfied);
    await expect(w.pledge(world, part(6_001), { registry: successor }))
      .to.be.revertedWithCustomError(successor, "Encumbered")
      .withArgs(world.debtor, world.asset.fingerprint, 4_000, 6_001);
    await w.pledge(world, part(6_000), { registry: successor });
    await successor.connect(world.l1).close(part(6_000), Status.Cancelled);
    expect(await lienIn(successor)).to.deep.equal([4_000n, 3n]);
  });

  it("a successor opens nothing before it is named, be its predecessor paused or not", async () => {
    for (const paused of [false, true]) {
      await w.byQuorum(world, "setPaused", [world.pledges.target, paused]);
      await expect(w.pledge(world, part(1), { registry: successor }))
        .to.be.revertedWithCustomError(successor, "NotSuccessor").withArgs(world.pledges);
    }
  });

  it("naming pauses the predecessor for good", async () => {
    await expect(succeed(world.pledges, successor))
      .to.emit(world.membership, "PausedSet").withArgs(world.pledges, true)
      .and.to.emit(world.membership, "SuccessorSet").withArgs(world.pledges, successor);
    expect(await world.membership.successorOf(world.pledges)).to.equal(successor);
    await expect(w.pledge(world)).to.be.revertedWithCustomError(world.membership, "RegistryPaused");
    for (const paused of [false, true]) {
      await expect(w.byQuorum(world, "setPaused", [world.pledges.target, paused]))
        .to.be.revertedWithCustomError(world.membership, "RegistrySucceeded").withArgs(world.pledges, successor);
    }
  });

  it("there is one successor, a contract, and not the registry itself", async () => {
    const rival = await deploySuccessor(world.pledges);
    for (const [from, to] of [[world.pledges, world.pledges], [world.pledges, world.outsider.address]]) {
      await expect(succeed(from, to))
        .to.be.revertedWithCustomError(world.membership, "BadSuccessor").withArgs(from, to);
    }
    await succeed(world.pledges, successor);
    await expect(succeed(world.pledges, rival))
      .to.be.revertedWithCustomError(world.membership, "RegistrySucceeded").withArgs(world.pledges, successor);
    await expect(w.pledge(world, part(1), { registry: rival }))
      .to.be.revertedWithCustomError(rival, "NotSuccessor").withArgs(world.pledges);
  });

  it("a paused successor opens nothing", async () => {
    await succeed(world.pledges, successor);
    await w.byQuorum(world, "setPaused", [successor.target, true]);
    await expect(w.pledge(world, part(1), { registry: successor }))
      .to.be.revertedWithCustomError(world.membership, "RegistryPaused").withArgs(successor);
  });

  it("a third registry adds up both before it", async () => {
    await w.pledge(world, part(3_000));
    await succeed(world.pledges, successor);
    await w.pledge(world, part(3_000), { registry: successor });
    const third = await deploySuccessor(successor);
    await succeed(successor, third);
    await expect(w.pledge(world, part(4_001), { registry: third })).to.be.revertedWithCustomError(third, "Encumbered");
    await w.pledge(world, part(4_000), { registry: third });
    expect(await lienIn(third)).to.deep.equal([10_000n, 3n]);
  });

  it("a predecessor under another Membership is refused", async () => {
    const foreign = await ethers.deployContract("Membership", [["CN-REG:R1"], [world.r1], 1]);
    await expect(deploySuccessor(world.pledges, foreign))
      .to.be.revertedWithCustomError(successor, "ForeignPredecessor").withArgs(world.pledges);
  });

  it("an offer signed for the predecessor does not open in the successor", async () => {
    await succeed(world.pledges, successor);
    const signature = await w.sign(world, part(1), world.m1, world.pledges);
    await expect(successor.connect(world.l1).pledge(part(1), signature, [world.evidence])).to.be.reverted;
  });
});
