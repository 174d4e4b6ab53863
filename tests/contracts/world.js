// The world every test starts from: three registrars with a quorum of two, the four contracts and the forwarder, one
// manufacturer with one asset in a batch, two lenders. Trees come from @openzeppelin/merkle-tree, signatures from
// ethers: nothing here repeats what the contracts compute.
"use strict";

const { StandardMerkleTree } = require("@openzeppelin/merkle-tree");
const { ethers } = require("hardhat");
const { time } = require("@nomicfoundation/hardhat-network-helpers");

const Role = { ENTERPRISE: 1, LENDER: 2, INSPECTOR: 4, WITNESS: 8, AUDITOR: 16, REGISTRAR: 32 };
const Purpose = { None: 0, Account: 1, Instrument: 2, Inspector: 3, Witness: 4, Encryption: 5, Fingerprint: 6 };
const Standing = { Good: 0, Suspended: 1, Revoked: 2 };
const Status = { None: 0, Live: 1, Satisfied: 2, Enforced: 3, Cancelled: 4, Expired: 5 };
const FOREVER = 2n ** 64n - 1n;
const EXPIRY = 4_000_000_000n;

const keccak = (...parts) => ethers.keccak256(ethers.concat(parts));
const digestOf = (text) => ethers.id(text);
const keyIdOf = (account) => ethers.zeroPadValue(account.address ?? account, 32);

const REGISTRARS = ["CN-REG:R1", "CN-REG:R2", "CN-REG:R3"];
const OFFER = {
  Claim: [
    { name: "fingerprint", type: "bytes32" },
    { name: "share", type: "uint16" },
  ],
  Offer: [
    { name: "debtor", type: "bytes32" },
    { name: "lender", type: "bytes32" },
    { name: "claims", type: "Claim[]" },
    { name: "acceptBy", type: "uint64" },
    { name: "expiresAt", type: "uint64" },
    { name: "terms", type: "bytes32" },
  ],
};

/** An asset of `fields` fields, one of them `fingerprint.exact`; `text` and `path` let a test misspell it. */
function assetOf(label, fingerprint, { fields = 40, text = fingerprint, path = "fingerprint.exact" } = {}) {
  const salt = digestOf(`${label} salt`);
  const leaves = [[path, keccak(salt, ethers.toUtf8Bytes(text))]];
  for (let i = 1; i < fields; i++) leaves.push([`fact.line.${String(i).padStart(4, "0")}.quantity`, digestOf(`${label} ${i}`)]);
  const tree = StandardMerkleTree.of(leaves, ["string", "bytes32"]);
  return { id: tree.root, fingerprint, salt, fieldProof: tree.getProof(0) };
}

/** A batch in the order `register` wants. */
function batchOf(ids) {
  const tree = StandardMerkleTree.of(ids.map((id) => [id]), ["bytes32"]);
  const ascending = [...ids].sort((a, b) => (tree.leafHash([a]) < tree.leafHash([b]) ? -1 : 1));
  return { root: tree.root, ids: ascending, proofOf: (id) => tree.getProof([id]) };
}

/** `size` ids of which the first are `assets`'. */
function batchWith(assets, size = assets.length) {
  const ids = assets.map(({ id }) => id);
  while (ids.length < size) ids.push(digestOf(`filler ${ids.length}`));
  return batchOf(ids);
}

function evidenceOf(asset, batch, loose = []) {
  return {
    root: batch.root,
    assetId: asset.id,
    salt: asset.salt,
    batchProof: batch.proofOf(asset.id),
    fieldProof: asset.fieldProof,
    loose,
  };
}

let nonce = 0;

/** Has the quorum call `name` on Membership; answers the last vote's transaction. */
async function byQuorum(world, name, args) {
  const call = world.membership.interface.encodeFunctionData(name, args);
  nonce += 1;
  await world.membership.connect(world.r1).confirm(call, nonce);
  return world.membership.connect(world.r2).confirm(call, nonce);
}

const orgOf = (identifier) => digestOf(identifier);

async function setOrganisation(world, identifier, roles, suspended = false) {
  return byQuorum(world, "setOrganisation", [identifier, identifier, [], roles, suspended]);
}

async function setKey(world, account, org, { validFrom = 1, validUntil = FOREVER } = {}) {
  return byQuorum(world, "setKey", [keyIdOf(account), { org, validFrom, validUntil, purpose: Purpose.Account }, "0x"]);
}

