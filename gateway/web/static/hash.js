// Search by file: its SHA-256 is computed here, the file itself never leaves this computer.
(() => {
  "use strict";
  const { $ } = window.assetcert;
  const input = $("[data-hash]");
  if (!input) return;
  const zone = input.closest(".drop");
  async function find(file) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    const text = "0x" + [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const field = document.getElementById(input.dataset.hash);
    field.value = text;
    field.form.requestSubmit();
  }
  input.addEventListener("change", () => input.files[0] && find(input.files[0]));
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => { event.preventDefault(); zone.classList.remove("over"); if (event.dataTransfer.files[0]) find(event.dataTransfer.files[0]); });
  document.querySelectorAll("[data-choose]").forEach((button) => button.addEventListener("click", () => document.getElementById(button.dataset.choose).click()));
})();
