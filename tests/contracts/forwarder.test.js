// Somebody else sends and pays; the signer acts. And nobody else can pass for a signer.
"use strict";

const { expect } = require("chai");
const { ethers } = require("hardhat");
const { loadFixture } = require("@nomicfoundation/hardhat-network-helpers");
const w = require("./world.js");
const { Standing, Status } = w;

describe("ERC2771Forwarder", () => {
  let world;
  beforeEach(async () => {
    world = await loadFixture(w.deployWithAsset);
  });

  it("relays register", async () => {
    const batch = w.batchOf(["a", "b", "c"].map(w.digestOf));
    await expect(w.relay(world, world.m1, world.assets, "register", [batch.ids]))
      .to.emit(world.assets, "Registered").withArgs(world.debtor, batch.root, world.m1.address, batch.ids);
    expect((await world.assets.batch(world.debtor, batch.root)).account).to.equal(world.m1);
  });

  it("relays pledge and close", async () => {
    const offer = w.offerOf(world);
    const signature = await w.sign(world, offer);
    await w.relay(world, world.l1, world.pledges, "pledge", [offer, signature, [world.evidence]]);
    expect(await world.pledges.lien(world.debtor, world.asset.fingerprint)).to.deep.equal([10_000n, 1n]);
    await w.relay(world, world.l1, world.pledges, "close", [offer, Status.Cancelled]);
    expect(await world.pledges.lien(world.debtor, world.asset.fingerprint)).to.deep.equal([0n, 1n]);
  });

  it("relays standings and the access log", async () => {
    const { batch, asset, evidence } = world;
    const args = [batch.root, asset.id, evidence.batchProof, Standing.Revoked, 1, ethers.ZeroHash];
    await expect(w.relay(world, world.m1, world.assets, "setStanding", args)).to.emit(world.assets, "StandingChanged");
    const org = world.debtor;
    const [scope, wraps] = ["scope", "wraps"].map(w.digestOf);
    await expect(w.relay(world, world.m1, world.access, "grant", [world.lender, scope, wraps, 1]))
      .to.emit(world.access, "Granted");
    await expect(w.relay(world, world.m1, world.access, "end", [scope]))
      .to.emit(world.access, "Ended").withArgs(scope, org);
    await expect(w.relay(world, world.m1, world.access, "read", [scope, wraps]))
      .to.emit(world.access, "Read").withArgs(scope, org, wraps);
    await expect(w.relay(world, world.m1, world.access, "shred", [scope]))
      .to.emit(world.access, "Shredded").withArgs(org, scope);
  });

  it("refuses a request that its sender did not sign", async () => {
    await expect(w.relay(world, world.m1, world.assets, "register", [[ethers.ZeroHash]], { signer: world.outsider }))
      .to.be.revertedWithCustomError(world.forwarder, "ERC2771ForwarderInvalidSigner");
  });

  it("gives an outsider no rights", async () => {
    await expect(w.relay(world, world.outsider, world.assets, "register", [[ethers.ZeroHash]]))
      .to.be.revertedWithCustomError(world.forwarder, "FailedCall");
  });

  it("cannot reach Membership, which trusts no forwarder", async () => {
    const call = world.membership.interface.encodeFunctionData("setQuorum", [1]);
    await expect(w.relay(world, world.r1, world.membership, "confirm", [call, 1]))
      .to.be.revertedWithCustomError(world.forwarder, "ERC2771UntrustfulTarget");
  });

  it("an address appended by anybody else counts for nothing", async () => {
    const { assets, m1, outsider } = world;
    const data = assets.interface.encodeFunctionData("register", [[ethers.ZeroHash]]);
    await expect(outsider.sendTransaction({ to: assets, data: ethers.concat([data, m1.address]) }))
      .to.be.revertedWithCustomError(world.membership, "NotActive").withArgs(outsider.address, 31);
  });

  it("another forwarder counts for nothing", async () => {
    const forwarder = await ethers.deployContract("ERC2771Forwarder", ["assetcert"]);
    await expect(w.relay({ ...world, forwarder }, world.m1, world.assets, "register", [[ethers.ZeroHash]]))
      .to.be.revertedWithCustomError(forwarder, "ERC2771UntrustfulTarget");
  });

  it("none at all is possible", async () => {
    const assets = await ethers.deployContract("AssetRegistry", [world.membership, ethers.ZeroAddress]);
    await assets.connect(world.m1).register([ethers.ZeroHash]);
  });
});
