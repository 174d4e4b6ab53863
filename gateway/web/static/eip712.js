// EIP-712: the digest of typed data, as `ledger/typed.py` computes it. Computed here, so that what is signed is what the page shows.
import { keccak256 } from "./vendor/sha3.min.js";

const bytes = (hex) => Uint8Array.from(hex.slice(2).match(/../g) ?? [], (pair) => parseInt(pair, 16));
const text = (said) => new TextEncoder().encode(said);
const joined = (parts) => Uint8Array.from(parts.flatMap((part) => [...part]));

// Of bytes, to bytes.
export const keccak = (data) => Uint8Array.from(keccak256.array(data));

function typeText(name, types) {
  const needed = new Set([name]);
  for (const one of needed) {
    for (const { type } of types[one]) {
      const inner = type.replace(/\[\]$/, "");
      if (types[inner]) needed.add(inner);
    }
  }
  needed.delete(name);
  const said = (one) => `${one}(${types[one].map((member) => `${member.type} ${member.name}`).join(",")})`;
  return [name, ...[...needed].sort()].map(said).join("");
}

function word(types, type, value) {
  if (type.endsWith("[]")) return keccak(joined(value.map((one) => word(types, type.slice(0, -2), one))));
  if (types[type]) return hashed(types, type, value);
  if (type === "bytes") return keccak(bytes(value));
  if (type === "string") return keccak(text(value));
  if (/^bytes\d+$/.test(type)) return bytes(value.padEnd(66, "0"));
  return bytes(`0x${BigInt(value).toString(16).padStart(64, "0")}`);
}

function hashed(types, name, values) {
  const members = types[name].map((member) => word(types, member.type, values[member.name]));
  return keccak(joined([keccak(text(typeText(name, types))), ...members]));
}

export function digest({ types, primaryType, domain, message }) {
  const parts = [Uint8Array.of(0x19, 0x01), hashed(types, "EIP712Domain", domain), hashed(types, primaryType, message)];
  return keccak(joined(parts));
}
