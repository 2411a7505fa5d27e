// SPDX-License-Identifier: Apache-2.0
// One page over the appliance's API: it asks every few seconds, and shows the window that
// was chosen, or the last one.
import { alertsOf, beginOf, drawAlerts, explained, lengthOf, reasonTable, servicesIn }
  from "./alerts.js";
import { ask, isRefused, setToken } from "./api.js";
import { compared, keyOf, kindOf, MEANINGS, ranked, SIGNS } from "./edges.js";
import { drawGraph, lightEdge, restyleGraph, showFound } from "./graph.js";
import { drawHealth } from "./health.js";
import { pageBefore, pageFrom, secondsOfText } from "./past.js";
import { bytes, count, element, percent, rate, row, time, walkable } from "./text.js";
import { Timeline } from "./timeline.js";

const INTERVAL_MS = 5000;
const WINDOWS_MAX = 2000;
const WINDOWS_NEW = 60;
const ALERTS_MAX = 200;
const EDGES_LISTED = 60;
const DETAILS_KEPT = 50;
const PAGE = 10;

const page = (id) => document.getElementById(id);
const state = {
  status: null, windows: [], alerts: [], alertsTold: null, granularity: null,
  chosen: null,  // begin_s of a window; null follows the last one
  past: null,  // {windows, alerts} of before those that are kept here; null shows these
  alert: null,  // the one that was clicked
  compare: null,  // {key, begin, details} of the window that others are compared with
  focus: null, lit: null, shown: null, edges: [], forgotten: 0, details: new Map(),
};

function notice(text) {
  page("notice").hidden = text === "";
  page("notice").textContent = text;
}

const nameOf = (window) => `${window.granularity_s}/${window.begin_s}`;

// Only the first answer has all windows; the next ones have those since, if none is missing.
async function askWindows() {
  const last = state.windows.at(-1);
  const { windows } = await ask(`api/v1/windows?limit=${last ? WINDOWS_NEW : WINDOWS_MAX}`);
  if (!last) return windows;
  const at = windows.findIndex((window) => nameOf(window) === nameOf(last));
  if (at >= 0) return [...state.windows, ...windows.slice(at + 1)].slice(-WINDOWS_MAX);
  return (await ask(`api/v1/windows?limit=${WINDOWS_MAX}`)).windows;
}

async function refresh() {
  try {
    const status = await ask("api/v1/status");
    if (state.status !== null && state.status.started !== status.started) {
      Object.assign(state, { windows: [], past: null, shown: null, alertsTold: null,
        compare: null });
      state.details.clear();
    }
    state.windows = await askWindows();
    // Alerts are long: they are asked for when there are more of them.
    const told = `${status.incidents.records_written} ${state.windows.at(-1)?.begin_s}`;
    if (told !== state.alertsTold) {
      state.alerts = (await ask(`api/v1/alerts?limit=${ALERTS_MAX}`)).alerts;
      state.alertsTold = told;
    }
    state.status = status;
    page("token-form").hidden = true;
    notice(isJudging() ? "" : whyNothing());
    draw();
  } catch (error) {
    if (isRefused(error)) {
      page("token-form").hidden = false;
      return;
    }
    notice(`The appliance does not answer (${error.message}). What is shown is what it last said.`);
  }
}

const shownWindows = () => state.past?.windows ?? state.windows;
const shownAlerts = () => state.past?.alerts ?? state.alerts;

// What is older is of the history: this appliance's life before, or another's.
const isJudging = () => state.windows.length > 0 &&
  state.status.windows.some((one) => one.complete + one.partial > 0);

// Nothing to show is told with what was seen instead.
function whyNothing() {
  const { packets, ports, windows, replay } = state.status;
  const seen = `${count(packets.received)} packets in closed windows`;
  const down = ports.filter((port) => !port.link_up).map((port) => port.device);
  const link = down.length > 0 ? ` No link at ${down.join(", ")}.` : "";
  const lengths = windows.map((one) => `${one.granularity_s} s`).join(" and ");
  const wait = replay ? "The replay has judged none yet." :
    `A window is judged when it has ended: the first after ${lengths}.`;
  const before = state.windows.length > 0 ? " What is shown is of before this start." : "";
  return `No window was judged yet; ${seen}.${before}${link} ${wait} ` +
    "If this stays: does the mirror send, and does `mimir check --machine` agree?";
}

function ofLength() {
  return shownWindows().filter((window) => window.granularity_s === state.granularity);
}

function current() {
  const windows = ofLength();
  return windows.find((window) => window.begin_s === state.chosen) ?? windows.at(-1);
}

