// Passkeys: the browser's own ceremony, with options and answers as JSON of the API.
(() => {
  "use strict";
  const { $, $$, csrf, toast } = window.assetcert;
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) return;
  $$("[data-passkey=login]").forEach((button) => (button.hidden = false));

  async function api(path, body) {
    const answer = await fetch(`/api/v1/${path}`, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf() } });
    if (!answer.ok) throw new Error((await answer.json()).detail);
    return answer.json();
  }
  async function register() {
    const { ceremony, options } = await api("me/passkeys/options", {});
    const made = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
    await api("me/passkeys", { ceremony, credential: made.toJSON(), name: navigator.userAgentData?.platform || "passkey" });
    const told = $("#passkey-answer");
    told.textContent = told.dataset.done;
  }
  async function login(button) {
    const { ceremony, options } = await api("session/passkey/options", {});
    const shown = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    const { csrf: token, me } = await api("session/passkey", { ceremony, credential: shown.toJSON() });
    const again = button.closest("#again");
    if (again) document.dispatchEvent(new CustomEvent("signed-in", { detail: { csrf: token, user: me.name } }));
    else location.assign(button.form.elements.next.value || "/");
  }
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-passkey]");
    if (!button) return;
    try {
      await (button.dataset.passkey === "login" ? login(button) : register());
    } catch {
      const told = $("#passkey-answer");
      if (told) told.textContent = told.dataset.failed;
      else toast(button.dataset.failed);
    }
  });
})();
