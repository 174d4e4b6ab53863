// Keccak-256 as Ethereum has it (the padding of the submission, not SHA-3's). For what is shown and signed: it need not be fast.
const RATE = 136;
const WORD = (1n << 64n) - 1n;
const turned = (word, by) => ((word << by) | (word >> (64n - by))) & WORD;

function permute(state) {
  for (let round = 0, bits = 1; round < 24; round++) {
    const parity = [0, 1, 2, 3, 4].map((x) => state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]);
    for (let i = 0; i < 25; i++) state[i] ^= parity[(i + 4) % 5] ^ turned(parity[(i + 1) % 5], 1n);
    for (let step = 1, x = 1, y = 0, moved = state[1]; step < 25; step++) {
      [x, y] = [y, (2 * x + 3 * y) % 5];
      const at = x + 5 * y;
      [moved, state[at]] = [state[at], turned(moved, BigInt(((step * (step + 1)) / 2) % 64))];
    }
    for (let y = 0; y < 25; y += 5) {
      const row = state.slice(y, y + 5);
      for (let x = 0; x < 5; x++) state[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
    for (let j = 0; j < 7; j++) {
      if (bits & 1) state[0] ^= 1n << BigInt((1 << j) - 1);
      bits = (bits << 1) ^ ((bits >> 7) * 0x171);
    }
  }
}

export function keccak(data) {
  const padded = new Uint8Array((Math.floor(data.length / RATE) + 1) * RATE);
  padded.set(data);
  padded[data.length] ^= 0x01;
  padded[padded.length - 1] ^= 0x80;
  const words = new DataView(padded.buffer);
  const state = Array(25).fill(0n);
  for (let at = 0; at < padded.length; at += RATE) {
    for (let i = 0; i < RATE / 8; i++) state[i] ^= words.getBigUint64(at + 8 * i, true);
    permute(state);
  }
  const made = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 4; i++) made.setBigUint64(8 * i, state[i], true);
  return new Uint8Array(made.buffer);
}
