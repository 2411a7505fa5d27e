// SPDX-License-Identifier: Apache-2.0
// Windows and alerts of before: the appliance has them from its history, a page at a time.
import { ask } from "./api.js";

const WINDOWS_MAX = 1000;
const ALERTS_MAX = 200;

async function withAlerts(windows) {
  const from = windows[0].begin_s;
  const to = Math.max(...windows.map((one) => one.begin_s + one.granularity_s)) + 1;
  const { alerts } = await ask(`api/v1/alerts?from=${from}&to=${to}&limit=${ALERTS_MAX}`);
  return { windows, alerts };
}

/// The last windows that began before `toS`, and what was told of them; null if there are none.
export async function pageBefore(toS) {
  if (toS <= 0) return null;
  const { windows } = await ask(`api/v1/windows?to=${toS}&limit=${WINDOWS_MAX}`);
  return windows.length > 0 ? withAlerts(windows) : null;
}

/// The first windows that began at `fromS` or later, but before `endS`; null if there are none.
/// The appliance may have been off for days: where there are none, more and more is asked for,
/// and of more than a page holds, which would be its end, less again.
export async function pageFrom(fromS, endS, shortestS) {
  const least = WINDOWS_MAX / 2 * shortestS;
  let span = least;
  while (fromS < endS) {
    const to = Math.min(endS, fromS + span);
    const { windows } = await ask(`api/v1/windows?from=${fromS}&to=${to}&limit=${WINDOWS_MAX}`);
    if (windows.length === WINDOWS_MAX && span > least) {
      span = Math.max(least, Math.floor(span / 8));
    } else if (windows.length > 0) {
      return withAlerts(windows);
    } else {
      fromS = to;
      span *= 2;
    }
  }
  return null;
}

/// Seconds since 1970 of "2026-01-05 00:06", in UTC as all times of the page; NaN if it is none.
export const secondsOfText = (text) =>
  Date.parse(`${text.trim().replace(/\s+/, "T").replace(/Z?$/, "")}${
    /^\s*\d{4}-\d\d-\d\d\s*$/.test(text) ? "" : "Z"}`) / 1000;
