// SPDX-License-Identifier: Apache-2.0
// One page over the appliance's API: it asks every few seconds, and shows the window that
// was chosen, or the last one.
import { drawGraph, findService, restyleGraph } from "./graph.js";
import { bytes, count, element, percent, rate, time } from "./text.js";

const INTERVAL_MS = 5000;
const WINDOWS_MAX = 2000;
const EDGES_LISTED = 40;

const page = (id) => document.getElementById(id);
const state = {
  status: null, windows: [], alerts: [], granularity: null,
  chosen: null,  // begin_s of a window; null follows the last one
  shown: null, plot: null, details: new Map(),
};

async function ask(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

function notice(text) {
  page("notice").hidden = text === "";
  page("notice").textContent = text;
}

async function refresh() {
  try {
    const [status, windows, alerts] = await Promise.all([
      ask("api/v1/status"), ask(`api/v1/windows?limit=${WINDOWS_MAX}`),
      ask("api/v1/alerts?limit=200")]);
    Object.assign(state, { status, windows: windows.windows, alerts: alerts.alerts });
    notice(state.windows.length > 0 ? "" : whyNothing());
    draw();
  } catch (error) {
    notice(`The appliance does not answer (${error.message}). What is shown is what it last said.`);
  }
}

// Nothing to show is told with what was seen instead.
function whyNothing() {
  const { packets, ports, windows, replay } = state.status;
  const seen = `${count(packets.received)} packets in closed windows`;
  const down = ports.filter((port) => !port.link_up).map((port) => port.device);
  const link = down.length > 0 ? ` No link at ${down.join(", ")}.` : "";
  const lengths = windows.map((row) => `${row.granularity_s} s`).join(" and ");
  const wait = replay ? "The replay has judged none yet." :
    `A window is judged when it has ended: the first after ${lengths}.`;
  return `No window was judged yet; ${seen}.${link} ${wait} ` +
    "If this stays: does the mirror send, and does `mimir check --machine` agree?";
}

function ofLength() {
  return state.windows.filter((window) => window.granularity_s === state.granularity);
}

function current() {
  const windows = ofLength();
  return windows.find((window) => window.begin_s === state.chosen) ?? windows.at(-1);
}

function draw() {
  const lengths = [...new Set(state.windows.map((window) => window.granularity_s))];
  lengths.sort((a, b) => a - b);
  if (!lengths.includes(state.granularity)) state.granularity = lengths[0] ?? null;
  drawFacts();
  drawLengths(lengths);
  drawAlerts();
  drawHealth();
  drawLine();
  show(current());
}

function fact(name, value, tone = "") {
  return element("div", {}, element("dt", {}, name), element("dd", { class: tone }, value));
}

function drawFacts() {
  const { status } = state;
  const last = ofLength().at(-1);
  const facts = [
    fact("model", status.model.name),
    fact("holder", status.model.sensitive_service),
    fact(status.listening ? "listening" : "ended", status.replay ? "to a replay" : "",
         status.listening ? "good" : "bad"),
    fact("ledgers", status.packets.balances && status.records.balances ? "balance" : "OPEN",
         status.packets.balances && status.records.balances ? "good" : "bad"),
    fact("alerts", count(status.incidents.opened), status.incidents.opened > 0 ? "bad" : ""),
  ];
  if (last) {
    facts.push(
      fact("rate", rate(last.packets / last.granularity_s)),
      fact("lost", percent(last.loss_ratio), last.loss_ratio > 0.001 ? "bad" : ""),
      fact("mapped", percent(last.mapped_bytes_ratio),
           last.mapped_bytes_ratio < 0.95 ? "bad" : ""));
    if (last.kept_flows_ratio < 1) facts.push(fact("kept", percent(last.kept_flows_ratio), "bad"));
  }
  page("facts").replaceChildren(...facts);
}

function drawLengths(lengths) {
  page("granularities").replaceChildren(...lengths.map((length) => {
    const button = element("button", { "aria-pressed": String(length === state.granularity) },
                           `${length} s`);
    button.addEventListener("click", () => {
      Object.assign(state, { granularity: length, chosen: null });
      draw();
    });
    return button;
  }));
}

function drawAlerts() {
  const rows = state.alerts.slice().reverse().map((alert) => {
    const { window, path = [], explanation } = alert.mimir;
    const name = path.length > 0 ? path.join(" \u2192 ") : alert.alert.signature;
    const when = element("time", {}, `${time(window.start)} ${lengthOf(window)} s `);
    const button = element("button", { title: explanation?.summary ?? "" }, when, name);
    button.addEventListener("click", () => choose(secondsOf(window.start), lengthOf(window)));
    return element("li", {}, button);
  });
  const none = () => element("li", { class: "hint" }, nearest());
  page("alerts").replaceChildren(...(rows.length > 0 ? rows : [none()]));
}

// No alert: how near was it?
function nearest() {
  const windows = ofLength().filter((window) => window.has_data);
  if (windows.length === 0) return "none; no window with data yet";
  const near = windows.reduce((best, window) =>
    window.score - window.threshold > best.score - best.threshold ? window : best);
  return `none in ${windows.length} windows; nearest ${time(near.begin)}: ` +
    `score ${near.score.toFixed(2)}, threshold ${near.threshold.toFixed(2)}`;
}

const secondsOf = (stamp) => Date.parse(stamp.replace(/([+-]\d\d)(\d\d)$/, "$1:$2")) / 1000;
const lengthOf = (window) => secondsOf(window.end) - secondsOf(window.start);

function row(cells, kind = "td") {
  return element("tr", {}, ...cells.map((cell, i) =>
    element(kind, { class: i > 0 ? "number" : "" }, cell)));
}

function drawHealth() {
  const { status } = state;
  const dropped = Object.entries(status.packets.dropped).sort((a, b) => b[1] - a[1]);
  const ledger = [
    row(["received", count(status.packets.received)]),
    row(["counted", count(status.packets.counted)]),
    ...dropped.map(([reason, packets]) => row([`dropped: ${reason}`, count(packets)])),
    row(["lost at ports", count(status.lost_at_ports)]),
    row(["records written", count(status.records.written)]),
    row(["records lost, ring full", count(status.records.lost_ring_full)]),
    ...status.ports.map((port) => row([`port ${port.device}`,
      port.link_up ? "link up" : "NO LINK"])),
    ...status.workers.map((worker, i) => row([`core ${i}: fullest ring`,
      percent(worker.ring_records_max / worker.ring_capacity)])),
  ];
  page("health").replaceChildren(element("table", {}, ...ledger));
}

function drawLine() {
  const windows = ofLength();
  const data = [windows.map((w) => w.begin_s), windows.map((w) => (w.has_data ? w.score : null)),
    windows.map((w) => w.threshold), windows.map((w) => 100 * w.loss_ratio)];
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  if (state.plot === null) {
    const axis = { stroke: () => color("--faint"), grid: { stroke: () => color("--line") } };
    state.plot = new uPlot({
      width: page("line").clientWidth, height: 165, legend: { show: false },
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "UTC"),
      cursor: { drag: { x: true, y: false } },
      scales: { loss: { range: (_, __, most) => [0, Math.max(1, most)] } },
      axes: [axis, { ...axis, label: "score" },
        { ...axis, side: 1, scale: "loss", label: "lost %", grid: { show: false } }],
      series: [{ label: "window", value: (_, at) => (at == null ? "" : time(at * 1000)) },
        { label: "score", stroke: () => color("--node-line"), width: 1.5,
          points: { show: false } },
        { label: "threshold", stroke: () => color("--alarm"), width: 1, dash: [6, 4] },
        { label: "lost %", scale: "loss", stroke: () => color("--unusual"), width: 1 }],
      hooks: { draw: [markChosen] },
    }, data, page("line"));
    state.plot.over.addEventListener("click", () => {
      const at = state.plot.cursor.idx;
      if (at != null) choose(ofLength()[at]?.begin_s ?? null, state.granularity);
    });
  } else {
    state.plot.setData(data);
  }
}

