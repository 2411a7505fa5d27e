// SPDX-License-Identifier: Apache-2.0
// The services of a window and what went between them. A service keeps its place from window
// to window: in columns by how far it is from the outside, which is at the right.
import { chosen, isFound, isUnusual, keyOf, kindOf, MEANINGS, OUTSIDE, SIGNS } from "./edges.js";
import { bytes, count, element } from "./text.js";

const COLUMN_PX = 150;
const ROW_PX = 64;
const STRETCH_MAX = 3;
// Few enough that each of them can be named on its line.
const LABELS_MAX = 12;
// So many that all but the labelled ones are drawn without what costs time.
const THIN_FROM = 300;
const ZOOM_READABLE = 1.25;  // nearer than that is only larger
const REMEMBERED_MAX = 2000;

let graph = null;
let names = "";
const remembered = new Map();  // edges of the windows that were looked at, for their places

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// A kind is told by its line as well as by its colour.
const line = (name, more = {}) => ({ "line-color": color(name), "target-arrow-color": color(name),
  "mid-target-arrow-color": color(name), color: color(name), opacity: 0.95, ...more });

function style() {
  const label = { label: "data(label)", "font-size": 14, "text-background-color": color("--paper"),
    "text-background-opacity": 0.9, "text-background-padding": 2, "z-index": 9 };
  return [
    { selector: "node", style: {
      label: "data(id)", "font-size": 15, color: color("--ink"), "text-valign": "bottom",
      "text-margin-y": 4, "text-wrap": "ellipsis", "text-max-width": 180,
      "background-color": color("--node"), width: 30, height: 30, "border-width": 1.5,
      "border-color": color("--node-line") } },
    { selector: "node.holder", style: { shape: "barrel", "border-width": 3 } },
    { selector: "node.outside", style: { shape: "diamond", "border-width": 3 } },
    { selector: "node.found", style: { "border-color": color("--ink"), "border-width": 5,
      "border-style": "double" } },
    { selector: "node.named", style: { "border-color": color("--alarm"), "border-width": 4,
      "font-weight": "bold" } },
    { selector: "edge", style: {
      width: "data(width)", "line-color": color("--usual"), "curve-style": "bezier",
      "target-arrow-shape": "triangle", "target-arrow-color": color("--usual"),
      "arrow-scale": 0.8, opacity: 0.5 } },
    { selector: "edge.thin", style: { "curve-style": "haystack", opacity: 0.25 } },
    { selector: "edge.unusual", style: line("--unusual", { "mid-target-arrow-shape": "diamond" }) },
    { selector: "edge.unknown", style: line("--unknown", { "line-style": "dashed" }) },
    { selector: "edge.path", style: line("--alarm", { "mid-target-arrow-shape": "vee" }) },
    { selector: "edge.path.never", style: { "line-style": "dashed" } },
    { selector: "edge.added", style: line("--good", { "mid-target-arrow-shape": "vee" }) },
    { selector: "edge.removed", style: line("--alarm", { "line-style": "dotted" }) },
    { selector: "edge.changed", style: line("--unusual", { "mid-target-arrow-shape": "diamond" }) },
    { selector: "edge[label]", style: label },
    { selector: ".dim", style: { opacity: 0.12 } },
  ];
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
  for (let i = 0; i < open.length; ++i) {
    for (const next of near.get(open[i]) ?? []) {
      if (distance.has(next)) continue;
      distance.set(next, distance.get(open[i]) + 1);
      open.push(next);
    }
  }
  return { services: [...near.keys()].sort(), distance };
}