async function admit(world, identifier, roles, account) {
  await setOrganisation(world, identifier, roles);
  await setKey(world, account, orgOf(identifier));
  return orgOf(identifier);
}

async function deploy() {
  const [r1, r2, r3, m1, m2, l1, l2, i1, outsider, relayer] = await ethers.getSigners();
  const forwarder = await ethers.deployContract("ERC2771Forwarder", ["assetcert"]);
  const membership = await ethers.deployContract("Membership", [REGISTRARS, [r1, r2, r3], 2]);
  const assets = await ethers.deployContract("AssetRegistry", [membership, forwarder]);
  const pledges = await ethers.deployContract("PledgeRegistry", [membership, assets, ethers.ZeroAddress, forwarder]);
  const access = await ethers.deployContract("AccessLog", [membership, forwarder]);
  const world = { forwarder, membership, assets, pledges, access, r1, r2, r3, m1, m2, l1, l2, i1, outsider, relayer };
  world.debtor = await admit(world, "CN-USCC:M1", Role.ENTERPRISE, m1);
  world.rival = await admit(world, "CN-USCC:M2", Role.ENTERPRISE, m2);
  world.lender = await admit(world, "CN-USCC:L1", Role.LENDER, l1);
  world.lender2 = await admit(world, "CN-USCC:L2", Role.LENDER, l2);
  world.inspector = await admit(world, "CN-USCC:I1", Role.INSPECTOR, i1);
  return world;
}

/** `deploy`, and one certified asset of M1 in a batch of three. */
async function deployWithAsset() {
  const world = await deploy();
  world.asset = assetOf("invoice 1", digestOf("fingerprint 1"));
  world.batch = batchWith([world.asset], 3);
  await world.assets.connect(world.m1).register(world.batch.ids);
  world.evidence = evidenceOf(world.asset, world.batch);
  return world;
}

function offerOf(world, change = {}) {
  return {
    debtor: world.debtor,
    lender: world.lender,
    claims: [{ fingerprint: world.asset.fingerprint, share: 10_000 }],
    acceptBy: EXPIRY - 1n,
    expiresAt: EXPIRY,
    terms: digestOf("loan 1"),
    ...change,
  };
}

async function domainOf(pledges) {
  const { chainId } = await ethers.provider.getNetwork();
  return { name: "assetcert", version: "1", chainId, verifyingContract: await pledges.getAddress() };
}

async function sign(world, offer, signer = world.m1, pledges = world.pledges) {
  return signer.signTypedData(await domainOf(pledges), OFFER, offer);
}

/** Pledges `offer` (default: the whole of the world's asset to L1), signed by M1 and sent by L1. */
async function pledge(world, offer = offerOf(world), { evidence, signer = world.m1, sender = world.l1, registry } = {}) {
  const pledges = registry ?? world.pledges;
  const signature = await sign(world, offer, signer, pledges);
  return pledges.connect(sender).pledge(offer, signature, evidence ?? offer.claims.map(() => world.evidence));
}

/** Sends `method(args)` on `target` as `from`, through the forwarder, paid by the relayer. */
async function relay(world, from, target, method, args, change = {}) {
  const request = {
    from: from.address,
    to: await target.getAddress(),
    value: 0n,
    gas: 5_000_000n,
    nonce: await world.forwarder.nonces(from.address),
    deadline: BigInt(await time.latest()) + 3600n,
    data: target.interface.encodeFunctionData(method, args),
    ...change,
  };
  const domain = {
    name: "assetcert",
    version: "1",
    chainId: (await ethers.provider.getNetwork()).chainId,
    verifyingContract: await world.forwarder.getAddress(),
  };
  const ForwardRequest = [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "gas", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint48" },
    { name: "data", type: "bytes" },
  ];
  const { nonce: _, ...rest } = request;
  const signature = await (change.signer ?? from).signTypedData(domain, { ForwardRequest }, request);
  return world.forwarder.connect(world.relayer).execute({ ...rest, signature });
}

module.exports = {
  EXPIRY, FOREVER, OFFER, Purpose, REGISTRARS, Role, Standing, Status,
  admit, assetOf, batchOf, batchWith, byQuorum, deploy, deployWithAsset, digestOf, domainOf, evidenceOf, keyIdOf,
  offerOf, orgOf, pledge, relay, setKey, setOrganisation, sign,
};
