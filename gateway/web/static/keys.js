// An organisation's key in this browser: made here, kept in IndexedDB under AES-GCM. What opens it comes out of a passkey (WebAuthn PRF) or a
// passphrase (PBKDF2); a wallet keeps its own. The key itself is in memory only while it signs, and never leaves the browser.
import { digest, keccak } from "./eip712.js";

const ROUNDS = 600_000;
const random = (size) => crypto.getRandomValues(new Uint8Array(size));
const hex = (data) => `0x${[...data].map((one) => one.toString(16).padStart(2, "0")).join("")}`;
const text = (said) => new TextEncoder().encode(said);
const library = () => import("./vendor/secp256k1.js");

// ── What this browser keeps: one record for each address.
function store(mode, work) {
  return new Promise((done, failed) => {
    const opening = indexedDB.open("assetcert", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("keys", { keyPath: "address" });
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction("keys", mode);
      const asked = work(transaction.objectStore("keys"));
      transaction.oncomplete = () => { opening.result.close(); done(asked.result); };
      transaction.onerror = () => failed(transaction.error);
    };
  });
}
export const kept = (address) => store("readonly", (keys) => keys.get(address));
const keep = (record) => store("readwrite", (keys) => keys.put(record));

// ── What opens a key.
const box = (material, parameters) => crypto.subtle.deriveKey(parameters, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
async function fromPasskey(secret, salt) {
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  return box(material, { name: "HKDF", hash: "SHA-256", salt, info: text("assetcert/1/signing-key") });
}
async function fromPassphrase(passphrase, salt) {
  const material = await crypto.subtle.importKey("raw", text(passphrase.normalize("NFKC")), "PBKDF2", false, ["deriveKey"]);
  return box(material, { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS });
}
async function prf(credential, salt) {
  const allowCredentials = [{ type: "public-key", id: credential }];
  const shown = await navigator.credentials.get({ publicKey: { challenge: random(32), allowCredentials, userVerification: "required", extensions: { prf: { eval: { first: salt } } } } });
  const found = shown.getClientExtensionResults().prf?.results?.first;
  if (!found) throw new Error("no PRF");
  return new Uint8Array(found);
}
async function newPasskey(name, salt) {
  const made = await navigator.credentials.create({
    publicKey: {
      challenge: random(32), rp: { name: "assetcert" }, user: { id: random(16), name, displayName: name },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }, { type: "public-key", alg: -257 }],
      authenticatorSelection: { residentKey: "preferred", userVerification: "required" }, extensions: { prf: { eval: { first: salt } } },
    },
  });
  if (!made.getClientExtensionResults().prf?.enabled) throw new Error("no PRF");
  return new Uint8Array(made.rawId);
}
function opener(record, passphrase) {
  if (record.way === "passphrase") return fromPassphrase(passphrase, record.salt);
  return prf(record.credential, record.salt).then((secret) => fromPasskey(secret, record.salt));
}

// ── Making and using.
export const hasWallet = () => Boolean(window.ethereum);
export async function make(way, name, passphrase) {
  if (way === "wallet") {
    const [address] = await window.ethereum.request({ method: "eth_requestAccounts" });
    const record = { address: address.toLowerCase(), way };
    await keep(record);
    return record;
  }
  const { getPublicKey, utils } = await library();
  const secret = utils.randomPrivateKey();
  const address = hex(keccak(getPublicKey(secret, false).slice(1)).slice(12));
  const record = { address, way, salt: random(32), iv: random(12) };
  if (way === "passkey") record.credential = await newPasskey(name, record.salt);
  const key = await opener(record, passphrase);
  record.box = await crypto.subtle.encrypt({ name: "AES-GCM", iv: record.iv, additionalData: text(address) }, key, secret);
  secret.fill(0);
  await keep(record);
  return record;
}

export async function sign(record, typed, passphrase) {
  if (record.way === "wallet") {
    const given = await window.ethereum.request({ method: "eth_signTypedData_v4", params: [record.address, JSON.stringify(typed)] });
    const last = parseInt(given.slice(-2), 16);
    return given.slice(0, -2) + (27 + (last % 27)).toString(16);
  }
  const { signAsync } = await library();
  const key = await opener(record, passphrase);
  const data = { name: "AES-GCM", iv: record.iv, additionalData: text(record.address) };
  const secret = new Uint8Array(await crypto.subtle.decrypt(data, key, record.box));
  try {
    const made = await signAsync(digest(typed), secret);
    return hex(Uint8Array.of(...made.toBytes(), 27 + made.recovery));
  } finally {
    secret.fill(0);
  }
}
