// What every page does in the browser: sends the CSRF token, keeps a form whose session has ended, switches 万, shows streams and charts.
// Pages work by links and forms; this file holds no business rule.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const csrf = () => $("meta[name=csrf-token]").content;
  window.assetcert = { $, $$, csrf, toast, signIn };

  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.request.headers["X-CSRF-Token"] = csrf();
  });

  // ── A session that has ended: sign in here, then the same request goes again; nothing typed is lost.
  let waiting = [];
  document.addEventListener("htmx:before:response", (event) => {
    const { ctx } = event.detail;
    if (ctx.response.status !== 401 || ctx.sourceElement.closest("#again")) return;
    event.preventDefault();
    const { submitter, form } = ctx.request;
    signIn(() => (form ? form.requestSubmit(submitter) : htmx.trigger(ctx.sourceElement, "click")));
  });
  async function signIn(then) {
    waiting.push(then);
    const dialog = $("#again");
    if (dialog.open) return;
    const answer = await fetch("/login?again=1", { headers: { Accept: "text/html" } });
    dialog.innerHTML = await answer.text();
    htmx.process(dialog);
    dialog.showModal();
  }
  document.addEventListener("signed-in", (event) => {
    const token = event.detail.csrf ?? event.detail.value?.csrf;
    $("meta[name=csrf-token]").content = token;
    $$("input[name=csrf]").forEach((field) => (field.value = token));
    $("#again").close();
    const due = waiting;
    waiting = [];
    due.forEach((then) => then());
  });
  $("#again")?.addEventListener("close", () => (waiting = []));

  // The same where one has signed in at a provider, in a page beside this one.
  const beside = new BroadcastChannel("signed-in");
  if ($("[data-signed-in]")) beside.postMessage("");
  beside.addEventListener("message", async () => {
    if (!$("#again")?.open) return;
    const answer = await fetch("/api/v1/session");
    if (answer.ok) document.dispatchEvent(new CustomEvent("signed-in", { detail: { csrf: (await answer.json()).csrf } }));
  });

  // ── A gateway that does not answer.
  document.addEventListener("htmx:error", () => toast(document.body.dataset.lost));
  function toast(text) {
    const box = document.createElement("div");
    box.className = "notice wait toast";
    box.textContent = text;
    $("#toast").replaceChildren(box);
    setTimeout(() => box.remove(), 8000);
  }

  // ── ¥ or 万, remembered in this browser.
  function unit(name) {
    $$("[data-unit]").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.unit === name)));
    $$(".money").forEach((one) => (one.textContent = one.dataset[name]));
  }
  const chosen = () => localStorage.getItem("unit") ?? "yuan";
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-unit]");
    if (button) {
      localStorage.setItem("unit", button.dataset.unit);
      unit(button.dataset.unit);
    }
    const print = event.target.closest("[data-print]");
    if (print) window.print();
    const all = event.target.closest("[data-check-all]");
    if (all) $$(all.dataset.checkAll).forEach((box) => (box.checked = all.checked));
  });
  if (chosen() !== "yuan") unit(chosen());
  document.addEventListener("htmx:after:swap", (event) => {
    if (chosen() !== "yuan") unit(chosen());
    begin(event.target.isConnected ? event.target : document);
  });

  // ── Files that are sent as soon as they are chosen or dropped.
  $$("form[data-autosend]").forEach((form) => {
    const input = $("input[type=file]", form);
    input.addEventListener("change", () => input.files.length && form.requestSubmit());
    form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
    form.addEventListener("dragleave", () => form.classList.remove("over"));
    form.addEventListener("drop", (event) => {
      event.preventDefault();
      form.classList.remove("over");
      input.files = event.dataTransfer.files;
      if (input.files.length) form.requestSubmit();
    });
  });

  // ── Server-sent fragments: each event replaces the element with its id, or is appended; `end` closes.
  function stream(box) {
    if (box.started) return;
    box.started = true;
    const source = new EventSource(box.dataset.stream);
    source.addEventListener("part", (event) => {
      const part = document.createElement("template");
      part.innerHTML = event.data;
      for (const fresh of [...part.content.children]) {
        const old = fresh.id && document.getElementById(fresh.id);
        fresh.classList.add("fresh");
        old ? old.replaceWith(fresh) : box.append(fresh);
        htmx.process(fresh);
      }
    });
    source.addEventListener("end", () => source.close());
    source.onerror = () => source.readyState === EventSource.CLOSED && toast(document.body.dataset.lost);
  }

  // ── Pictures: the data stands in the page as a table, too.
  async function chart(box) {
    if (box.started || !window.echarts) return;
    box.started = true;
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const { labels, series } = JSON.parse(box.dataset.chart);
    const drawn = echarts.init(box, null, { renderer: "canvas" });
    const text = { color: colour("--ink-3"), fontSize: 11 };
    drawn.setOption({
      animation: false, color: [colour("--accent"), colour("--wait"), colour("--good")],
      grid: { left: 8, right: 8, top: 30, bottom: 4, containLabel: true }, legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 8, textStyle: text },
      tooltip: { trigger: "axis", renderMode: "richText" },
      xAxis: { type: "category", data: labels, axisLabel: text, axisTick: { show: false }, axisLine: { lineStyle: { color: colour("--line") } } },
      yAxis: { type: "value", minInterval: 1, axisLabel: text, splitLine: { lineStyle: { color: colour("--line") } } },
      series: series.map((one) => ({ type: "bar", stack: "all", barMaxWidth: 26, ...one })),
    });
    new ResizeObserver(() => drawn.resize()).observe(box);
  }

  function begin(root) {
    $$("[data-stream]", root).forEach(stream);
    $$("[data-chart]", root).forEach(chart);
  }
  begin(document);

  // On a phone the navigation is a strip: the page that one is on is in sight.
  $("nav a[aria-current=page]")?.scrollIntoView({ block: "nearest", inline: "center" });
})();