// `isStable`: usual edges alone decide, or a theft would move the service that it goes through.
// `aspect`: how many times wider than high the panel is.
function places(edges, isStable, aspect) {
  const { distance } = distances(isStable ? edges.filter((edge) => edge.seen_in_training) : edges);
  const { services } = distances(edges);
  const most = Math.max(3, Math.ceil(Math.sqrt(services.length * COLUMN_PX / ROW_PX / aspect)));
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
    const parts = Math.ceil(members.length / most);
    const rows = Math.ceil(members.length / parts);
    members.forEach((service, i) => {
      const at = i % rows;
      // Neighbours stand a little askew, or the lines of a column would lie on its names.
      place.set(service, { x: x + Math.floor(i / rows) * COLUMN_PX + (at % 2) * COLUMN_PX / 4,
        y: (at - (rows - 1) / 2) * ROW_PX + (column % 3) * ROW_PX / 3 });
    });
    x += parts * COLUMN_PX;
  }
  stretch(place, x / aspect);
  return place;
}

// Few rows are set apart until they fill the panel.
function stretch(place, wanted) {
  const heights = [...place.values()].map(({ y }) => y);
  const height = heights.reduce((most, y) => Math.max(most, y), -Infinity) -
    heights.reduce((least, y) => Math.min(least, y), Infinity);
  const factor = Math.min(STRETCH_MAX, Math.max(1, wanted / Math.max(ROW_PX, height)));
  for (const at of place.values()) at.y *= factor;
}

function placesToKeep(edges, aspect) {
  if (remembered.size > REMEMBERED_MAX) remembered.clear();
  for (const edge of edges) remembered.set(keyOf(edge), edge);
  return places([...remembered.values()], true, aspect);
}

function label(edge) {
  if (edge.change === "changed") return `${bytes(edge.before)} \u2192 ${bytes(edge.bytes)}`;
  if (edge.change !== undefined) {
    return `${SIGNS[edge.change]} ${bytes(Math.max(edge.bytes, edge.before))}`;
  }
  return `${bytes(edge.bytes)} (${edge.seen_in_training ? bytes(edge.expected_bytes) : "never"})`;
}

function bar(name, value, most, kind) {
  const fill = element("span", { class: `fill ${kind}` });
  fill.style.width = `${100 * value / Math.max(1, most)}%`;
  return element("div", { class: "measure" }, element("span", {}, name),
                 element("span", { class: "track" }, fill), element("span", {}, bytes(value)));
}

/// What there is to say of an edge: seen and expected, or before and now.
export function told(edge) {
  const kind = kindOf(edge);
  const most = Math.max(edge.bytes, edge.before ?? 0, edge.p99_bytes, edge.expected_bytes);
  const said = [element("strong", {}, `${edge.src} \u2192 ${edge.dst}`),
    element("div", { class: `kind ${kind}` }, `${SIGNS[kind]} ${MEANINGS[kind]}`),
    bar("seen", edge.bytes, most, kind)];
  if (edge.before !== undefined) said.push(bar("before", edge.before, most, "usual"));
  if (edge.seen_in_training) {
    said.push(bar("expected", edge.expected_bytes, most, "usual"),
              bar("99 of 100 windows", edge.p99_bytes, most, "usual"));
  } else {
    said.push(element("div", {}, "expected: nothing, training never saw it"));
  }
  const spoken = edge.applications === undefined ? "" : ` of ${edge.applications.join(", ")}`;
  said.push(element("div", { class: "hint" }, `${count(edge.packets)} packets${spoken}`));
  return said;
}

function listen(tip, onService) {
  graph.on("mouseover", "edge", (event) => {
    tip.replaceChildren(...told(event.target.data("edge")));
    tip.hidden = false;
    const { x, y } = event.renderedPosition;
    const box = graph.container();
    tip.style.left = `${Math.max(0, Math.min(x + 12, box.clientWidth - tip.offsetWidth))}px`;
    tip.style.top = `${box.offsetTop + Math.min(y + 12, box.clientHeight - tip.offsetHeight)}px`;
  });
  graph.on("mouseout", "edge", () => { tip.hidden = true; });
  graph.on("tap", "node", (event) => onService(event.target.id()));
  graph.on("tap", (event) => {
    if (event.target === graph) onService(null);
  });
}