function markChosen(plot) {
  const window = current();
  if (!window) return;
  const style = getComputedStyle(document.documentElement);
  const mark = (begin, name, width) => {
    const x = plot.valToPos(begin, "x", true);
    plot.ctx.strokeStyle = style.getPropertyValue(name).trim();
    plot.ctx.lineWidth = width;
    plot.ctx.beginPath();
    plot.ctx.moveTo(x, plot.bbox.top);
    plot.ctx.lineTo(x, plot.bbox.top + plot.bbox.height);
    plot.ctx.stroke();
  };
  for (const other of ofLength()) if (other.alert) mark(other.begin_s, "--alarm", 0.6);
  mark(window.begin_s, "--ink", 2);
}

function choose(beginS, granularity) {
  Object.assign(state, { chosen: beginS, granularity });
  draw();
}

function step(by) {
  const windows = ofLength();
  const at = windows.indexOf(current());
  const next = windows[Math.max(0, Math.min(windows.length - 1, at + by))];
  if (next) choose(next.begin_s, state.granularity);
}

async function show(window) {
  page("live").setAttribute("aria-pressed", String(state.chosen === null));
  if (!window) return;
  const key = `${window.granularity_s}/${window.begin_s}`;
  if (!state.details.has(key)) {
    try {
      state.details.set(key, await ask(`api/v1/windows/${key}`));
    } catch (error) {
      notice(`That window is no longer remembered (${error.message}).`);
      return;
    }
    if (state.details.size > 50) state.details.delete(state.details.keys().next().value);
  }
  if (current() !== window || state.shown === key) return;
  state.shown = key;
  const details = state.details.get(key);
  page("window-name").textContent =
    `${time(window.begin)} + ${window.granularity_s} s${window.partial ? ", partial" : ""}`;
  drawWhy(details);
  drawEdges(details.edges);
  redrawGraph(details);
  state.plot.redraw(false);
}

