// Measures what the contracts cost, with real trees (40 fields an asset, batches of 1,000), and prints one JSON object:
// {name: gas}. Plain names are paris, names in `_prague` the same transaction under Prague's calldata floor (EIP-7623).
"use strict";

const { execFileSync } = require("node:child_process");

if (process.env.HARDFORK === undefined) {
  const run = (hardfork) =>
    JSON.parse(execFileSync(process.execPath, [__filename], { env: { ...process.env, HARDFORK: hardfork }, encoding: "utf8" }));
  const figures = run("merge");
  for (const [name, gas] of Object.entries(run("prague"))) figures[`${name}_prague`] = gas;
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
} else {
  measure().then(
    (figures) => process.stdout.write(JSON.stringify(figures)),
    (error) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
}

async function measure() {
  const hre = require("hardhat");
  await hre.run("compile", { quiet: true });
  const w = require("../tests/contracts/world.js");
  const world = await w.deploy();
  const gasOf = async (transaction) => Number((await (await transaction).wait()).gasUsed);
  const loose = ["a", "b", "c"].map(w.digestOf);
  const figures = {};

  const assets = Array.from({ length: 150 }, (_, i) => w.assetOf(`asset ${i}`, w.digestOf(`fingerprint ${i}`)));
  const batch = w.batchWith(assets, 1000);
  const register = (ids) => gasOf(world.assets.connect(world.m1).register(ids));
  for (const size of [1, 10, 100]) {
    figures[`register_${size}`] = await register(w.batchOf(batch.ids.slice(0, size)).ids);
  }
  figures.register_1000 = await register(batch.ids);
  figures.register_per_asset_1000 = figures.register_1000 / 1000;
  // What a project pays that anchors each document in its own transaction: a batch of one, nothing else.
  figures.anchoring_one_document_per_transaction = figures.register_1;
  const other = w.batchOf(batch.ids.map((id) => w.digestOf(id)));
  figures.register_1000_relayed = await gasOf(w.relay(world, world.m1, world.assets, "register", [other.ids]));

  let next = 0;
  let terms = 0;
  const prepare = async (lines, looseValues, share = 10_000) => {
    const chosen = assets.slice(next, (next += lines));
    const offer = w.offerOf({ ...world, asset: chosen[0] }, {
      claims: chosen.map(({ fingerprint }) => ({ fingerprint, share })),
      terms: w.digestOf(`terms ${terms++}`),
    });
    const evidence = chosen.map((asset) => w.evidenceOf(asset, batch, looseValues));
    return [offer, evidence];
  };
  const pledge = async (offer, evidence) => gasOf(w.pledge(world, offer, { evidence }));
  const close = async (offer, status, sender = world.l1) => gasOf(world.pledges.connect(sender).close(offer, status));

  const one = await prepare(1, []);
  figures.pledge_one = await pledge(...one);
  const one3 = await prepare(1, loose);
  figures.pledge_one_3_loose = await pledge(...one3);
  const ten = await prepare(10, []);
  figures.pledge_10 = await pledge(...ten);
  figures.pledge_line_at_10 = figures.pledge_10 / 10;
  const ten3 = await prepare(10, loose);
  figures.pledge_10_3_loose = await pledge(...ten3);
  figures.pledge_line_at_10_3_loose = figures.pledge_10_3_loose / 10;
  const hundred = await prepare(100, loose);
  figures.pledge_100_3_loose = await pledge(...hundred);
  const [half, halfEvidence] = await prepare(1, [], 5_000);
  await pledge(half, halfEvidence);
  figures.pledge_second_rank = await pledge({ ...half, terms: w.digestOf("second") }, halfEvidence);
  const [relayed, relayedEvidence] = await prepare(1, []);
  const signature = await w.sign(world, relayed);
  figures.pledge_one_relayed = await gasOf(
    w.relay(world, world.l1, world.pledges, "pledge", [relayed, signature, relayedEvidence]),
  );

  figures.close_1_freeing = await close(one[0], w.Status.Cancelled);
  figures.close_10_freeing = await close(ten[0], w.Status.Cancelled);
  figures.close_10_burning = await close(ten3[0], w.Status.Satisfied);

  const target = assets[0].id;
  const proof = batch.proofOf(target);
  const setStanding = (to) =>
    gasOf(world.assets.connect(world.m1).setStanding(batch.root, target, proof, to, 1, w.digestOf("")));
  figures.set_standing_first = await setStanding(w.Standing.Suspended);
  figures.set_standing_later = await setStanding(w.Standing.Revoked);

  const vote = async (signer, name, args, nonce) =>
    gasOf(world.membership.connect(signer).confirm(world.membership.interface.encodeFunctionData(name, args), nonce));
  const organisation = ["CN-USCC:91500000MA5U0ABC12", "A manufacturer", [], w.Role.ENTERPRISE, false];
  figures.confirm_organisation_first_vote = await vote(world.r1, "setOrganisation", organisation, 1_000_001);
  figures.confirm_organisation_second_vote = await vote(world.r2, "setOrganisation", organisation, 1_000_001);
  const key = [
    w.keyIdOf(world.outsider),
    { org: w.orgOf(organisation[0]), validFrom: 1, validUntil: w.FOREVER, purpose: w.Purpose.Account },
    "0x",
  ];
  figures.confirm_key_first_vote = await vote(world.r1, "setKey", key, 1_000_002);
  figures.confirm_key_second_vote = await vote(world.r2, "setKey", key, 1_000_002);
  figures.revoke_key = await gasOf(world.membership.connect(world.outsider).revokeKey(w.keyIdOf(world.outsider)));

  const access = world.access.connect(world.m1);
  const [scope, wraps] = [w.digestOf("scope"), w.digestOf("wraps")];
  figures.grant = await gasOf(access.grant(world.lender, scope, wraps, w.EXPIRY));
  figures.read = await gasOf(world.access.connect(world.l1).read(scope, wraps));
  figures.end = await gasOf(access.end(scope));
  figures.shred = await gasOf(access.shred(scope));

  const successor = await hre.ethers.deployContract("PledgeRegistry", [
    world.membership, world.assets, world.pledges, world.forwarder,
  ]);
  const [lapsing, lapsingEvidence] = await prepare(1, []);
  await pledge(lapsing, lapsingEvidence);
  await w.byQuorum(world, "setSuccessor", [world.pledges.target, successor.target]);
  for (const lines of [1, 10]) {
    const [offer, evidence] = await prepare(lines, []);
    figures[`pledge_${lines}_in_successor`] = await gasOf(w.pledge(world, offer, { evidence, registry: successor }));
  }

  // Last, because it moves the clock to the offers' end.
  await hre.network.provider.send("evm_setNextBlockTimestamp", [Number(w.EXPIRY)]);
  figures.close_1_expired_by_anyone = await close(lapsing, w.Status.Expired, world.outsider);
  return figures;
}
