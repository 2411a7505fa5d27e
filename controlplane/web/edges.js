// SPDX-License-Identifier: Apache-2.0
// Which edges of a window are worth a look, and what changed between two windows. Pure: no
// element of the page is touched here.

export const OUTSIDE = "outside";

// More lines than that are a blot, not a graph. The list beside it goes on.
const ALL_MAX = 1000;
const NEAR_MAX = 60;
const NEAR_EACH = 8;
const FITTING_SERVICES = 60;
const FITTING_EDGES = 300;
// An edge changed if it has twice the bytes of before or half, and this many more or less.
const CHANGE_FACTOR = 2;
const CHANGE_BYTES = 1000;

// Cluster services that are there in every cluster. Where one of their edges is unusual it
// is shown all the same: a tunnel through the resolver is no infrastructure.
const INFRASTRUCTURE = new RegExp("^(kube-|coredns|node-local-dns|metrics-server|kubernetes$|" +
  "prometheus|alertmanager|grafana|node-exporter|loki|fluent|jaeger|zipkin|otel|opentelemetry|" +
  "istio|linkerd|cilium|hubble|calico|cert-manager|\\()");

/// A key of two names that no name can imitate.
export const keyOf = (edge) => JSON.stringify([edge.src, edge.dst]);

export const isUnusual = (edge) =>
  !edge.seen_in_training || edge.on_path || edge.excess > 1 || isChange(edge);

export const isChange = (edge) => edge.change !== undefined && edge.change !== "same";

/// How an edge is drawn and named, by the strongest thing there is to say of it.
export function kindOf(edge) {
  if (edge.change !== undefined) return edge.change;
  if (edge.on_path) return "path";
  if (!edge.seen_in_training) return "unknown";
  return edge.excess > 1 ? "unusual" : "usual";
}

export const SIGNS = {
  path: "\u25cf", unknown: "\u25c7", unusual: "\u25b2", usual: "",
  added: "+", removed: "\u2212", changed: "\u00d7", same: "",
};

export const MEANINGS = {
  path: "on the path of the alert", unknown: "never seen in training",
  unusual: "more than usual", usual: "as usual", added: "only in this window",
  removed: "only in the other window", changed: "twice or half as much", same: "much the same",
};

const ORDER = ["path", "added", "removed", "unknown", "changed", "unusual", "usual", "same"];

/// The strongest first, then the heaviest.
export function ranked(edges) {
  const rank = (edge) => ORDER.indexOf(kindOf(edge));
  const excess = (edge) => (kindOf(edge) === "unusual" ? edge.excess : 0);
  return edges.slice().sort((a, b) => rank(a) - rank(b) || excess(b) - excess(a) ||
    Math.max(b.bytes, b.before ?? 0) - Math.max(a.bytes, a.before ?? 0));
}

/// The edges of `now` and those that only `before` had, each with what became of it.
export function compared(before, now) {
  const was = new Map(before.map((edge) => [keyOf(edge), edge]));
  const list = now.map((edge) => {
    const old = was.get(keyOf(edge));
    was.delete(keyOf(edge));
    if (old === undefined) return { ...edge, before: 0, change: "added" };
    const [less, more] = [Math.min(edge.bytes, old.bytes), Math.max(edge.bytes, old.bytes)];
    const isChanged = more >= CHANGE_FACTOR * less && more - less >= CHANGE_BYTES;
    return { ...edge, before: old.bytes, change: isChanged ? "changed" : "same" };
  });
  for (const edge of was.values()) {
    list.push({ ...edge, before: edge.bytes, bytes: 0, packets: 0, change: "removed" });
  }
  return list;
}

const words = (text) => text.toLowerCase().split(/[\s,]+/).filter((word) => word !== "");
const has = (name, list) => list.some((word) => name.toLowerCase().includes(word));

/// Whether a service is one of those looked for.
export const isFound = (name, find) => has(name, words(find));

function isHidden(name, view) {
  return has(name, words(view.hide)) || (view.noInfrastructure && INFRASTRUCTURE.test(name));
}

export function servicesOf(edges) {
  return new Set(edges.flatMap((edge) => [edge.src, edge.dst]));
}

// What is unusual, or without that the holder of the data; and who they talk to most.
function neighbourhood(edges, core) {
  const shown = new Set(edges.filter(isUnusual).slice(0, NEAR_MAX));
  const services = core ?? servicesOf([...shown]);
  const taken = new Map();
  for (const edge of edges.slice().sort((a, b) => b.bytes - a.bytes)) {
    const ends = [edge.src, edge.dst].filter((name) => services.has(name));
    if (shown.size >= 2 * NEAR_MAX) break;
    if (ends.length === 0 || ends.every((name) => (taken.get(name) ?? 0) >= NEAR_EACH)) continue;
    for (const name of ends) taken.set(name, (taken.get(name) ?? 0) + 1);
    shown.add(edge);
  }
  return [...shown];
}

/// What the graph shows of `edges`.
/// view: {scope: auto|near|unusual|all, find, hide, noInfrastructure, focus, holder}; a focus
/// is a service all of whose edges are asked for.
export function chosen(edges, view) {
  const open = ranked(edges.filter((edge) => isUnusual(edge) ||
    !(isHidden(edge.src, view) || isHidden(edge.dst, view))));
  const fits = open.length <= FITTING_EDGES && servicesOf(open).size <= FITTING_SERVICES;
  const scope = view.scope === "auto" ? (fits ? "all" : "near") : view.scope;
  let list = open;
  if (view.focus !== null) {
    list = open.filter((edge) => edge.src === view.focus || edge.dst === view.focus);
  } else if (scope === "unusual") {
    list = open.filter(isUnusual);
  } else if (scope === "near") {
    list = neighbourhood(open, open.some(isUnusual) ? null : new Set([view.holder, OUTSIDE]));
  }
  if (view.find !== "") {
    const asked = open.filter((edge) => [edge.src, edge.dst].some((name) =>
      isFound(name, view.find)));
    list = [...new Set([...asked.slice(0, NEAR_MAX), ...list])];
  }
  list = list.slice(0, ALL_MAX);
  return { edges: list, all: edges.length, isPart: list.length < edges.length };
}
