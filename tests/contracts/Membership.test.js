"use strict";

const { expect } = require("chai");
const { ethers } = require("hardhat");
const { loadFixture, time } = require("@nomicfoundation/hardhat-network-helpers");
const w = require("./world.js");
const { Purpose, Role } = w;

describe("Membership", () => {
  let world;
  let membership;
  beforeEach(async () => {
    world = await loadFixture(w.deploy);
    ({ membership } = world);
  });

  const encode = (name, args) => membership.interface.encodeFunctionData(name, args);
  const vote = (signer, call, nonce = 1) => membership.connect(signer).confirm(call, nonce);
  const refused = (transaction, error, ...args) =>
    expect(transaction).to.be.revertedWithCustomError(membership, error).withArgs(...args);

  describe("constructor", () => {
    const deploy = (...args) => ethers.deployContract("Membership", args);

    it("admits the first registrars, all of it in its logs", async () => {
      const receipt = await membership.deploymentTransaction().wait();
      const { timestamp } = await receipt.getBlock();
      const logs = receipt.logs.map((log) => membership.interface.parseLog(log));
      const expected = w.REGISTRARS.flatMap((identifier, i) => [
        ["OrganisationSet", [w.orgOf(identifier), identifier, "", [], BigInt(Role.REGISTRAR), false]],
        ["KeySet", [w.keyIdOf([world.r1, world.r2, world.r3][i]), w.orgOf(identifier), BigInt(timestamp), w.FOREVER,
          BigInt(Purpose.Account), "0x"]],
      ]);
      expected.push(["QuorumSet", [2n]]);
      expect(logs.map(({ name, args }) => [name, args.toArray(true)])).to.deep.equal(expected);
      expect((await membership.electorate()).slice(0, 2)).to.deep.equal([2n, 3n]);
    });

    it("counts an organisation named twice once", async () => {
      const { r1, r2 } = world;
      await expect(deploy(["CN-REG:R1", "CN-REG:R1"], [r1, r2], 2))
        .to.be.revertedWithCustomError(membership, "BadQuorum").withArgs(2, 1);
      const single = await deploy(["CN-REG:R1", "CN-REG:R1"], [r1, r2], 1);
      expect(await single.closer(r2)).to.equal(w.orgOf("CN-REG:R1"));
    });

    it("refuses quorums that cannot be reached, and lists that do not match", async () => {
      const { r1, r2 } = world;
      const bad = async (args, error, ...values) =>
        expect(deploy(...args)).to.be.revertedWithCustomError(membership, error).withArgs(...values);
      await bad([["CN-REG:R1"], [r1], 0], "BadQuorum", 0, 1);
      await bad([["CN-REG:R1"], [r1], 2], "BadQuorum", 2, 1);
      await bad([[], [], 1], "BadQuorum", 1, 0);
      await bad([["CN-REG:R1"], [r1, r2], 1], "BadElectorate", 1, 2);
      await bad([["CN-REG:R1"], [ethers.ZeroAddress], 1], "BadKey", ethers.ZeroHash);
      await bad([["CN-REG:R1", "CN-REG:R2"], [r1, r1], 1], "KeyBelongsToAnother", w.keyIdOf(r1), w.orgOf("CN-REG:R1"));
    });
  });

  describe("votes", () => {
    it("the quorum executes, once for each nonce", async () => {
      const call = encode("setPaused", [world.assets.target, true]);
      const callId = await membership.callIdOf(call, 1);
      await expect(vote(world.r1, call))
        .to.emit(membership, "Confirmed").withArgs(callId, w.orgOf("CN-REG:R1"), 1, call)
        .and.not.to.emit(membership, "Executed");
      expect(await membership.isPaused(world.assets)).to.equal(false);
      await expect(vote(world.r2, call))
        .to.emit(membership, "Executed").withArgs(callId)
        .and.to.emit(membership, "PausedSet").withArgs(world.assets, true);
      await refused(vote(world.r3, call), "AlreadyExecuted", callId);
      expect(await membership.isPaused(world.assets)).to.equal(true);
    });

    it("answer whether they executed", async () => {
      const call = encode("setQuorum", [3]);
      expect(await membership.connect(world.r1).confirm.staticCall(call, 1)).to.equal(false);
      await vote(world.r1, call);
      expect(await membership.connect(world.r2).confirm.staticCall(call, 1)).to.equal(true);
    });

    it("count one for each organisation, whichever of its accounts sends", async () => {
      await w.setKey(world, world.outsider, w.orgOf("CN-REG:R1"));
      const call = encode("setQuorum", [3]);
      const callId = await membership.callIdOf(call, 1);
      await vote(world.r1, call);
      await refused(vote(world.outsider, call), "AlreadyConfirmed", callId, w.orgOf("CN-REG:R1"));
      await refused(vote(world.r1, call), "AlreadyConfirmed", callId, w.orgOf("CN-REG:R1"));
    });

    it("are counted apart for another nonce or another call", async () => {
      const call = encode("setQuorum", [3]);
      await vote(world.r1, call, 1);
      await vote(world.r2, call, 2);
      await vote(world.r2, encode("setQuorum", [1]), 1);
      expect((await membership.electorate()).quorum).to.equal(2n);
    });

    it("of a suspended registrar are refused", async () => {
      await w.setOrganisation(world, "CN-REG:R3", Role.REGISTRAR, true);
      await refused(vote(world.r3, encode("setQuorum", [1])), "NotActive", world.r3.address, Role.REGISTRAR);
    });

    for (const [change, act] of [
      ["a registrar is admitted", () => w.setOrganisation(world, "CN-REG:R4", Role.REGISTRAR)],
      ["a registrar is suspended", () => w.setOrganisation(world, "CN-REG:R3", Role.REGISTRAR, true)],
      ["a registrar loses the role", () => w.setOrganisation(world, "CN-REG:R3", Role.AUDITOR)],
      ["the quorum changes", () => w.byQuorum(world, "setQuorum", [1])],
      ["an account of a registrar is revoked", () => membership.connect(world.r3).revokeKey(w.keyIdOf(world.r3))],
      ["an account of a registrar is changed", () => w.setKey(world, world.r3, w.orgOf("CN-REG:R3"), { validFrom: 2 })],
    ]) {
      it(`lapse when ${change}`, async () => {
        const call = encode("setPaused", [world.assets.target, true]);
        const before = await membership.callIdOf(call, 77);
        await vote(world.r3, call, 77);
        await act();
        expect(await membership.callIdOf(call, 77)).not.to.equal(before);
        const { quorum } = await membership.electorate();
        await vote(world.r1, call, 77);
        expect(await membership.isPaused(world.assets)).to.equal(quorum === 1n);
        if (quorum === 2n) await vote(world.r2, call, 77);
        expect(await membership.isPaused(world.assets)).to.equal(true);
      });
    }

    it("stand while other members and new accounts come", async () => {
      const call = encode("setPaused", [world.assets.target, true]);
      await vote(world.r1, call, 77);
      await w.setOrganisation(world, "CN-USCC:M9", Role.ENTERPRISE);
      await w.setOrganisation(world, "CN-REG:R3", Role.REGISTRAR | Role.AUDITOR);
      await w.setKey(world, world.outsider, w.orgOf("CN-REG:R3"));
      await membership.connect(world.m1).revokeKey(w.keyIdOf(world.m1));
      await w.byQuorum(world, "setQuorum", [2]);
      await vote(world.r2, call, 77);
      expect(await membership.isPaused(world.assets)).to.equal(true);
    });

    it("that executed are not counted again in a later epoch", async () => {
      const call = encode("setQuorum", [1]);
      await vote(world.r1, call);
      await vote(world.r2, call);
      await refused(vote(world.r1, call), "AlreadyExecuted", await membership.callIdOf(call, 1));
    });

    it("for a call that fails are kept, and the last of them fails with its error", async () => {
      const call = encode("setQuorum", [4]);
      await vote(world.r1, call);
      await refused(vote(world.r2, call), "BadQuorum", 4, 3);
      await w.setOrganisation(world, "CN-REG:R4", Role.REGISTRAR);
      await vote(world.r1, call);
      await vote(world.r2, call);
      expect((await membership.electorate()).quorum).to.equal(4n);
    });

    it("cannot make the contract vote or revoke, nor call what does not exist", async () => {
      for (const [call, error] of [
        [encode("confirm", ["0x", 1]), "NotActive"],
        [encode("revokeKey", [w.keyIdOf(world.m1)]), "NotActive"],
      ]) {
        await vote(world.r1, call);
        await expect(vote(world.r2, call)).to.be.revertedWithCustomError(membership, error);
      }
      await vote(world.r1, "0x12345678");
      await expect(vote(world.r2, "0x12345678")).to.be.revertedWithCustomError(membership, "FailedCall");
    });
  });

  describe("organisations", () => {
    it("keep their day of admission, and are announced whole", async () => {
      const args = ["CN-USCC:M9", "Ninth mill", ["VAT:DE9"], Role.ENTERPRISE | Role.WITNESS, false];
      const org = w.orgOf("CN-USCC:M9");
      await expect(w.byQuorum(world, "setOrganisation", args))
        .to.emit(membership, "OrganisationSet").withArgs(org, ...args);
      const admittedAt = BigInt(await time.latest());
      expect(await membership.organisation(org)).to.deep.equal([9n, false, admittedAt]);
      await w.setOrganisation(world, "CN-USCC:M9", Role.LENDER, true);
      expect(await membership.organisation(org)).to.deep.equal([2n, true, admittedAt]);
    });

    it("need an identifier and a known role", async () => {
      const refuse = async (identifier, roles, error, ...args) =>
        refused(w.setOrganisation(world, identifier, roles), error, ...args);
      await refuse("", Role.ENTERPRISE, "BadIdentifier", "");
      await refuse("CN-USCC:M9", 0, "BadRoles", 0);
      await refuse("CN-USCC:M9", 64, "BadRoles", 64);
    });

    it("leave no fewer registrars than the quorum", async () => {
      await w.byQuorum(world, "setQuorum", [3]);
      const three = async (args) => {
        const call = encode("setOrganisation", args);
        await vote(world.r1, call, 5);
        await vote(world.r2, call, 5);
        return vote(world.r3, call, 5);
      };
      const { registrars } = await membership.electorate();
      expect(registrars).to.equal(3n);
      await refused(three(["CN-REG:R3", "", [], Role.REGISTRAR, true]), "BadQuorum", 3, 2);
      await refused(three(["CN-REG:R3", "", [], Role.AUDITOR, false]), "BadQuorum", 3, 2);
    });

    it("come back as registrars when they are no longer suspended", async () => {
      await w.setOrganisation(world, "CN-REG:R3", Role.REGISTRAR, true);
      expect((await membership.electorate()).registrars).to.equal(2n);
      await w.setOrganisation(world, "CN-REG:R3", Role.REGISTRAR, false);
      expect((await membership.electorate()).registrars).to.equal(3n);
    });
  });

  describe("keys", () => {
    const setKey = (keyId, key, publicKey = "0x") =>
      w.byQuorum(world, "setKey", [
        keyId,
        { org: world.debtor, validFrom: 1, validUntil: w.FOREVER, purpose: Purpose.Account, ...key },
        publicKey,
      ]);

    it("are announced with their public key, under its hash", async () => {
      const publicKey = "0xed01aa";
      const keyId = ethers.keccak256(publicKey);
      await expect(setKey(keyId, { validFrom: 5, validUntil: 9, purpose: Purpose.Instrument }, publicKey))
        .to.emit(membership, "KeySet").withArgs(keyId, world.debtor, 5, 9, Purpose.Instrument, publicKey);
      expect(await membership.key(keyId)).to.deep.equal([world.debtor, 5n, 9n, BigInt(Purpose.Instrument)]);
    });

    it("belong to a known organisation, for ever", async () => {
      const nobody = w.orgOf("CN-USCC:nobody");
      await refused(setKey(w.keyIdOf(world.outsider), { org: nobody }), "UnknownOrganisation", nobody);
      await refused(
        setKey(w.keyIdOf(world.m1), { org: world.rival }), "KeyBelongsToAnother", w.keyIdOf(world.m1), world.debtor,
      );
    });

    it("have a purpose, an interval, and the id of what they are", async () => {
      const account = w.keyIdOf(world.outsider);
      const hash = ethers.keccak256("0x01");
      for (const [keyId, key, publicKey] of [
        [account, { purpose: Purpose.None }],
        [account, { validFrom: 5, validUntil: 5 }],
        [account, { validFrom: 6, validUntil: 5 }],
        [account, {}, "0x01"],
        [ethers.ZeroHash, {}],
        [hash, {}],
        [hash, { purpose: Purpose.Witness }],
        [account, { purpose: Purpose.Witness }, "0x01"],
        [ethers.zeroPadBytes("0x01", 32), {}],
      ]) {
        await refused(setKey(keyId, key, publicKey), "BadKey", keyId);
      }
    });

    it("keep their purpose", async () => {
      const keyId = ethers.keccak256("0x01");
      await setKey(keyId, { purpose: Purpose.Witness }, "0x01");
      await refused(setKey(keyId, { purpose: Purpose.Inspector }, "0x01"), "BadKey", keyId);
    });

    it("are renewed while they are valid, and stay ended afterwards", async () => {
      const keyId = w.keyIdOf(world.outsider);
      const validUntil = BigInt(await time.latest()) + 1000n;
      await setKey(keyId, { validUntil });
      await setKey(keyId, { validUntil: validUntil + 10n });
      await time.increaseTo(validUntil + 10n);
      await refused(setKey(keyId, {}), "KeyEnded", keyId, validUntil + 10n);
    });

    it("are valid from validFrom to before validUntil", async () => {
      const validFrom = BigInt(await time.latest()) + 1000n;
      await setKey(w.keyIdOf(world.outsider), { validFrom, validUntil: validFrom + 10n });
      const closer = () => membership.closer(world.outsider);
      await refused(closer(), "NotActive", world.outsider.address, 0);
      await refused(membership.opener(world.outsider, 1), "NotActive", world.outsider.address, 1);
      await time.increaseTo(validFrom);
      expect(await closer()).to.equal(world.debtor);
      expect(await membership.opener(world.outsider, 1)).to.equal(world.debtor);
      await time.increaseTo(validFrom + 9n);
      expect(await closer()).to.equal(world.debtor);
      await time.increaseTo(validFrom + 10n);
      await refused(closer(), "NotActive", world.outsider.address, 0);
      await refused(membership.opener(world.outsider, 1), "NotActive", world.outsider.address, 1);
    });

    it("are revoked by any valid account of their organisation, itself included, even if suspended", async () => {
      await setKey(w.keyIdOf(world.outsider), {});
      await w.setOrganisation(world, "CN-USCC:M1", Role.ENTERPRISE, true);
      const revoked = membership.connect(world.m1).revokeKey(w.keyIdOf(world.outsider));
      await expect(revoked).to.emit(membership, "KeyRevoked")
        .withArgs(w.keyIdOf(world.outsider), world.debtor, (await (await revoked).getBlock()).timestamp);
      await membership.connect(world.m1).revokeKey(w.keyIdOf(world.m1));
      await refused(membership.closer(world.m1), "NotActive", world.m1.address, 0);
    });

    it("are not revoked twice, by others, or where there is none", async () => {
      const revoke = (signer, account) => membership.connect(signer).revokeKey(w.keyIdOf(account));
      await setKey(w.keyIdOf(world.outsider), {});
      await refused(revoke(world.m2, world.m1), "KeyBelongsToAnother", w.keyIdOf(world.m1), world.debtor);
      await refused(revoke(world.m1, world.relayer), "KeyBelongsToAnother", w.keyIdOf(world.relayer), ethers.ZeroHash);
      await refused(revoke(world.relayer, world.m1), "NotActive", world.relayer.address, 0);
      await revoke(world.m1, world.outsider);
      const { validUntil } = await membership.key(w.keyIdOf(world.outsider));
      await refused(revoke(world.m1, world.outsider), "KeyEnded", w.keyIdOf(world.outsider), validUntil);
      await refused(setKey(w.keyIdOf(world.outsider), {}), "KeyEnded", w.keyIdOf(world.outsider), validUntil);
    });

    it("are ended before they begin", async () => {
      const keyId = w.keyIdOf(world.outsider);
      await setKey(keyId, { validFrom: w.EXPIRY });
      await membership.connect(world.m1).revokeKey(keyId);
      await time.increaseTo(w.EXPIRY);
      await refused(membership.closer(world.outsider), "NotActive", world.outsider.address, 0);
    });
  });

  describe("roles", () => {
    const names = Object.entries(Role);
    for (const [name, role] of names) {
      it(`${name.toLowerCase()}: opens what its bit opens, closes everything`, async () => {
        await w.admit(world, "CN-USCC:T", role, world.outsider);
        for (let mask = 0; mask < 64; mask++) {
          const answer = membership.opener(world.outsider, mask);
          if (mask & role) expect(await answer).to.equal(w.orgOf("CN-USCC:T"));
          else await refused(answer, "NotActive", world.outsider.address, mask);
        }
        expect(await membership.closer(world.outsider)).to.equal(w.orgOf("CN-USCC:T"));
      });
    }

    it("a suspended organisation opens nothing and closes everything", async () => {
      await w.setOrganisation(world, "CN-USCC:M1", Role.ENTERPRISE, true);
      await refused(membership.opener(world.m1, 63), "NotActive", world.m1.address, 63);
      expect(await membership.closer(world.m1)).to.equal(world.debtor);
    });
  });

  describe("pauses", () => {
    it("are announced when they change, and can end", async () => {
      const set = (paused) => w.byQuorum(world, "setPaused", [world.assets.target, paused]);
      await expect(set(false)).not.to.emit(membership, "PausedSet");
      await expect(set(true)).to.emit(membership, "PausedSet").withArgs(world.assets, true);
      await expect(set(true)).not.to.emit(membership, "PausedSet");
      await expect(set(false)).to.emit(membership, "PausedSet").withArgs(world.assets, false);
      await world.assets.connect(world.m1).register([ethers.ZeroHash]);
    });
  });

  it("is rebuilt from its logs alone", async () => {
    await w.setOrganisation(world, "CN-USCC:M2", Role.ENTERPRISE | Role.INSPECTOR, true);
    await membership.connect(world.l1).revokeKey(w.keyIdOf(world.l1));
    await w.byQuorum(world, "setQuorum", [3]);

    const [organisations, keys] = [new Map(), new Map()];
    let quorum;
    for (const log of await membership.queryFilter("*")) {
      const { org, keyId } = log.args;
      const at = BigInt((await log.getBlock()).timestamp);
      if (log.eventName === "OrganisationSet") {
        expect(org).to.equal(w.orgOf(log.args.identifier));
        organisations.set(org, [log.args.roles, log.args.suspended, organisations.get(org)?.[2] ?? at]);
      } else if (log.eventName === "KeySet") {
        keys.set(keyId, [org, log.args.validFrom, log.args.validUntil, log.args.purpose]);
      } else if (log.eventName === "KeyRevoked") {
        keys.get(keyId)[2] = log.args.validUntil;
      } else if (log.eventName === "QuorumSet") {
        quorum = log.args.quorum;
      }
    }
    expect([organisations.size, keys.size]).to.deep.equal([8, 8]);
    for (const [org, expected] of organisations) expect(await membership.organisation(org)).to.deep.equal(expected);
    for (const [keyId, expected] of keys) expect(await membership.key(keyId)).to.deep.equal(expected);
    const registrars = [...organisations.values()].filter(([roles, suspended]) => roles & 32n && !suspended).length;
    expect((await membership.electorate()).slice(0, 2)).to.deep.equal([quorum, BigInt(registrars)]);
  });
});
