// SPDX-License-Identifier: Apache-2.0
// The services of a window and what went between them. A service keeps its place from window
// to window: in columns by how far it is from the outside, which is at the right.
import { bytes, element } from "./text.js";

const OUTSIDE = "outside";
const EDGES_MAX = 300;
const ROWS_MAX = 12;
const COLUMN_PX = 190;
const ROW_PX = 64;

let graph = null;
let names = "";

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function style() {
  return [
    { selector: "node", style: {
      label: "data(id)", "font-size": 12, color: color("--ink"), "text-valign": "bottom",
      "text-margin-y": 4, "background-color": color("--node"), width: 26, height: 26,
      "border-width": 1.5, "border-color": color("--node-line") } },
    { selector: "node.holder", style: { shape: "barrel", "border-width": 3 } },
    { selector: "node.outside", style: { shape: "diamond", "border-width": 3 } },
    { selector: "node.found", style: { "border-color": color("--alarm"), "border-width": 5 } },
    { selector: "edge", style: {
      width: "data(width)", "line-color": color("--usual"), "curve-style": "bezier",
      "target-arrow-shape": "triangle", "target-arrow-color": color("--usual"),
      "arrow-scale": 0.8, opacity: 0.55 } },
    { selector: "edge.unusual", style: {
      "line-color": color("--unusual"), "target-arrow-color": color("--unusual"), opacity: 0.9 } },
    { selector: "edge.unknown", style: {
      "line-color": color("--unknown"), "target-arrow-color": color("--unknown"),
      "line-style": "dashed", opacity: 0.95 } },
    { selector: "edge.path", style: {
      "line-color": color("--alarm"), "target-arrow-color": color("--alarm"), opacity: 1,
      label: "data(label)", "font-size": 11, color: color("--alarm"), "z-index": 9,
      "text-background-color": color("--panel"), "text-background-opacity": 0.9,
      "text-background-padding": 2 } },
    { selector: ".dim", style: { opacity: 0.12 } },
  ];
}

const isUnusual = (edge) => !edge.seen_in_training || edge.on_path || edge.excess > 1;

// Edges come by excess; of the others the heaviest, so that a thousand services stay readable.
function choose(edges, onlyUnusual) {
  const unusual = edges.filter(isUnusual);
  const usual = onlyUnusual ? [] :
    edges.filter((edge) => !isUnusual(edge)).sort((a, b) => b.bytes - a.bytes);
  return [...unusual, ...usual].slice(0, EDGES_MAX);
}

function distances(edges) {
  const near = new Map();
  for (const { src, dst } of edges) {
    for (const [a, b] of [[src, dst], [dst, src]]) {
      if (!near.has(a)) near.set(a, new Set());
      near.get(a).add(b);
    }
  }
  const distance = new Map([[OUTSIDE, 0]]);
  const open = [OUTSIDE];
  while (open.length > 0) {
    const at = open.shift();
    for (const next of near.get(at) ?? []) {
      if (distance.has(next)) continue;
      distance.set(next, distance.get(at) + 1);
      open.push(next);
    }
  }
  return { services: [...near.keys()].sort(), distance };
}

// Usual edges alone decide, or a theft would move the service that it goes through.
function places(edges) {
  const known = edges.filter((edge) => edge.seen_in_training);
  const { distance } = distances(known);
  const { services } = distances(edges);
  const farthest = Math.max(1, ...distance.values());
  const columns = new Map();
  for (const service of services) {
    const column = farthest - (distance.get(service) ?? farthest);
    if (!columns.has(column)) columns.set(column, []);
    columns.get(column).push(service);
  }
  const place = new Map();
  let x = 0;
  for (const column of [...columns.keys()].sort((a, b) => a - b)) {
    const members = columns.get(column);
    const parts = Math.ceil(members.length / ROWS_MAX);
    const rows = Math.ceil(members.length / parts);
    members.forEach((service, i) => {
      const row = i % rows;
      place.set(service, { x: x + Math.floor(i / rows) * COLUMN_PX,
        y: (row - (rows - 1) / 2) * ROW_PX + (column % 2) * ROW_PX / 3 });
    });
    x += parts * COLUMN_PX;
  }
  return place;
}

function classes(edge) {
  return [edge.excess > 1 ? "unusual" : "", edge.seen_in_training ? "" : "unknown",
    edge.on_path ? "path" : ""].join(" ");
}

function told(edge) {
  const usual = edge.seen_in_training ?
    `expected ${bytes(edge.expected_bytes)}, 99 of 100 windows up to ${bytes(edge.p99_bytes)}` :
    "never seen in training";
  return [element("strong", {}, `${edge.src} \u2192 ${edge.dst}`), element("br", {}),
    `${bytes(edge.bytes)} in ${edge.packets.toLocaleString("en")} packets; ${usual}`];
}

function listen(tip) {
  graph.on("mouseover", "edge", (event) => {
    tip.replaceChildren(...told(event.target.data("edge")));
    tip.hidden = false;
    const { x, y } = event.renderedPosition;
    tip.style.left = `${x + 12}px`;
    tip.style.top = `${y + 40}px`;
  });
  graph.on("mouseout", "edge", () => { tip.hidden = true; });
  graph.on("tap", "node", (event) => {
    graph.elements().addClass("dim");
    event.target.closedNeighborhood().removeClass("dim");
  });
  graph.on("tap", (event) => {
    if (event.target === graph) graph.elements().removeClass("dim");
  });
}

/// Draws a window into `box`; how many of its edges are shown.
export function drawGraph(box, tip, details, holder, onlyUnusual) {
  const edges = choose(details.edges, onlyUnusual);
  const place = places(edges);
  const heaviest = Math.max(1, ...edges.map((edge) => edge.bytes));
  const elements = [...place].map(([id, position]) => ({ data: { id }, position,
    classes: id === OUTSIDE ? "outside" : id === holder ? "holder" : "" }));
  for (const edge of edges) {
    const usual = edge.seen_in_training ? bytes(edge.expected_bytes) : "never";
    elements.push({ classes: classes(edge), data: {
      id: `${edge.src}>${edge.dst}`, source: edge.src, target: edge.dst, edge,
      width: 1 + 6 * Math.log1p(edge.bytes) / Math.log1p(heaviest),
      label: `${bytes(edge.bytes)} (${usual})`,
    } });
  }
  if (graph === null) {
    graph = cytoscape({ container: box, style: style(), layout: { name: "preset" },
      minZoom: 0.1, maxZoom: 4 });
    window.mimirGraph = graph;  // for who tests the page
    listen(tip);
  }
  graph.batch(() => {
    graph.elements().remove();
    graph.add(elements);
  });
  const now = [...place.keys()].join(" ");
  if (now !== names) graph.fit(undefined, 40);  // a view that someone chose stays otherwise
  names = now;
  return { shown: edges.length, all: details.edges.length };
}

/// Lights the services whose name has that text.
export function findService(text) {
  if (graph === null) return;
  graph.nodes().removeClass("found");
  if (text === "") return;
  const found = graph.nodes().filter((node) => node.id().includes(text));
  found.addClass("found");
  if (found.length > 0) graph.animate({ fit: { eles: found.closedNeighborhood(), padding: 60 } });
}

export function restyleGraph() {
  graph?.style(style());
}
