// The drop zone. Every file is kept in this browser (IndexedDB) until the gateway has it, so that a reload in the middle loses nothing;
// what the gateway has is a job of its own there and needs no browser any more.
(() => {
  "use strict";
  const { $, csrf, toast, signIn } = window.assetcert;
  const zone = $("[data-drop]");
  if (!zone) return;
  const AT_ONCE = 4;
  const bar = $("#sending"), told = $("#sending-told");
  let store, sent = 0, total = 0, busy = 0, queue = [], paused = false, listed = 0;

  const request = (made) => new Promise((done, failed) => { made.onsuccess = () => done(made.result); made.onerror = () => failed(made.error); });
  const opened = (async () => {
    const made = indexedDB.open(`assetcert-${zone.dataset.drop}`, 1);
    made.onupgradeneeded = () => made.result.createObjectStore("files", { autoIncrement: true });
    store = await request(made);
    const kept = store.transaction("files").objectStore("files");
    const [keys, files] = await Promise.all([request(kept.getAllKeys()), request(kept.getAll())]);
    take(keys.map((key, at) => ({ key, ...files[at] })));
  })();

  async function add(files) {
    await opened;
    const named = files.filter((one) => !/(^|\/)(\.|Thumbs\.db$|desktop\.ini$)/.test(one.path) && one.file.size >= 0);
    if (!named.length) return;
    const transaction = store.transaction("files", "readwrite");
    const kept = transaction.objectStore("files");
    const keys = await Promise.all(named.map(({ file, path }) => request(kept.add({ file, path, token: crypto.randomUUID() }))));
    const whole = store.transaction("files").objectStore("files");
    take(await Promise.all(keys.map(async (key) => ({ key, ...(await request(whole.get(key))) }))));
  }

  function take(items) {
    queue.push(...items);
    total += items.length;
    show();
    while (busy < AT_ONCE && queue.length && !paused) next();
  }

  async function next() {
    const item = queue.shift();
    if (!item) return;
    busy += 1;
    try {
      await send(item);
    } catch {
      toast(document.body.dataset.lost);
      queue.unshift(item);
      paused = true;
      setTimeout(() => resume(), 3000);
    }
    busy -= 1;
    show();
    if (!paused && queue.length) next();
    if (!busy && !queue.length) done();
  }

  async function send(item) {
    const body = new FormData();
    body.append("file", item.file, item.path);
    const answer = await fetch(zone.dataset.action, { method: "POST", body, headers: { "X-CSRF-Token": csrf(), "X-Upload-Token": item.token, Accept: "text/html", "HX-Request": "true" } });
    if (answer.status === 401) {
      queue.unshift(item);
      if (!paused) signIn(resume);
      paused = true;
      return;
    }
    if (answer.status === 429 || answer.status === 503) {
      queue.unshift(item);
      paused = true;
      setTimeout(resume, 1000 * Number(answer.headers.get("Retry-After") ?? 2));
      return;
    }
    await request(store.transaction("files", "readwrite").objectStore("files").delete(item.key));
    sent += 1;
    if (Date.now() - listed > 2000) {
      listed = Date.now();
      htmx.trigger(document.body, "papers-sent");
    }
    if (answer.status >= 400) refused(await answer.text());
  }

  function resume() { paused = false; while (busy < AT_ONCE && queue.length) next(); }
  function refused(html) { const box = document.createElement("div"); box.innerHTML = html; $("#refused").append(...box.children); }
  function show() {
    bar.hidden = told.hidden = sent === total;
    bar.max = total || 1;
    bar.value = sent;
    told.textContent = zone.dataset.told.replace("{sent}", sent).replace("{total}", total);
  }
  function done() { sent = total = 0; show(); htmx.trigger(document.body, "papers-sent"); }

  // ── what is dropped or chosen: files, and folders with all that is in them
  async function walk(entry, path = "") {
    if (entry.isFile) return [{ path: path + entry.name, file: await new Promise((good, bad) => entry.file(good, bad)) }];
    const reader = entry.createReader(), found = [];
    for (let part; (part = await new Promise((good, bad) => reader.readEntries(good, bad))).length; ) found.push(...part);
    return (await Promise.all(found.map((one) => walk(one, `${path}${entry.name}/`)))).flat();
  }
  const chosen = (input) => [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
  zone.addEventListener("change", (event) => { add(chosen(event.target)); event.target.value = ""; });
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    add((await Promise.all(entries.map((entry) => walk(entry)))).flat());
  });
  document.querySelectorAll("[data-choose]").forEach((button) => button.addEventListener("click", () => document.getElementById(button.dataset.choose).click()));
})();
