// SPDX-License-Identifier: Apache-2.0
// Alerts in a list, and each with its reasons.
import { bytes, count, element, figure, percent, row, secondsOf, signed, time, walkable }
  from "./text.js";

const REASONS = 6;
const HOPS = 8;
const SEVERITIES = { 1: "\u25cf high", 2: "\u25d0 medium", 3: "\u25cb low" };

export const beginOf = (alert) => secondsOf(alert.mimir.window.start);
export const lengthOf = (alert) => alert.mimir.window.granularity_s ??
  secondsOf(alert.mimir.window.end) - secondsOf(alert.mimir.window.start);

export const nameOf = (alert) => (alert.mimir.path?.length > 0 ?
  alert.mimir.path.join(" \u2192 ") : alert.alert.signature);

const severityOf = ({ alert }) => SEVERITIES[alert.severity] ?? `severity ${alert.severity}`;

/// The services that an alert is about.
export function servicesIn(alert) {
  if (alert === null) return new Set();
  const { path = [], source, targets = [] } = alert.mimir;
  return new Set([...path, source?.service, ...targets.map((target) => target.service)]
    .filter((name) => name !== undefined));
}

// An incident that goes on is told again and again: its last word stands for all.
export function lastWords(alerts) {
  const open = new Map();
  const list = [];
  for (const alert of alerts) {
    const id = alert.mimir.incident?.id;
    if (id !== undefined && open.has(id)) list[open.get(id)] = null;
    if (id !== undefined) open.set(id, list.length);
    list.push(alert);
  }
  return list.filter((alert) => alert !== null);
}

/// What was told of a window: the alerts that are of it and, of a window above its threshold,
/// the incidents of the model that it is a part of.
export function alertsOf(alerts, details) {
  const exact = alerts.filter((alert) => beginOf(alert) === details.begin_s &&
    lengthOf(alert) === details.granularity_s);
  if (!details.alert) return exact;
  const ids = new Set(exact.map((alert) => alert.mimir.incident?.id));
  const end = details.begin_s + details.granularity_s;
  return [...exact, ...lastWords(alerts).filter(({ mimir: { incident, path } }) =>
    incident !== undefined && path !== undefined && !ids.has(incident.id) &&
    secondsOf(incident.first_seen) < end && secondsOf(incident.last_seen) > details.begin_s)];
}

/// The list, newest first; `none` is what to say if it is empty.
export function drawAlerts(box, alerts, chosen, none, onChoose) {
  const buttons = [];
  const days = new Set(alerts.map((alert) => time(alert.mimir.window.start).slice(0, 10)));
  const short = (stamp) => time(stamp).slice(days.size > 1 ? 5 : 11);  // one day needs no date
  const rows = lastWords(alerts).reverse().map((alert) => {
    const { incident } = alert.mimir;
    const state = incident ? `${incident.state} ` : "";
    const button = element("button", { title: alert.mimir.explanation?.summary ?? "",
      "aria-pressed": String(alert === chosen) },
      element("time", {}, `${short(alert.mimir.window.start)} ${lengthOf(alert)} s `),
      element("span", { class: "severity" }, `${severityOf(alert)} ${state}`), nameOf(alert));
    button.addEventListener("click", () => onChoose(alert));
    buttons.push(button);
    return element("li", {}, button);
  });
  const held = document.activeElement;
  const at = [...box.querySelectorAll("button")].indexOf(held);
  box.replaceChildren(...(rows.length > 0 ? rows : [element("li", { class: "hint" }, none)]));
  walkable(box, buttons);
  if (at >= 0) buttons[Math.min(at, buttons.length - 1)]?.focus();
}

function reasonBar(value, most) {
  const fill = element("span", { class: value < 0 ? "fill less" : "fill more" });
  fill.style.width = `${100 * Math.abs(value) / most}%`;
  return element("span", { class: "track part-bar" }, fill);
}