function draw() {
  if (state.status === null) return;
  const lengths = [...new Set(shownWindows().map((window) => window.granularity_s))];
  lengths.sort((a, b) => a - b);
  if (!lengths.includes(state.granularity)) state.granularity = lengths[0] ?? null;
  drawFacts();
  drawLengths(lengths);
  drawAlerts(page("alerts"), shownAlerts(), state.alert, nearest(), chooseAlert);
  const names = found();
  line.show(ofLength().map((window) => ({ ...window, found: names.has(nameOf(window)) })));
  show(current());
}

function fact(name, value, tone = "") {
  return element("div", {}, element("dt", {}, name), element("dd", { class: tone }, value));
}

function drawFacts() {
  const { status } = state;
  const last = isJudging() ?
    state.windows.findLast((window) => window.granularity_s === state.granularity) : undefined;
  const balance = status.packets.balances && status.records.balances;
  const facts = [
    fact("model", status.model.name),
    fact("holder", status.model.sensitive_service),
    fact(status.replay ? "replay" : "state", status.listening ? "\u2713 listening" : "\u25a0 ended",
         status.listening ? "good" : status.replay ? "" : "bad"),
    fact("ledgers", balance ? "balance" : "OPEN", balance ? "good" : "bad"),
    fact("alerts", count(status.incidents.opened), status.incidents.opened > 0 ? "bad" : ""),
  ];
  const { open } = status.incidents;
  facts.push(fact("open", count(open), open > 0 ? "bad" : "good"));
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
  const buttons = [...page("granularities").children];
  if (buttons.length !== lengths.length) {
    page("granularities").replaceChildren(...lengths.map((length) => {
      const button = element("button", {}, `${length} s`);
      button.addEventListener("click", () => choose(null, length));
      return button;
    }));
  }
  lengths.forEach((length, i) => page("granularities").children[i]
    .setAttribute("aria-pressed", String(length === state.granularity)));
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

function choose(beginS, granularity) {
  if (granularity !== state.granularity) endComparison();
  if (beginS === null) state.past = null;
  Object.assign(state, { chosen: beginS, granularity, alert: null });
  draw();
}

async function chooseAlert(alert) {
  const isShown = () => shownWindows().some((window) => window.begin_s === beginOf(alert) &&
    window.granularity_s === lengthOf(alert));
  if (!isShown()) await goTo(beginOf(alert));
  if (isShown()) choose(beginOf(alert), lengthOf(alert));
  state.alert = alert;
  state.shown = null;
  draw();
}

async function step(by) {
  const windows = ofLength();
  const at = windows.indexOf(current()) + by;
  if (windows.length === 0) return;
  if (at < 0) return back(at);
  if (at >= windows.length && state.past !== null) return forth();
  choose(windows[Math.min(windows.length - 1, at)].begin_s, state.granularity);
}

// A page of the past takes the place of what is shown; null, and the reason is told, if there
// is none or it cannot be had.
async function turnTo(question, why) {
  try {
    const found = await question;
    if (found === null) notice(why);
    return found;
  } catch (error) {
    notice(`The past cannot be had (${error.message}).`);
    return null;
  }
}

function enter(past) {
  state.past = past;
  line.isZoomed = false;
}

// `at` is -1 for the window before the first one that is shown.
async function back(at) {
  const first = ofLength()[0];
  const past = await turnTo(pageBefore(first.begin_s),
    `Nothing before ${time(first.begin)} is remembered.`);
  if (past === null) return choose(first.begin_s, state.granularity);
  enter(past);
  const windows = ofLength();
  return choose((windows.at(at) ?? windows[0] ?? past.windows[0]).begin_s, state.granularity);
}

async function forth() {
  const last = ofLength().at(-1);
  const live = state.windows.find((window) => window.granularity_s === state.granularity);
  const shortest = Math.min(...shownWindows().map((window) => window.granularity_s));
  const past = await pageFrom(last.begin_s + 1, live?.begin_s ?? 0, shortest).catch(() => null);
  enter(past);
  const windows = ofLength().filter((window) => window.begin_s > last.begin_s);
  choose(windows[0]?.begin_s ?? null, state.granularity);
}

// To the window that began at that time or last before it.
async function goTo(atS) {
  const kept = state.windows.find((window) => window.granularity_s === state.granularity);
  if (kept !== undefined && kept.begin_s <= atS) {
    enter(null);
  } else {
    const past = await turnTo(pageBefore(Math.floor(atS) + 1),
      `Nothing before ${time(atS * 1000)} is remembered.`);
    if (past === null) return;
    enter(past);
  }
  const at = ofLength().findLast((window) => window.begin_s <= atS);
  if (at !== undefined) choose(at.begin_s, state.granularity);
}

async function detailsOf(window) {
  const key = nameOf(window);
  if (!state.details.has(key)) {
    state.details.set(key, await ask(`api/v1/windows/${key}`));
    if (state.details.size > DETAILS_KEPT) state.details.delete(state.details.keys().next().value);
  }
  return state.details.get(key);
}

async function show(window) {
  page("live").setAttribute("aria-pressed", String(state.chosen === null));
  if (!window) return drawHealth(page("health"), state.status, null);
  let details = null;
  try {
    details = await detailsOf(window);
  } catch (error) {
    return notice(`That window is no longer remembered (${error.message}).`);
  }
  if (current() !== window) return undefined;
  drawHealth(page("health"), state.status, details);
  if (state.shown === nameOf(window)) return undefined;
  state.shown = nameOf(window);
  const called = `${time(window.begin)} + ${window.granularity_s} s${
    window.partial ? ", partial" : ""}`;
  page("window-name").textContent = called;
  const windows = ofLength();
  const slider = page("line");
  slider.setAttribute("aria-valuemax", String(windows.length - 1));
  slider.setAttribute("aria-valuenow", String(windows.indexOf(window)));
  slider.setAttribute("aria-valuetext", `${called}, ${verdictOf(details)}`);
  state.edges = ranked(state.compare === null ? details.edges :
    compared(state.compare.details.edges, details.edges));
  state.forgotten = (details.edge_count ?? details.edges.length) - details.edges.length;
  state.lit = null;
  drawWhy(details);
  redrawGraph();
  drawEdges();
  line.redraw();
  return undefined;
}

function verdictOf(details) {
  if (!details.has_data) return "no traffic of the cluster in this window";
  return `score ${details.score.toFixed(3)} ${details.alert ? "above" : "below"} threshold ` +
    details.threshold.toFixed(3);
}

function drawWhy(details) {
  const verdict = element("p", { class: details.alert ? "bad" : "" },
    `${details.alert ? "\u25bc " : ""}${verdictOf(details)}`);
  const isOfThis = (alert) => beginOf(alert) === details.begin_s &&
    lengthOf(alert) === details.granularity_s;
  const told = state.alert !== null ? [state.alert] : alertsOf(shownAlerts(), details);
  const parts = [verdict];
  // An incident is told now and then: between that, its windows have their own figures.
  const isExplained = told.some((alert) => isOfThis(alert) &&
    (alert.mimir.explanation?.contributions !== undefined || !details.alert));
  if (!isExplained) parts.push(reasonTable(details.contributions));
  parts.push(...told.map((alert) => explained(alert, isOfThis(alert))));
  page("why").replaceChildren(...parts);
}

function edgeCells(edge) {
  if (state.compare !== null) return [bytes(edge.bytes), bytes(edge.before)];
  return [bytes(edge.bytes), edge.seen_in_training ? bytes(edge.expected_bytes) : "never"];
}

function drawEdges() {
  const rows = state.edges.slice(0, EDGES_LISTED).map((edge) => {
    const kind = kindOf(edge);
    const sign = element("span", { class: "sign", role: "img", "aria-label": MEANINGS[kind],
      title: MEANINGS[kind] }, SIGNS[kind]);
    const one = row([element("span", {}, sign, ` ${edge.src} \u2192 ${edge.dst}`),
      ...edgeCells(edge)]);
    one.className = kind;
    one.dataset.key = keyOf(edge);
    one.addEventListener("focus", () => light(edge));
    one.addEventListener("click", () => one.focus());
    one.addEventListener("blur", () => light(null));
    return one;
  });
  const names = state.compare === null ? ["edge", "seen", "expected"] : ["edge", "now", "before"];
  const left = state.edges.length - rows.length;
  const held = page("edges").contains(document.activeElement) &&
    document.activeElement.dataset.key;  // the next window must not take it from the keyboard
  page("edges").replaceChildren(row(names, "th"), ...rows);
  if (left > 0) page("edges").append(row([`and ${count(left)} more that say less`]));
  walkable(page("edges"), rows);
  if (held) rows.find((one) => one.dataset.key === held)?.focus();
}

function light(edge) {
  state.lit = edge;
  lightEdge(page("tip"), edge);
}

function redrawGraph() {
  const view = { scope: page("scope").value, find: page("find").value, hide: page("hide").value,
    noInfrastructure: page("no-infrastructure").checked, focus: state.focus,
    holder: state.status.model.sensitive_service, named: servicesIn(state.alert) };
  const shown = drawGraph(page("graph"), page("tip"), state.edges, view, focusOn);
  const note = !shown.isPart ? `${count(shown.all)} edges` :
    `${count(shown.edges.length)} of ${count(shown.all)} edges`;
  const lost = state.forgotten > 0 ? `; ${count(state.forgotten)} more were not remembered` : "";
  page("graph-note").textContent =
    (state.focus === null ? note : `${note}: all of ${state.focus}`) + lost;
  const kinds = [...new Set(state.compare === null ? ["usual", "unusual", "unknown", "path"] :
    ["same", "changed", "added", "removed"])];
  page("legend").replaceChildren(...kinds.map((kind) =>
    element("span", { class: `key ${kind}` }, `${SIGNS[kind]} ${MEANINGS[kind]}`)),
  element("span", { class: "hint" }, "\u25c7 outside, \u25a2 holder of the data"));
}

function focusOn(service) {
  if (state.focus === service) return;
  state.focus = service;
  redrawGraph();
}

function endComparison() {
  state.compare = null;
  page("compared").hidden = true;
  page("compare").setAttribute("aria-pressed", "false");
  state.shown = null;
}

async function toggleComparison() {
  const window = current();
  if (state.compare !== null || !window) {
    endComparison();
  } else {
    const details = await detailsOf(window);
    state.compare = { begin: window.begin_s, details };
    page("compare").setAttribute("aria-pressed", "true");
    page("compared").hidden = false;
    page("compared").textContent = `Compared with ${time(window.begin)}: go to another window; ` +
      "changed is twice or half as many bytes.";
    state.shown = null;
    showView("edges-view");
  }
  draw();
}

// The windows that a detector beside the model has found something in, by their names.
function found() {
  return new Set(shownAlerts().map((alert) => `${lengthOf(alert)}/${beginOf(alert)}`));
}

function nextAlert() {
  const windows = ofLength();
  const at = windows.indexOf(current());
  const turned = [...windows.slice(at + 1), ...windows.slice(0, at + 1)];
  const names = found();
  const next = turned.find((window) => window.alert || names.has(nameOf(window)));
  if (next) choose(next.begin_s, state.granularity);
}

function backToAll() {
  page("find").value = "";
  state.focus = null;
  if (state.compare !== null) endComparison();
  state.shown = null;
  document.activeElement?.blur();
  draw();
}

function showView(id) {
  for (const button of page("views").children) {
    button.setAttribute("aria-pressed", String(button.dataset.view === id));
    page(button.dataset.view).hidden = button.dataset.view !== id;
  }
}

function nextTheme() {
  window.mimirTheme.next();
  nameTheme();
}

function nameTheme() {
  page("theme").textContent = `\u25d1 ${window.mimirTheme.name}`;
}

const KEYS = {
  ArrowLeft: () => step(-1), ArrowRight: () => step(1), PageUp: () => step(-PAGE),
  PageDown: () => step(PAGE), a: nextAlert, c: toggleComparison, t: nextTheme,
  Home: () => choose(ofLength()[0]?.begin_s ?? null, state.granularity),
  End: () => choose(null, state.granularity),
  "/": () => page("find").focus(),
  1: () => showView("why"), 2: () => showView("edges-view"), 3: () => showView("health"),
  "?": () => { page("keys").open = !page("keys").open; },
  Escape: backToAll,
};

// A field that is written in keeps its keys, but for the one that leaves it.
const isWriting = (target) => target instanceof HTMLSelectElement ||
  (target instanceof HTMLInputElement && target.type !== "checkbox");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (isWriting(event.target) && event.key !== "Escape") return;
  if (!Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});

