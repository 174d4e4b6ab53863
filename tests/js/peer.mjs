// A long-lived partner for the Python tests: one JSON request a line in, one JSON answer a line out.

import { createInterface } from 'node:readline';
import { canonicalise } from './canonical.mjs';
import * as own from './commitment.mjs';

const answers = {
  canonical: ({ type, source }) => canonicalise[type](source),
  asset({ pairs }) {
    const tree = own.assetTree(pairs);
    return { root: tree.root, proofs: pairs.map((pair) => tree.getProof(pair)) };
  },
  batch({ ids, proofs }) {
    const ordered = own.ordered(ids);
    const tree = own.batchTree(ordered);
    return { ordered, root: tree.root, proofs: proofs.map((one) => tree.getProof([one])) };
  },
  voprf({ inputs, blinds, evaluated, publicKey, proof }) {
    const items = inputs.map((input, i) => ({
      input: own.unhex(input),
      blind: own.unhex(blinds[i]),
      evaluated: own.unhex(evaluated[i]),
      blinded: own.blinded(own.unhex(input), own.unhex(blinds[i])),
    }));
    return own.finalize(items, own.unhex(publicKey), own.unhex(proof)).map((output) => output.toString('hex'));
  },
  evaluate({ seed, info, blinded }) {
    const { secretKey, publicKey } = own.deriveKeyPair(own.unhex(seed), own.unhex(info));
    const { evaluated, proof } = own.evaluate(secretKey, publicKey, blinded.map(own.unhex));
    return { evaluated: evaluated.map(own.plainHex), proof: own.plainHex(proof) };
  },
  content: ({ plain, key }) => own.encrypt(Buffer.from(plain, 'base64'), own.unhex(key)),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { op, ...request } = JSON.parse(line);
  let answer;
  try {
    answer = { ok: answers[op](request) };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
