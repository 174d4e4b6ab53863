"use strict";

const { expect } = require("chai");
const { ethers } = require("hardhat");
const { loadFixture } = require("@nomicfoundation/hardhat-network-helpers");
const w = require("./world.js");
const { Role } = w;

describe("AccessLog", () => {
  const [scope, wraps, grantId] = ["scope", "wraps", "grant"].map(w.digestOf);
  let world;
  let access;
  beforeEach(async () => {
    world = await loadFixture(w.deploy);
    ({ access } = world);
  });

  it("names its membership and trusts its forwarder", async () => {
    expect(await access.membership()).to.equal(world.membership);
    expect(await access.trustedForwarder()).to.equal(world.forwarder);
  });

  it("grant: id and event follow from what is granted", async () => {
    const types = ["bytes32", "bytes32", "bytes32", "bytes32", "uint64"];
    const values = [world.debtor, world.lender, scope, wraps, w.EXPIRY];
    const expected = ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(types, values));
    const grant = access.connect(world.m1).grant;
    expect(await grant.staticCall(...values.slice(1))).to.equal(expected);
    await expect(grant(...values.slice(1))).to.emit(access, "Granted").withArgs(expected, ...values);
  });

  it("grant to nobody is refused", async () => {
    const nobody = w.orgOf("CN-USCC:nobody");
    await expect(access.connect(world.m1).grant(nobody, scope, wraps, 1))
      .to.be.revertedWithCustomError(access, "UnknownOrganisation").withArgs(nobody);
  });

  it("end, read and shred are logged with the organisation that states them", async () => {
    await expect(access.connect(world.m1).end(grantId)).to.emit(access, "Ended").withArgs(grantId, world.debtor);
    await expect(access.connect(world.l1).read(grantId, wraps))
      .to.emit(access, "Read").withArgs(grantId, world.lender, wraps);
    await expect(access.connect(world.m1).shred(scope)).to.emit(access, "Shredded").withArgs(world.debtor, scope);
  });

  it("outsiders state nothing, mere registrars open nothing", async () => {
    for (const [signer, mask] of [[world.outsider, 31], [world.r1, 31]]) {
      for (const open of [
        () => access.connect(signer).grant(world.lender, scope, wraps, 1),
        () => access.connect(signer).read(grantId, wraps),
      ]) {
        await expect(open()).to.be.revertedWithCustomError(world.membership, "NotActive").withArgs(signer.address, mask);
      }
    }
    for (const close of [() => access.connect(world.outsider).end(grantId), () => access.connect(world.outsider).shred(scope)]) {
      await expect(close()).to.be.revertedWithCustomError(world.membership, "NotActive")
        .withArgs(world.outsider.address, 0);
    }
  });

  it("a suspended member ends and shreds, but neither grants nor reads", async () => {
    await w.setOrganisation(world, "CN-USCC:M1", Role.ENTERPRISE, true);
    const member = access.connect(world.m1);
    await member.end(grantId);
    await member.shred(scope);
    for (const open of [() => member.grant(world.lender, scope, wraps, 1), () => member.read(grantId, wraps)]) {
      await expect(open()).to.be.revertedWithCustomError(world.membership, "NotActive");
    }
  });
});