const line = new Timeline(page("line"), () => ({ chosen: current()?.begin_s ?? null,
  compared: state.compare?.begin ?? null }),
(window) => choose(window.begin_s, window.granularity_s));

page("earlier").addEventListener("click", KEYS.ArrowLeft);
page("later").addEventListener("click", KEYS.ArrowRight);
page("live").addEventListener("click", KEYS.End);
page("compare").addEventListener("click", toggleComparison);
page("theme").addEventListener("click", nextTheme);
for (const id of ["scope", "hide", "no-infrastructure"]) {
  page(id).addEventListener("input", redrawGraph);
}
page("find").addEventListener("input", () => {
  redrawGraph();
  showFound();
});
page("at").addEventListener("change", () => {
  const atS = secondsOfText(page("at").value);
  if (page("at").value.trim() === "") return;
  if (Number.isNaN(atS)) notice("A time is written as 2026-01-05 00:06, in UTC.");
  else goTo(atS);
});
page("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  setToken(page("token").value);
  page("token").value = "";
  refresh();
});
addEventListener("theme", () => {
  restyleGraph();
  line.redraw();
});
for (const button of page("views").children) {
  button.addEventListener("click", () => showView(button.dataset.view));
}
nameTheme();
showView("why");

await refresh();
setInterval(refresh, INTERVAL_MS);
