// SPDX-License-Identifier: Apache-2.0
// Figures as people read them, and elements that hold them. Whatever the appliance says becomes
// text, never markup: names of services are whatever somebody could write into a cluster.

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function bytes(value) {
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? value.toFixed(0) : value.toPrecision(3)} ${UNITS[unit]}`;
}

export const count = (value) => value.toLocaleString("en");

export const percent = (ratio) =>
  `${(100 * ratio).toFixed(ratio > 0 && ratio < 0.01 ? 3 : 1)} %`;

export const rate = (packets) => (packets >= 1e6 ? `${(packets / 1e6).toPrecision(3)} Mpps` :
  packets >= 1e3 ? `${(packets / 1e3).toPrecision(3)} kpps` : `${packets.toFixed(0)} pps`);

/// A feature's value: null is one that the window did not have.
export const figure = (value) => (value === null ? "none" :
  Math.abs(value) >= 1e4 ? value.toExponential(2) : String(Number(value.toPrecision(3))));

export const signed = (value, digits = 2) => (value < 0 ? "\u2212" : "+") +
  Math.abs(value).toFixed(digits);

// UTC, as in every alert: who reads both compares them.
export function time(stamp) {
  const text = typeof stamp === "number" ? new Date(stamp).toISOString() : stamp;
  return text.slice(0, 19).replace("T", " ");
}

/// Seconds since 1970 of an EVE timestamp, whose zone has no colon.
export const secondsOf = (stamp) =>
  Date.parse(stamp.replace(/([+-]\d\d)(\d\d)$/, "$1:$2")) / 1000;

export function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== "") made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/// A row of a table; all cells but the first are figures.
export function row(cells, kind = "td") {
  return element("tr", {}, ...cells.map((cell, i) => element(kind, i > 0 ?
    { class: "number", scope: kind === "th" ? "col" : "" } :
    { scope: kind === "th" ? "col" : "" }, cell)));
}

/// One stop of the Tab key for a whole list: arrows go from item to item.
export function walkable(list, items) {
  items.forEach((item, i) => { item.tabIndex = i === 0 ? 0 : -1; });
  list.onkeydown = (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const next = items[items.indexOf(document.activeElement) + by];
    if (by === undefined || !items.includes(document.activeElement)) return;
    event.preventDefault();
    if (next === undefined) return;
    for (const item of items) item.tabIndex = item === next ? 0 : -1;
    next.focus();
  };
}
