// What each host has at one step: its calls, its sockets, the queues of its listeners.
const ROWS = 40; // of a socket table
const BOXES = 24; // of a queue

// After k steps, counted from the beginning: in a run of 2,000 steps this takes about a millisecond.
function state(data, k) {
  const of = new Map(data.hosts.map((host) =>
    [host, { socket: new Map(), queue: new Map(), call: new Map(), ended: null }]));
  const apply = ([kind, host, key, ...rest]) => {
    const found = of.get(host);
    if (!found) return;
    const gone = kind === "call" ? rest[1] !== null : rest[0] === null;
    if (kind === "call" && gone) found.ended = rest;
    if (gone) found[kind].delete(key);
    else found[kind].set(key, kind === "queue" ? rest : rest[0]);
  };
  data.before.forEach(apply);
  for (const step of data.steps.slice(0, k)) step.differences.forEach(apply);
  return of;
}

function cards(data, k) {
  const differences = k ? data.steps[k - 1].differences : [];
  const fresh = new Set(differences.map(([kind, host, key]) => `${kind} ${host} ${key}`));
  const made = [...state(data, k)].map(([host, of]) => card(data, host, of, fresh));
  if (!data.wire) made.push(make("p", { class: "none" }, "Bench mode: no wire, so packets are not seen."));
  return made;
}

function card(data, host, of, fresh) {
  const doing = [...of.call.values()].map((text) =>
    make("li", { class: "blocked" }, make("span", {}, text + " ", make("b", {}, "\u2026 has not returned"))));
  if (of.ended) {
    const [text, outcome] = of.ended;
    doing.push(make("li", {}, make("span", {}, `${text} ${outcome === "returns" ? "has returned" : outcome}`)));
  }
  const rows = [...of.socket].sort(([, a], [, b]) => (b[0] === "LISTEN") - (a[0] === "LISTEN"));
  const more = rows.length - ROWS;
  return make("article", { "aria-label": host }, make("h4", {}, host),
    ...(doing.length ? [make("ul", { class: "doing" }, ...doing)] : []),
    rows.length ? table(data, host, rows, fresh) : make("p", { class: "none" }, "no TCP socket that this run tells of"),
    ...(more > 0 ? [make("p", { class: "none" }, `and ${more} more`)] : []),
    ...[...of.queue].map(([local, depths]) => gauges(data.colours.queues, local, depths)));
}

function table(data, host, rows, fresh) {
  const number = { class: "number" };
  const heads = [["State", "process"], ["Local", "peer"], ["Recv-Q", "Send-Q"]];
  const body = rows.slice(0, ROWS).map(([key, [name, received, sent, local, peer, owner]]) =>
    make("tr", fresh.has(`socket ${host} ${key}`) ? { class: "fresh" } : {},
      make("td", {}, make("span",
        { class: "state", style: `background:${data.colours.states[name] || "#e3e6ea"}` }, name),
        make("br"), make("i", { class: "owner" }, owner === "none" ? "no process" : owner)),
      make("td", {}, local, make("br"), make("i", {}, peer)),
      make("td", number, received, make("br"), sent)));
  return make("table", {},
    make("thead", {}, make("tr", {}, ...heads.map(([one, two]) =>
      make("th", { scope: "col", ...(one === "Recv-Q" ? number : {}) }, one, make("br"), two)))),
    make("tbody", {}, ...body));
}

// A row of boxes for each queue: as many as may wait, those that do are filled.
function gauges(colours, local, [syn, accept, limit]) {
  const room = Math.min(limit + 1, BOXES);
  const box = (name, full) => make("i", full ? { style: `background:${colours[name]};border-color:${colours[name]}` } : {});
  const gauge = ([name, depth]) => make("div", { class: "gauge" }, make("span", {}, name),
    make("span", { class: "boxes", "aria-hidden": "true" },
      ...Array.from({ length: room }, (_, i) => box(name, i < depth))),
    make("b", {}, String(depth)));
  const rows = Object.entries({ "SYN queue": syn, "accept queue": accept });
  return make("div", { class: "gauges" }, `${local}, backlog ${limit}`, ...rows.map(gauge));
}
