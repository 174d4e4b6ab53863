// The commitment written a second time, on other people's libraries: @openzeppelin/merkle-tree, @noble, node's crypto.

import { createCipheriv, createHash, hkdfSync } from 'node:crypto';
import { StandardMerkleTree } from '@openzeppelin/merkle-tree';
import { ed25519, ristretto255_hasher, ristretto255_oprf } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';

const utf8 = (text) => Buffer.from(text, 'utf8');
export const hex32 = (data) => `0x${Buffer.from(data).toString('hex')}`;
export const unhex = (text) => Buffer.from(text.replace(/^0x/, ''), 'hex');
export const keccak = (data) => Buffer.from(keccak_256(data));

const hkdf = (secret, info, length = 32) => Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), utf8(info), length));
export const salt = (secret, path) => hkdf(secret, `assetcert/1/salt/${path}`);
export const contentKey = (secret) => hkdf(secret, 'assetcert/1/content');
export const digest = (fieldSalt, value) => keccak(Buffer.concat([fieldSalt, utf8(value)]));

/** OpenZeppelin's own tree over [path, digest] pairs. */
export const assetTree = (pairs) => StandardMerkleTree.of(pairs, ['string', 'bytes32']);
/** OpenZeppelin's own tree over ids. */
export const batchTree = (ids) => StandardMerkleTree.of(ids.map((one) => [one]), ['bytes32']);
/** Ids in the order of `register`: ascending by leaf hash. */
export const ordered = (ids) => {
  const leaf = new Map(ids.map((one) => [one, hex32(keccak(keccak(unhex(one))))]));
  return [...ids].sort((a, b) => (leaf.get(a) < leaf.get(b) ? -1 : 1));
};

const voprf = ristretto255_oprf.voprf;
const GROUP = { DST: Buffer.concat([utf8('HashToGroup-OPRFV1-'), Buffer.from([1]), utf8('-ristretto255-SHA512')]) };

export const deriveKeyPair = (seed, info) => voprf.deriveKeyPair(seed, info);
/** The blinded element of an input under a given blind: recomputed, never taken from whoever claims it. */
export const blinded = (input, blind) => {
  const scalar = BigInt(`0x${Buffer.from(blind).reverse().toString('hex')}`);
  return Buffer.from(ristretto255_hasher.hashToCurve(input, GROUP).multiply(scalar).toBytes());
};
/** Outputs of a batch; throws where the proof does not hold. */
export const finalize = (items, publicKey, proof) => voprf.finalizeBatch(items, publicKey, proof).map((one) => Buffer.from(one));
/** The service's side: evaluations of a batch and one proof. */
export const evaluate = (secretKey, publicKey, blinded) => voprf.blindEvaluateBatch(secretKey, publicKey, blinded);
export const plainHex = (data) => Buffer.from(data).toString('hex');
export const prfInput = (components) =>
  Buffer.concat(components.flatMap((part) => [Buffer.from([utf8(part).length >> 8, utf8(part).length & 255]), utf8(part)]));

/** Whether a multikey signed a message; ECDSA only with low s. */
export const signed = (multikey, signature, message) => {
  const prefix = multikey.subarray(0, 2).toString('hex');
  if (prefix === 'ed01') return ed25519.verify(signature, message, multikey.subarray(2));
  const curve = { 8024: p256, e701: secp256k1 }[prefix];
  return curve.verify(signature, message, multikey.subarray(2), { lowS: true, prehash: true });
};

const base32 = (data) => {
  let bits = 0;
  let value = 0;
  let made = 'b';
  for (const byte of data) {
    value = ((value << 8) | byte) & 0xffff;
    for (bits += 8; bits >= 5; bits -= 5) made += 'abcdefghijklmnopqrstuvwxyz234567'[(value >> (bits - 5)) & 31];
  }
  return bits ? made + 'abcdefghijklmnopqrstuvwxyz234567'[(value << (5 - bits)) & 31] : made;
};
const sha256 = (data) => createHash('sha256').update(data).digest();
const cidBytes = (codec, data) => Buffer.concat([Buffer.from([1, codec, 0x12, 0x20]), sha256(data)]);

const cborHead = (major, value) => {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  const width = [1, 2, 4, 8].find((bytes) => value < 2 ** (8 * bytes));
  const data = Buffer.alloc(8);
  data.writeBigUInt64BE(BigInt(value));
  return Buffer.concat([Buffer.from([(major << 5) | (24 + Math.log2(width))]), data.subarray(8 - width)]);
};

/** Encrypted content of plain bytes: {chunks, root, cid}. */
export const encrypt = (plain, key) => {
  const size = 1 << 20;
  const count = Math.max(1, Math.ceil(plain.length / size));
  const cids = [];
  for (let i = 0; i < count; i += 1) {
    const nonce = Buffer.alloc(12);
    nonce.writeUIntBE(i, 5, 6);
    nonce[11] = i === count - 1 ? 1 : 0;
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    const sealed = Buffer.concat([cipher.update(plain.subarray(i * size, (i + 1) * size)), cipher.final(), cipher.getAuthTag()]);
    cids.push(cidBytes(0x55, sealed));
  }
  const links = cids.map((cid) => Buffer.concat([unhex('d82a582500'), cid]));
  const root = Buffer.concat([
    unhex('a3'), utf8('av\x01'), utf8('dsize'), cborHead(0, plain.length), utf8('fchunks'), cborHead(4, count), ...links,
  ]);
  return { chunks: cids.map(base32), root: root.toString('hex'), cid: base32(cidBytes(0x71, root)), sha256: hex32(sha256(plain)) };
};
