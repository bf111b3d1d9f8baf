// Draws the tables of the report from its data: search, filters, sorting, pages, details. Text goes in as text only.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { texts, places, owners, rules, detectors, items, inventory } = data;
  const SIZE = 50, PRINTED = 1000, LISTED = 500, SEVERITY = ["low", "medium", "high", "critical"];
  const SENSITIVITY = ["none", "ordinary", "confidential", "special"];
  const word = (key, fill = {}) => Object.entries(fill).reduce((text, [name, by]) => text.replace(`{${name}}`, by), texts.word[key] ?? key);
  const named = (list, key) => texts[list][key] ?? key ?? "";
  const number = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, texts.group);
  const date = (iso) => {
    if (!iso) return "";
    const [year, month, day] = iso.split("-");
    return texts.date.replace("YYYY", year).replace("MM", month).replace("DD", day).replace("M", +month).replace("D", +day);
  };
  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (value !== undefined && value !== false) made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  };
  const tag = (n) => element("span", { class: `tag ${SEVERITY[n]}` }, named("severity", SEVERITY[n]));

  // Rows. An item is an array; see rows.rs for the order.
  const all = items.map(([location, kind, format, status, reason, owner, place, day, sensitivity, subject, findings, breaches, more]) => ({
    location, kind, format, status, reason, owner: owners[owner], place: places[place], day, sensitivity, subject, more,
    findings: findings.map(([detector, value, confidence, count, position, context, why]) => ({ detector: detectors[detector], value, confidence, count, position, context, why })),
    breaches: breaches.map(([rule, since, message]) => ({ rule: rules[rule], since, message })),
    severity: breaches.reduce((worst, [rule]) => Math.max(worst, rules[rule][2]), -1),
    since: breaches.reduce((oldest, [, since]) => (since && (!oldest || since < oldest) ? since : oldest), null),
  }));
  const rows = {
    items: () => all.filter((item) => item.findings.length + item.breaches.length),
    breaches: () => all.flatMap((item) => item.breaches.map((breach) => ({ item, breach }))),
    findings: () => all.flatMap((item) => item.findings.map((finding) => ({ item, finding }))),
    unread: () => all.filter((item) => item.status !== "scanned"),
    places: () => Object.entries(inventory).map(([place, [count, breaches, sensitivity, kinds, oldest, newest]]) => ({ place, count, breaches, sensitivity, kinds, oldest, newest })),
  };
  const made = {};
  const rowsOf = (view) => (made[view] ??= rows[view]().map((row) => ({ row, text: null })));
  const item = (row) => row.item ?? row;

  // Columns: key of its title, value to sort and search by, what is shown, and its class.
  const location = ["item", (row) => item(row).location, (row) => element("button", { class: "open", onclick: () => details(item(row)) }, item(row).location)];
  const day = (key, value) => [key, value, (row) => date(value(row)), "d"];
  const count = (key, value) => [key, value, (row) => number(value(row)), "n"];
  const plain = (key, value) => [key, value];
  const owner = plain("owner", (row) => item(row).owner);
  const sensitivity = ["sensitivity", (row) => item(row).sensitivity ?? row.sensitivity, (row) => named("sensitivity", SENSITIVITY[item(row).sensitivity ?? row.sensitivity])];
  const columns = {
    items: [location, ["severity", (row) => row.severity, (row) => (row.severity < 0 ? "" : tag(row.severity))],
      ["rule", (row) => row.breaches.map((b) => b.rule[4]).join("; ")], day("since", (row) => row.since ?? ""),
      ["category", (row) => [...new Set(row.findings.map((f) => named("category", f.detector[2])))].join(", ")],
      sensitivity, count("view_findings", (row) => row.findings.length + row.more), owner, day("date", (row) => row.day ?? "")],
    breaches: [location, ["severity", (row) => row.breach.rule[2], (row) => tag(row.breach.rule[2])], plain("rule", (row) => row.breach.rule[4]),
      plain("message", (row) => row.breach.message), day("since", (row) => row.breach.since ?? ""), plain("todo", (row) => row.breach.rule[5]), owner],
    findings: [location, plain("detector", (row) => row.finding.detector[1]), plain("value", (row) => row.finding.value),
      ["confidence", (row) => row.finding.confidence, (row) => `${row.finding.confidence} %`, "n"], count("count", (row) => row.finding.count),
      plain("position", (row) => row.finding.position), plain("context", (row) => row.finding.context), owner],
    unread: [location, plain("status", (row) => named("status", row.status)), plain("reason", (row) => named("reason", row.reason)), plain("format", (row) => row.format), owner],
    places: [["place", (row) => row.place, (row) => element("button", { class: "open", onclick: () => set({ view: "items", place: row.place }) }, row.place)],
      count("items", (row) => row.count), count("view_breaches", (row) => row.breaches), sensitivity,
      ["category", (row) => Object.entries(row.kinds).map(([kind, n]) => `${named("category", kind)} ${number(n)}`).join(", ")],
      day("oldest_item", (row) => row.oldest ?? ""), day("newest", (row) => row.newest ?? "")],
  };
  // A view begins with its worst rows.
  const first = { items: ["severity", -1], breaches: ["severity", -1], findings: ["confidence", -1], unread: ["item", 1], places: ["view_breaches", -1] };
  const state = { view: "items", page: 0, sort: null, q: "", place: "", owner: "", rule: "", severity: "", category: "", sensitivity: "" };

  const rulesOf = (row) => (row.breach ? [row.breach] : (item(row).breaches ?? []));
  const findingsOf = (row) => (row.finding ? [row.finding] : (item(row).findings ?? []));
  const tests = {
    place: (row, want) => { const place = item(row).place; return place === want || place.startsWith(want + "/") || place.startsWith(want + "!/"); },
    owner: (row, want) => item(row).owner === want,
    rule: (row, want) => rulesOf(row).some((b) => `${b.rule[0]}/${b.rule[1]}` === want),
    severity: (row, want) => rulesOf(row).some((b) => SEVERITY[b.rule[2]] === want),
    category: (row, want) => (row.kinds ? want in row.kinds : findingsOf(row).some((f) => f.detector[2] === want)),
    sensitivity: (row, want) => SENSITIVITY[row.finding ? row.finding.detector[3] : (item(row).sensitivity ?? row.sensitivity)] === want,
  };
  // An inventory has no owners and rules to filter by.
  const applies = (name) => state.view !== "places" || !["owner", "rule", "severity"].includes(name);
  const collator = new Intl.Collator(texts.language, { numeric: true });
  let shown = [];

  function choose() {
    const cells = columns[state.view];
    const asked = Object.keys(tests).filter((name) => state[name] && applies(name));
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    shown = rowsOf(state.view).filter((entry) => {
      if (!asked.every((name) => tests[name](entry.row, state[name]))) return false;
      if (!words.length) return true;
      entry.text ??= cells.map(([, value]) => value(entry.row)).join("\n").toLowerCase();
      return words.every((part) => entry.text.includes(part));
    });
    const [key, way] = state.sort ?? first[state.view];
    const value = cells.find(([name]) => name === key)[1];
    const keyed = shown.map((entry) => [value(entry.row), entry]);
    const text = keyed.length && typeof keyed[0][0] === "string";
    // Equal texts are compared once: most columns have few different ones.
    if (text) {
      const ranks = new Map([...new Set(keyed.map(([k]) => k))].sort(collator.compare).map((k, rank) => [k, rank]));
      for (const pair of keyed) pair[0] = pair[0] === "" ? (way > 0 ? Infinity : -1) : ranks.get(pair[0]);
    }
    keyed.sort(([a], [b]) => (a === b ? 0 : a < b ? -way : way));
    shown = keyed.map(([, entry]) => entry);
  }

  function draw(size = SIZE) {
    const cells = columns[state.view];
    const last = Math.max(0, Math.ceil(shown.length / size) - 1);
    state.page = Math.min(state.page, last);
    const from = state.page * size, part = shown.slice(from, from + size);
    const [key, way] = state.sort ?? first[state.view];
    const head = cells.map(([name, , , kind]) => element("th", { scope: "col", class: kind, "aria-sort": name === key ? (way > 0 ? "ascending" : "descending") : undefined },
      element("button", { type: "button", title: `${word("sort")} ${word(name)}`, "data-sort": name, onclick: () => sort(name) }, word(name))));
    const body = part.map(({ row }) => element("tr", {}, ...cells.map(([name, value, show, kind], n) =>
      element(n === 0 ? "th" : "td", { class: kind, "data-label": word(name), scope: n === 0 ? "row" : undefined }, (show ?? value)(row) ?? ""))));
    const focus = document.activeElement?.dataset?.sort;
    table.replaceChildren(element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body)));
    if (focus) table.querySelector(`[data-sort="${focus}"]`)?.focus();
    status.textContent = shown.length ? word("range", { from: number(from + 1), to: number(from + part.length), n: number(shown.length) }) : word("none");
    back.disabled = state.page === 0;
    next.disabled = state.page === last;
    for (const button of views.children) button.setAttribute("aria-pressed", button.dataset.view === state.view);
    for (const [name, field] of Object.entries(fields)) {
      if (field.value !== state[name]) field.value = state[name];
      field.disabled = !applies(name);
    }
  }
  const update = () => { choose(); draw(); };
  function set(change) {
    if (change.view && change.view !== state.view) state.sort = null;
    Object.assign(state, { page: 0 }, change);
    update();
  }
  function sort(name) {
    const [key, way] = state.sort ?? first[state.view];
    set({ sort: [name, key === name ? -way : 1] });
  }

  function details(of) {
    const facts = [["place", of.place], ["owner", of.owner || word("no_owner")], ["kind", named("kind", of.kind)], ["format", of.format], ["subject", of.subject], ["date", date(of.day)],
      ["sensitivity", named("sensitivity", SENSITIVITY[of.sensitivity])], ["status", named("status", of.status) + (of.reason ? `: ${named("reason", of.reason)}` : "")]];
    const found = of.findings.slice(0, LISTED), more = of.more + of.findings.length - found.length;
    const why = found.some((f) => f.why);
    const titles = ["detector", "value", "confidence", "count", "position", "context", ...(why ? ["why"] : [])];
    dialog.replaceChildren(
      element("button", { class: "shut", type: "button", onclick: () => dialog.close() }, word("close")),
      element("h2", { id: "dialog-h" }, of.location),
      element("dl", {}, ...facts.filter(([, text]) => text).flatMap(([key, text]) => [element("dt", {}, word(key)), element("dd", {}, text)])),
      ...of.breaches.map(({ rule, since, message }) => element("div", { class: "breach" },
        element("p", {}, tag(rule[2]), " ", element("strong", {}, rule[4]), since ? ` – ${word("since")} ${date(since)}` : ""),
        element("p", {}, message), element("p", {}, `${word("todo")}: ${rule[5]}`), element("small", {}, [`${rule[0]}/${rule[1]}`, rule[3]].filter(Boolean).join(" · ")))),
      ...(found.length ? [element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": word("view_findings") }, element("table", {},
        element("thead", {}, element("tr", {}, ...titles.map((key) => element("th", { scope: "col" }, word(key))))),
        element("tbody", {}, ...found.map((f) => element("tr", {}, ...[f.detector[1], f.value, `${f.confidence} %`, number(f.count), f.position, f.context, ...(why ? [f.why ?? ""] : [])].map((text) => element("td", {}, text)))))))] : []),
      ...(more ? [element("p", { class: "note" }, word("more_findings", { n: number(more) }))] : []));
    dialog.showModal();
  }

  // The frame: views, filters, table, pages, details.
  const field = (name, input, label = name) => ((fields[name] = input), element("label", { class: name === "q" ? "search" : undefined }, word(label), input));
  const select = (name, options) => field(name, element("select", { onchange: (event) => set({ [name]: event.target.value }) },
    element("option", { value: "" }, word("all")), ...options.map(([value, text]) => element("option", { value }, text))));
  const typed = (name, options) => {
    const id = `list-${name}`;
    const input = element("input", { list: id, onchange: (event) => set({ [name]: event.target.value }) });
    return [field(name, input), element("datalist", { id }, ...options.slice(0, LISTED).map((value) => element("option", { value })))];
  };
  const later = (() => { let timer; return (run) => { clearTimeout(timer); timer = setTimeout(run, 150); }; })();
  const fields = {};
  const views = element("div", { class: "views", role: "group", "aria-label": word("view") },
    ...Object.keys(columns).map((view) => element("button", { type: "button", "data-view": view, onclick: () => set({ view }) }, word(`view_${view}`))));
  const unique = (list) => [...new Map(list).entries()].sort(([, a], [, b]) => collator.compare(a, b));
  const tools = element("div", { class: "tools" },
    field("q", element("input", { type: "search", oninput: (event) => later(() => set({ q: event.target.value })) }), "search"),
    ...typed("place", places), ...typed("owner", owners.filter(Boolean)),
    select("rule", unique(rules.map((rule) => [`${rule[0]}/${rule[1]}`, `${rule[4]} (${rule[0]})`]))),
    select("severity", [...SEVERITY].reverse().map((value) => [value, named("severity", value)])),
    select("category", unique(detectors.map((detector) => [detector[2], named("category", detector[2])]))),
    select("sensitivity", [...SENSITIVITY].reverse().map((value) => [value, named("sensitivity", value)])),
    element("button", { type: "button", onclick: () => set({ q: "", ...Object.fromEntries(Object.keys(tests).map((name) => [name, ""])) }) }, word("clear")));
  const table = element("div", { class: "scroll rows", tabindex: "0", role: "group", "aria-labelledby": "all-h" });
  const status = element("span", { role: "status" });
  const back = element("button", { type: "button", onclick: () => { state.page--; draw(); } }, word("previous"));
  const next = element("button", { type: "button", onclick: () => { state.page++; draw(); } }, word("next"));
  const dialog = element("dialog", { "aria-labelledby": "dialog-h" });
  document.getElementById("app").append(views, tools, table, element("div", { class: "pager" }, back, status, next), dialog);

  // Names in the pictures lead to their rows.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-filter]");
    if (!link) return;
    const { filter, value } = link.dataset;
    const cleared = Object.fromEntries(Object.keys(tests).map((name) => [name, ""]));
    set(filter === "view" ? { q: "", ...cleared, view: value } : { q: "", ...cleared, view: filter === "rule" ? "breaches" : "items", [filter]: value });
  });
  // On paper there are no pages to turn: more rows.
  let page = 0;
  addEventListener("beforeprint", () => { page = state.page; state.page = 0; draw(PRINTED); });
  addEventListener("afterprint", () => { state.page = page; draw(); });
  update();
})();
