// The published vectors, checked in JavaScript with other people's libraries.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { canonicalise } from './canonical.mjs';
import * as own from './commitment.mjs';

const load = (name) => JSON.parse(readFileSync(new URL(`../../docs/vectors/${name}.json`, import.meta.url), 'utf8'));
const { hex32, keccak, unhex } = own;

test('canonical forms and refusals', () => {
  const file = load('canonical');
  for (const [type, cases] of Object.entries(file.canonicalise)) {
    assert.ok(cases.length >= 10, `${type} has ten vectors or more`);
    assert.ok(cases.some((one) => one.canonical === null), `${type} refuses something`);
    for (const { source, canonical } of cases) {
      assert.equal(canonicalise[type](source), canonical, `${type} of ${JSON.stringify(source.slice(0, 60))}`);
    }
  }
  for (const { type, text, is_canonical: expected } of file.is_canonical) {
    assert.equal(canonicalise[type](text) === text, expected, `${type} ${text}`);
  }
});

test('every path of a receipt is listed, and its value has the listed type', () => {
  const { kinds, required } = load('schemas');
  const { receipt } = load('receipts');
  const table = kinds[receipt.fields.find(({ path }) => path === 'asset.kind').value];
  for (const { path, value } of receipt.fields) {
    const type = table[path.replace(/(?<=\.)[0-9]{4}(?=\.|$)/g, 'NNNN')];
    assert.ok(type, path);
    assert.equal(canonicalise[type](value), value, path);
  }
  const shown = receipt.fields.map(({ path }) => path);
  assert.deepEqual(required.filter((path) => !shown.includes(path)), []);
});

test('organisations, salts and the content key', () => {
  const file = load('keys');
  const secret = unhex(file.secret);
  for (const [name, id] of Object.entries(file.organisations)) assert.equal(hex32(keccak(Buffer.from(name))), id);
  for (const [path, salt] of Object.entries(file.salts)) assert.equal(hex32(own.salt(secret, path)), salt);
  assert.equal(hex32(own.contentKey(secret)), file.content_key);
});

test('trees of fields are OpenZeppelin’s, proofs too', () => {
  const file = load('trees');
  for (const { asset_id: id, fields } of file.trees) {
    for (const { path, value, salt, digest } of fields) {
      assert.equal(hex32(own.salt(unhex(file.secret), path)), salt);
      assert.equal(hex32(own.digest(unhex(salt), value)), digest);
    }
    const tree = own.assetTree(fields.map(({ path, digest }) => [path, digest]));
    assert.equal(tree.root, id);
    for (const { path, digest, proof } of fields) assert.deepEqual(tree.getProof([path, digest]), proof);
  }
});

test('batches are OpenZeppelin’s, in the order of register', () => {
  const { batches } = load('batches');
  assert.equal(batches.length, 136);
  const all = Array.from({ length: 1025 }, (_, i) => hex32(keccak(Buffer.from(`assetcert/1/vector/${i}`))));
  for (const { count, root, ordered, proof_of_0: proof } of batches) {
    const ids = own.ordered(all.slice(0, count));
    const tree = own.batchTree(ids);
    assert.equal(tree.root, root, `root of ${count}`);
    assert.equal(hex32(keccak(Buffer.concat(ids.map(unhex)))), ordered, `order of ${count}`);
    assert.deepEqual(tree.getProof([all[0]]), proof, `proof in ${count}`);
  }
});

const outputs = (inputs, blinds, evaluated, publicKey, proof) => {
  const items = inputs.map((input, i) => ({
    input,
    blind: unhex(blinds[i]),
    evaluated: unhex(evaluated[i]),
    blinded: own.blinded(input, unhex(blinds[i])),
  }));
  return { items, found: own.finalize(items, unhex(publicKey), unhex(proof)) };
};

