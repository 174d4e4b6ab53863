// The page “To sign”: makes a key for the organisation, shows what is to be signed as it will be signed, signs it. See keys.js, eip712.js.
// Without htmx: what signs weighs as much.
import { hasWallet, kept, make, sign } from "./keys.js";

const { $, $$, csrf } = window.assetcert;
const page = $("#signing");
const account = page.dataset.account;

async function api(method, path, body) {
  const answer = await fetch(`/api/v1/${path}`, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf() } });
  const said = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(said.detail);
  return said;
}

// ── A new key: the organisation's once the registrars have voted for it.
async function propose(way, passphrase) {
  const record = await make(way, page.dataset.name, passphrase);
  const statement = await api("POST", "signing-key/statement", { account: record.address });
  const signature = await sign(record, statement, passphrase);
  await api("PUT", "signing-key", { account: record.address, signature });
  location.reload();
}

// ── What is signed, as it is signed.
function fields(value, name = "") {
  if (Array.isArray(value)) return value.flatMap((one, at) => fields(one, `${name}[${at}]`));
  if (value && typeof value === "object") return Object.entries(value).flatMap(([key, one]) => fields(one, name ? `${name}.${key}` : key));
  return [[name, String(value)]];
}
function show(typed) {
  const list = $("#exactly");
  list.replaceChildren();
  for (const [name, value] of fields({ [typed.primaryType]: typed.message, domain: typed.domain })) {
    const term = document.createElement("dt");
    const said = document.createElement("dd");
    const code = document.createElement("code");
    term.textContent = name;
    code.textContent = value.length > 200 ? `${value.slice(0, 200)}… (${value.length / 2 - 1} bytes)` : value;
    said.append(code);
    list.append(term, said);
  }
}

let open = null;
async function prepare(button) {
  const dialog = $("#sign-dialog");
  const record = await kept(account);
  if (!record) throw new Error(page.dataset.elsewhere);
  const typed = await api("POST", `signatures/${button.dataset.sign}/preparation`, {});
  const from = typed.message.from ?? account;
  if (from !== account) throw new Error(page.dataset.elsewhere);
  open = { id: button.dataset.sign, record, typed };
  $("#sign-what").replaceChildren(button.closest("section").querySelector("[data-what]").cloneNode(true));
  $("#sign-passphrase").hidden = record.way !== "passphrase";
  $("#sign-failed").textContent = "";
  show(typed);
  dialog.showModal();
}
async function confirm() {
  const { id, record, typed } = open;
  const signature = await sign(record, typed, $("#f-open").value);
  await api("PUT", `signatures/${id}`, { signature });
  $("#sign-dialog").close();
  location.reload();
}

async function busy(button, told, work) {
  button.disabled = true;
  told.textContent = "";
  try {
    await work();
  } catch (error) {
    const spoken = ["NotAllowedError", "OperationError"].includes(error.name) || error.code === 4001;
    told.textContent = spoken ? page.dataset.refused : error.message === "no PRF" ? page.dataset.noprf : error.message;
  } finally {
    button.disabled = false;
  }
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-sign], [data-confirm], [data-cancel], [data-make]");
  if (!button) return;
  if (button.dataset.sign) busy(button, $("#told"), () => prepare(button));
  else if ("confirm" in button.dataset) busy(button, $("#sign-failed"), confirm);
  else if ("cancel" in button.dataset) $("#sign-dialog").close();
  else {
    const passphrase = button.dataset.make === "passphrase" ? $("#f-passphrase").value : "";
    if (button.dataset.make === "passphrase" && passphrase.length < 12) $("#told").textContent = page.dataset.short;
    else busy(button, $("#told"), () => propose(button.dataset.make, passphrase));
  }
});
$$("[data-make=wallet]").forEach((button) => (button.hidden = !hasWallet()));

// ── What was signed is on its way to the ledger: look again until it is there.
async function look() {
  const waiting = $("#waiting[data-on-its-way]");
  if (!waiting) return;
  const answer = await fetch("/sign", { headers: { "HX-Request": "true" } }).catch(() => null);
  if (answer?.ok) waiting.outerHTML = await answer.text();
  setTimeout(look, 1500);
}
setTimeout(look, 1500);
page.dataset.ready = "yes";