/// What the score is made of: parts that push it up, and parts that hold it down.
export function reasonTable(contributions) {
  const listed = contributions.slice(0, REASONS);
  const most = Math.max(1e-9, ...listed.map((part) => Math.abs(part.contribution)));
  const rows = listed.map((part) => {
    const line = row([part.feature, figure(part.observed), figure(part.expected),
      signed(part.contribution)]);
    line.append(element("td", {}, reasonBar(part.contribution, most)));
    line.title = ["z", "weight", "spread"].map((name) => `${name} ${figure(part[name])}`)
      .join(", ");
    return line;
  });
  return element("table", { class: "reasons" },
    row(["invariant", "seen", "expected", "part", ""], "th"), ...rows);
}

function term(list, name, ...what) {
  if (what.every((one) => one === "" || one === undefined)) return;
  list.append(element("dt", {}, name), element("dd", {}, ...what));
}

function hopText(hop) {
  const { src_pod: from, dst_pod: to } = hop;
  if (from !== undefined) return `${from} \u2192 ${to}: ${bytes(hop.bytes)}`;
  return `${time(hop.time)} ${hop.src.name} \u2192 ${hop.dst.name} port ${hop.port}: ${hop.why}`;
}

function targetText(targets, all) {
  const listed = targets.slice(0, HOPS).map((target) => target.name).join(", ");
  return all > HOPS ? `${listed} and ${count(all - HOPS)} more` : listed;
}

const valueText = (value) => (typeof value === "number" ? figure(value) :
  typeof value === "string" ? value : JSON.stringify(value));

function incidentText(incident) {
  if (incident === undefined) return "";
  const parts = [`${incident.id}: ${incident.state}`];
  if (incident.count !== undefined) parts.push(`told ${count(incident.count)} times`);
  if (incident.first_seen !== undefined) parts.push(`since ${time(incident.first_seen)}`);
  return parts.join(", ");
}

/// An alert with all that speaks for it, what else it may be, and what to do; `isOfThis`: of
/// the window that is shown, and not of another.
export function explained(alert, isOfThis) {
  const { alert: told, mimir } = alert;
  const why = mimir.explanation ?? {};
  const list = element("dl", { class: "explained" });
  term(list, "means", why.meaning);
  term(list, "incident", incidentText(mimir.incident));
  term(list, "told of", isOfThis ? "" :
    `another window: ${time(mimir.window.start)}, ${lengthOf(alert)} s`);
  term(list, "technique", [told.metadata?.mitre_tactic_id, told.metadata?.mitre_technique_id]
    .flat().filter((id) => id !== undefined).join(" "));
  term(list, "from", mimir.source ? `${mimir.source.name} (${mimir.source.ip})` : "");
  term(list, "to", mimir.targets?.length > 0 ?
    targetText(mimir.targets, mimir.target_count ?? mimir.targets.length) : "");
  term(list, "through", ...(mimir.hops ?? []).slice(0, HOPS)
    .map((hop) => element("div", {}, hopText(hop))));
  term(list, "counted", Object.entries(mimir.evidence ?? {})
    .map(([name, value]) => `${name.replaceAll("_", " ")} ${valueText(value)}`).join(", "));
  term(list, "beside it", ...(mimir.related ?? []).map((one) => element("div", {}, one.summary)));
  term(list, "else it may be", why.false_alarm);
  term(list, "next", why.action ?? "", ...(mimir.next_steps ?? [])
    .map((step) => element("div", {}, valueText(step))));
  const { capture } = mimir;
  term(list, "seen of it", capture ? `${count(capture.received)} packets, ` +
    `${percent(capture.loss_ratio ?? 0)} lost` + (capture.mapped_bytes_ratio == null ? "" :
    `, ${percent(capture.mapped_bytes_ratio)} of the bytes have a name`) : "");
  const parts = [element("p", { class: "summary" }, element("strong", {},
    `${severityOf(alert)} \u00b7 ${told.signature}`), element("br", {}), why.summary ?? "")];
  if (why.contributions?.length > 0) parts.push(reasonTable(why.contributions));
  parts.push(list, element("details", {}, element("summary", {}, "as it was written"),
                           element("pre", {}, JSON.stringify(alert, null, 2))));
  return element("article", {}, ...parts);
}