// What is unusual with its neighbours, where all of it would be too small to read.
function look() {
  const lit = graph.edges().filter((edge) => isUnusual(edge.data("edge")));
  const near = lit.connectedNodes().closedNeighborhood();
  const isLarge = graph.nodes().length > 60 && near.length > 0;
  fit(isLarge ? near : graph.elements());
}

function fit(elements) {
  graph.fit(elements, 40);
  if (graph.zoom() < ZOOM_READABLE) return;
  graph.zoom(ZOOM_READABLE);
  graph.center(elements);
}

function elementsOf(shown, place, view) {
  const heaviest = Math.max(1, ...shown.map((edge) => Math.max(edge.bytes, edge.before ?? 0)));
  const services = new Set(shown.flatMap((edge) => [edge.src, edge.dst]));
  const elements = [...services].map((id) => ({ group: "nodes", data: { id },
    position: place.get(id), classes: [id === OUTSIDE ? "outside" : "",
      id === view.holder ? "holder" : "", isFound(id, view.find) ? "found" : "",
      view.named.has(id) ? "named" : ""] }));
  const labelled = new Set(shown.filter(isUnusual).slice(0, LABELS_MAX));
  shown.forEach((edge, i) => {
    const seen = Math.max(edge.bytes, edge.before ?? 0);
    const isThin = shown.length > THIN_FROM && !labelled.has(edge);
    elements.push({ group: "edges",
      classes: [kindOf(edge), edge.seen_in_training ? "" : "never", isThin ? "thin" : ""],
      data: { id: `edge ${i}`, source: edge.src, target: edge.dst, edge,
        width: (edge.on_path ? 3 : 1) + 5 * Math.log1p(seen) / Math.log1p(heaviest),
        ...(labelled.has(edge) ? { label: label(edge) } : {}) } });
  });
  return elements;
}

/// Draws edges into `box`; what of them is shown. `view` as edges.js has it, and `named`, the
/// services that an alert is about; `onService` is told which was clicked, null for none.
export function drawGraph(box, tip, edges, view, onService) {
  const shown = chosen(edges, view);
  const aspect = Math.min(5, Math.max(1, box.clientWidth / Math.max(1, box.clientHeight)));
  const place = shown.isPart ? places(shown.edges, false, aspect) :
    placesToKeep(shown.edges, aspect);
  if (graph === null) {
    graph = cytoscape({ container: box, style: style(), layout: { name: "preset" },
      minZoom: 0.1, maxZoom: 3 });
    window.mimirGraph = graph;  // for who tests the page
    listen(tip, onService);
    new ResizeObserver(() => {
      graph.resize();
      look();
    }).observe(box);
  }
  tip.hidden = true;
  const elements = elementsOf(shown.edges, place, view);
  graph.batch(() => {
    graph.elements().remove();
    graph.add(elements);
  });
  const now = JSON.stringify([...place]);
  if (now !== names) look();  // a view that someone chose stays otherwise
  names = now;
  return shown;
}

/// Lights one edge and shows what there is to say of it; null: none.
export function lightEdge(tip, edge) {
  graph.elements().removeClass("dim");
  tip.hidden = true;
  if (edge === null) return;
  const line = graph.edges().filter((one) => keyOf(one.data("edge")) === keyOf(edge));
  if (line.length === 0) return;
  graph.elements().difference(line.union(line.connectedNodes())).addClass("dim");
  const box = graph.container();
  tip.replaceChildren(...told(edge));
  tip.hidden = false;
  tip.style.left = "8px";
  tip.style.top = `${box.offsetTop + 8}px`;
}

/// The services that are looked for come into view.
export function showFound() {
  const found = graph?.nodes(".found");
  if (found?.length > 0) fit(found.closedNeighborhood());
}

export function restyleGraph() {
  graph?.style(style());
}
