// SPDX-License-Identifier: Apache-2.0
// What happened to every packet and record: each ledger is a bar whose parts are its sum.
import { count, element, percent, row } from "./text.js";

const PARTS_MAX = 6;  // the patterns of the style sheet; smaller parts share the last

/// received = counted + dropped by reason, in the words of the status or of a window's capture.
export function packetParts(ledger) {
  return [["counted", ledger.counted],
    ...Object.entries(ledger.dropped).sort((a, b) => b[1] - a[1])];
}

function merged(parts) {
  const [first, ...rest] = parts.filter(([, value]) => value > 0);
  if (first === undefined) return [];
  const kept = rest.slice(0, PARTS_MAX - 2);
  const others = rest.slice(PARTS_MAX - 2);
  if (others.length === 0) return [first, ...kept];
  return [first, ...kept,
    [`${others.length} more reasons`, others.reduce((sum, [, value]) => sum + value, 0)]];
}

/// A bar of `total` with its parts, and what each is in words. A part that is not nothing can
/// be seen, however small.
export function ledgerBar(name, total, parts) {
  const shown = merged(parts);
  const sum = parts.reduce((all, [, value]) => all + value, 0);
  const said = shown.map(([what, value]) => `${what} ${count(value)}`).join(", ");
  const bar = element("div", { class: "ledger", role: "img", "aria-label": `${name}: ${said}` });
  const key = element("ul", { class: "parts" });
  shown.forEach(([what, value], i) => {
    const part = element("span", { class: `part part-${i}`, title: `${what}: ${count(value)}` });
    part.style.flexGrow = String(value);
    bar.append(part);
    key.append(element("li", {}, element("span", { class: `sample part-${i}` }),
      `${what} ${count(value)}${total > 0 ? ` (${percent(value / total)})` : ""}`));
  });
  const closes = sum === total;
  return element("div", { class: "account" },
    element("div", {}, `${name} ${count(total)} `, element("strong",
      { class: closes ? "good" : "bad" }, closes ? "\u2713 balances" : "\u26a0 DOES NOT BALANCE")),
    bar, key);
}

function coreRow(worker, i) {
  const share = worker.ring_records_max / Math.max(1, worker.ring_capacity);
  const level = element("meter", { min: "0", max: "1", high: "0.8", low: "0.5", optimum: "0",
    value: String(share), "aria-label": `core ${i}` });
  return row([`core ${i}`, level, `its ring at most ${percent(share)} full`]);
}

function portRows(ports) {
  return ports.map((port) => {
    const lost = port.missed + port.errors + port.no_buffer;
    const link = port.link_up ? "\u2713 link" : "\u26a0 NO LINK";
    const line = row([`port ${port.device}`, link,
      `${count(port.received)} in, ${count(lost)} lost`]);
    line.title = `missed ${count(port.missed)}, errors ${count(port.errors)}, no buffer ` +
      `${count(port.no_buffer)}; the link was lost ${count(port.link_losses ?? 0)} times`;
    if (!port.link_up || lost > 0) line.className = "bad";
    return line;
  });
}

/// Of the whole run, and of the window that is looked at.
export function drawHealth(box, status, window) {
  const { packets, records } = status;
  const parts = [];
  if (window) {
    parts.push(ledgerBar("this window: received", window.capture.received,
                         packetParts(window.capture)));
  }
  parts.push(ledgerBar("since the start: received", packets.received, packetParts(packets)),
    ledgerBar("records written", records.written,
              [["delivered", records.delivered], ["lost, ring full", records.lost_ring_full]]));
  if (status.facts?.written > 0) {
    parts.push(ledgerBar("facts written", status.facts.written,
                         [["delivered", status.facts.delivered], ["lost", status.facts.lost]]));
  }
  const rows = [...portRows(status.ports), ...status.workers.map(coreRow)];
  if (status.lost_at_ports > 0) {
    rows.unshift(row(["lost at ports", "", count(status.lost_at_ports)]));
    rows[0].className = "bad";
  }
  box.replaceChildren(...parts, element("table", {}, ...rows));
}