test('RFC 9497, A.1.2', () => {
  const { rfc9497: rfc } = load('fingerprints');
  const pair = own.deriveKeyPair(unhex(rfc.seed), unhex(rfc.info));
  assert.equal(Buffer.from(pair.secretKey).toString('hex'), rfc.secret_key);
  assert.equal(Buffer.from(pair.publicKey).toString('hex'), rfc.public_key);
  for (const one of rfc.vectors) {
    const { items, found } = outputs(one.inputs.map(unhex), one.blinds, one.evaluated, rfc.public_key, one.proof);
    assert.deepEqual(items.map((item) => item.blinded.toString('hex')), one.blinded);
    assert.deepEqual(found.map((output) => output.toString('hex')), one.outputs);
  }
});

test('fingerprints of an invoice and of its order', () => {
  const { key, assets } = load('fingerprints');
  const pair = own.deriveKeyPair(unhex(key.seed), unhex(key.info));
  assert.equal(Buffer.from(pair.publicKey).toString('hex'), key.public_key);
  assert.equal(hex32(keccak(unhex(key.public_key))), key.id);
  for (const { fingerprints: prints, proof } of assets) {
    const inputs = prints.map((one) => own.prfInput(one.components));
    assert.deepEqual(inputs.map((input) => input.toString('hex')), prints.map((one) => one.input));
    const [blinds, evaluated] = [prints.map((one) => one.blind), prints.map((one) => one.evaluated)];
    const { items, found } = outputs(inputs, blinds, evaluated, key.public_key, proof);
    assert.deepEqual(items.map((item) => item.blinded.toString('hex')), prints.map((one) => one.blinded));
    assert.deepEqual(found.map((output) => hex32(keccak(output))), prints.map((one) => one.fingerprint));
    const other = unhex(proof);
    other[40] ^= 1;
    assert.throws(() => own.finalize(items, unhex(key.public_key), other), 'an altered proof');
  }
  const [invoice, order] = assets;
  const loose = invoice.fingerprints.find((one) => one.path === 'fingerprint.loose.order');
  assert.equal(loose.fingerprint, order.fingerprints[0].fingerprint, 'the order behind the invoice');
});

test('signers of each curve', () => {
  const { statement, message, signatures } = load('signers');
  const lines = ['assetcert/1/signer', statement.role, statement.issuer, statement.sha256, statement.signed_at];
  assert.equal(lines.map((line) => `${line}\n`).join(''), message);
  for (const one of signatures) {
    const key = Buffer.from(one.public_key, 'base64url');
    assert.equal(hex32(keccak(key)), one.key);
    const said = Buffer.from(message);
    assert.ok(own.signed(key, Buffer.from(one.signature, 'base64url'), said), one.curve);
    assert.ok(!own.signed(key, Buffer.from(one.signature, 'base64url'), Buffer.from(`${message}x`)), one.curve);
    if (one.refused) assert.ok(!own.signed(key, Buffer.from(one.refused, 'base64url'), said), `${one.curve}, high s`);
  }
});

test('content around the edge of a chunk', () => {
  const file = load('contents');
  const words = Buffer.alloc((1 << 20) + 4);
  for (let i = 0; i < words.length / 4; i += 1) words.writeUInt32BE(i, 4 * i);
  for (const { size, ...expected } of file.contents) {
    assert.deepEqual(own.encrypt(words.subarray(0, size), own.contentKey(unhex(file.secret))), expected, `${size} bytes`);
  }
});

test('a whole receipt leads to its id, its root and its fingerprints', () => {
  const { asset_id: id, receipt } = load('receipts');
  for (const { value, salt, digest } of receipt.fields) assert.equal(hex32(own.digest(unhex(salt), value)), digest);
  assert.equal(own.assetTree(receipt.fields.map(({ path, digest }) => [path, digest])).root, id);
  let node = keccak(keccak(unhex(id)));
  for (const sibling of receipt.batch_proof.map(unhex)) node = keccak(Buffer.concat([node, sibling].sort(Buffer.compare)));
  assert.equal(hex32(node), receipt.root);
  const issuer = receipt.fields.find(({ path }) => path === 'asset.issuer').value;
  assert.equal(issuer, receipt.org);
  const paths = receipt.fields.map(({ path }) => path);
  assert.deepEqual(paths, [...paths].sort());
  assert.deepEqual(Object.keys(receipt.prf), paths.filter((path) => path.startsWith('fingerprint.')));
});
