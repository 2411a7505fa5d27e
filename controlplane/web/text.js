// SPDX-License-Identifier: Apache-2.0
// Figures as people read them, and elements that hold them.

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function bytes(value) {
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
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

// UTC, as in every alert: who reads both compares them.
export function time(stamp) {
  const text = typeof stamp === "number" ? new Date(stamp).toISOString() : stamp;
  return text.slice(0, 19).replace("T", " ");
}

export function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== "") made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}
