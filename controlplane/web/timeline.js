// SPDX-License-Identifier: Apache-2.0
// The line of scores: where a window is chosen to look at.
import { time } from "./text.js";

const MARK_PX = 5;
const LONE_S = 60;
const STEPS_S = [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200, 86400];

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/// A line in `box`. `marks()` says {chosen, compared} as begin_s or null; `onChoose` gets the
/// window that was clicked.
export class Timeline {
  constructor(box, marks, onChoose) {
    this.box = box;
    this.marks = marks;
    this.onChoose = onChoose;
    this.plot = null;
    this.isZoomed = false;  // by dragging; a double click shows all again
    this.windows = [];
  }

  show(windows) {
    this.windows = windows;
    const data = [windows.map((w) => w.begin_s), windows.map((w) => (w.has_data ? w.score : null)),
      windows.map((w) => w.threshold), windows.map((w) => 100 * w.loss_ratio)];
    if (this.plot === null) this.plot = this.make(data);
    else this.plot.setData(data, !this.isZoomed);
    if (this.isZoomed) this.plot.redraw(true);
  }

  redraw() {
    this.plot?.redraw(false);
  }

  // Colours are read anew while it draws, so that it follows the theme.
  make(data) {
    const clock = (_, splits) => splits.map((at) => {
      const [day, hour] = time(at * 1000).split(" ");
      return hour === "00:00:00" ? day : hour.replace(/:00$/, "");
    });
    const axis = { stroke: () => color("--faint"), ticks: { stroke: () => color("--line") },
      grid: { stroke: () => color("--line"), width: 1 } };
    const plot = new uPlot({
      width: this.box.clientWidth, height: this.box.clientHeight, legend: { show: false },
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "UTC"),
      cursor: { drag: { x: true, y: false } },
      // One window alone would otherwise be a point on a line of years.
      scales: { x: { range: (_, from, to) => (from === to ? [from - LONE_S, to + LONE_S] :
        [from, to]) }, loss: { range: (_, __, most) => [0, Math.max(1, most)] } },
      axes: [{ ...axis, values: clock, incrs: STEPS_S, space: 75 }, { ...axis, label: "score" },
        { ...axis, side: 1, scale: "loss", label: "lost %", grid: { show: false } }],
      series: [{ label: "window", value: (_, at) => (at == null ? "" : time(at * 1000)) },
        { label: "score", stroke: () => color("--node-line"), width: 2, points: { show: false } },
        { label: "threshold", stroke: () => color("--alarm"), width: 1, dash: [6, 4],
          points: { show: false } },
        { label: "lost %", scale: "loss", stroke: () => color("--unusual"), width: 1.5,
          dash: [2, 3], points: { show: false } }],
      hooks: { draw: [(drawn) => this.drawMarks(drawn)],
        setSelect: [(drawn) => { this.isZoomed = drawn.select.width > 0; }] },
    }, data, this.box);
    plot.over.addEventListener("click", () => {
      const at = plot.cursor.idx;
      if (at != null && this.windows[at] !== undefined) this.onChoose(this.windows[at]);
    });
    plot.over.addEventListener("dblclick", () => { this.isZoomed = false; });
    addEventListener("resize", () => {
      plot.setSize({ width: this.box.clientWidth, height: this.box.clientHeight });
    });
    return plot;
  }

  drawMarks(plot) {
    const { chosen, compared } = this.marks();
    const { ctx, bbox } = plot;
    const across = (beginS, name, width, dash) => {
      const x = plot.valToPos(beginS, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) return;
      ctx.strokeStyle = color(name);
      ctx.lineWidth = width;
      ctx.setLineDash(dash);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    };
    ctx.save();
    ctx.setLineDash([]);
    ctx.lineWidth = devicePixelRatio;
    ctx.fillStyle = color("--alarm");
    ctx.strokeStyle = color("--alarm");
    for (const window of this.windows) {
      if (!window.alert && !window.found) continue;
      const x = plot.valToPos(window.begin_s, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      const size = MARK_PX * devicePixelRatio;
      ctx.beginPath();
      ctx.moveTo(x - size, bbox.top);
      ctx.lineTo(x + size, bbox.top);
      ctx.lineTo(x, bbox.top + 1.6 * size);
      ctx.closePath();
      if (window.alert) ctx.fill();
      else ctx.stroke();
    }
    if (compared !== null) across(compared, "--unknown", 2, [4, 4]);
    if (chosen !== null) across(chosen, "--ink", 2, []);
    ctx.restore();
  }
}