function redrawGraph(details) {
  const left = drawGraph(page("graph"), page("tip"), details, state.status.model.sensitive_service,
                         page("only-unusual").checked);
  page("graph-note").textContent = left.shown === left.all ? `${left.all} edges` :
    `${left.shown} of ${left.all} edges: the most unusual, then the heaviest`;
}

function drawWhy(details) {
  const verdict = !details.has_data ? "no traffic of the cluster in this window" :
    `score ${details.score.toFixed(3)} ${details.alert ? "above" : "below"} threshold ` +
    details.threshold.toFixed(3);
  const table = element("table", {}, row(["invariant", "seen", "expected", "part"], "th"),
    ...details.contributions.slice(0, 6).map((reason) => row([reason.feature,
      reason.observed === null ? "missing" : reason.observed.toPrecision(3),
      reason.expected.toPrecision(3), (reason.contribution > 0 ? "+" : "") +
      reason.contribution.toFixed(2)])));
  page("why").replaceChildren(element("p", { class: details.alert ? "bad" : "" }, verdict), table);
}

function drawEdges(edges) {
  const rows = edges.slice(0, EDGES_LISTED).map((edge) => {
    const line = row([`${edge.src} \u2192 ${edge.dst}`, bytes(edge.bytes),
      edge.seen_in_training ? bytes(edge.expected_bytes) : "never"]);
    if (!edge.seen_in_training) line.className = "unknown";
    else if (edge.excess > 1) line.className = "unusual";
    if (edge.on_path) line.className = "path";
    return line;
  });
  page("edges").replaceChildren(row(["edge", "seen", "expected"], "th"), ...rows);
}

function nextAlert() {
  const windows = ofLength();
  const at = windows.indexOf(current());
  const turned = [...windows.slice(at + 1), ...windows.slice(0, at + 1)];
  const next = turned.find((window) => window.alert);
  if (next) choose(next.begin_s, state.granularity);
}

const KEYS = {
  ArrowLeft: () => step(-1), ArrowRight: () => step(1), a: nextAlert,
  Home: () => choose(ofLength()[0]?.begin_s ?? null, state.granularity),
  End: () => choose(null, state.granularity),
  "/": () => page("find").focus(),
};

document.addEventListener("keydown", (event) => {
  if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey) return;
  const act = KEYS[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
});
page("earlier").addEventListener("click", KEYS.ArrowLeft);
page("later").addEventListener("click", KEYS.ArrowRight);
page("live").addEventListener("click", KEYS.End);
page("find").addEventListener("input", (event) => findService(event.target.value));
page("only-unusual").addEventListener("change", () => {
  state.shown = null;
  show(current());
});
addEventListener("resize", () => {
  state.plot?.setSize({ width: page("line").clientWidth, height: 165 });
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  restyleGraph();
  state.plot?.redraw(false);
});

await refresh();
setInterval(refresh, INTERVAL_MS);
