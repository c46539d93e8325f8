"use strict";
// Charts of dense series, by dygraphs.

let charts = [];

function forgetCharts() {
  for (const chart of charts) chart.graph.destroy();
  charts = [];
}

function logTicks(low, high) {
  const ticks = [];
  for (let decade = Math.floor(Math.log10(low)); decade <= Math.ceil(Math.log10(high)); ++decade) {
    for (const step of high / low < 30 ? [1, 2, 3, 5, 7] : [1, 3]) {
      const v = step * 10 ** decade;
      if (v >= low && v <= high) ticks.push({v, label: latencyTick(v)});
    }
  }
  return ticks.length >= 2 ? ticks : [low, high].map((v) => ({v, label: latencyTick(v)}));
}

// The values of all lines, for an axis that holds them and, where it is near, the limit.
function rangeOf(rows, extra) {
  const values = rows.flatMap((row) => row.slice(1)).flat().concat(extra || [])
    .filter((value) => isNumber(value) && value > 0);
  if (values.length === 0) return [0.01, 1];
  return [Math.min(...values) / 1.3, Math.max(...values) * 1.5];
}

// `spec`: label, lines [{name, color, dash}], rows [[x, y or null …]], xTitle, xFormat, xTicks,
// under(context, graph), bars (y is [low, value, high]), group (shares its cursor), low.
function lineChart(spec) {
  const box = element("div", {class: spec.low ? "chart low" : "chart", role: "img", tabindex: "0",
    "aria-label": spec.label + ". Arrow keys move the cursor; the table below has the values."});
  const key = element("div", {class: "key", "aria-live": "polite"});
  return {
    nodes: [key, box],
    draw() {
      const series = {};
      for (const line of spec.lines) {
        series[line.name] = {color: color(line.color) || line.color, strokePattern: line.dash || null};
      }
      const range = rangeOf(spec.rows, spec.limits);
      const graph = new Dygraph(box, spec.rows, {
        labels: ["x", ...spec.lines.map((line) => line.name)], series, labelsDiv: key,
        legend: "always", logscale: true, valueRange: range, customBars: Boolean(spec.bars),
        xlabel: spec.xTitle, strokeWidth: 1.5, drawPoints: Boolean(spec.bars), pointSize: 4,
        highlightCircleSize: 4, connectSeparatedPoints: Boolean(spec.bars), fillAlpha: 0.25,
        axisLineColor: color("line"), gridLineColor: color("line"), gridLineWidth: 0.5,
        dateWindow: spec.window || null, xRangePad: 4, underlayCallback: spec.under,
        axes: {
          x: {valueFormatter: spec.xFormat, axisLabelFormatter: spec.xFormat,
            ...(spec.xTicks ? {ticker: spec.xTicks} : {})},
          y: {axisLabelWidth: 58, valueFormatter: (value) => ms(value) + " ms",
            ticker: () => logTicks(range[0], range[1])},
        },
        highlightCallback: (event, x, points, row) => follow(graph, spec.group, x),
        unhighlightCallback: () => follow(graph, spec.group, null),
        zoomCallback: (from, to) => zoomWith(graph, spec.group, from, to),
      });
      box.addEventListener("keydown", (event) => moveCursor(event, graph));
      charts.push({graph, group: spec.group});
    },
  };
}

function others(graph, group) {
  return group ? charts.filter((each) => each.group === group && each.graph !== graph) : [];
}

function follow(graph, group, x) {
  for (const {graph: other} of others(graph, group)) {
    const row = x === null ? null : other.getRowForX(x);
    if (row === null) other.clearSelection(); else other.setSelection(row);
  }
}

function zoomWith(graph, group, from, to) {
  const window = graph.isZoomed("x") ? [from, to] : null;
  for (const {graph: other} of others(graph, group)) other.updateOptions({dateWindow: window});
}

function moveCursor(event, graph) {
  const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  if (event.key === "Escape") { graph.clearSelection(); graph.resetZoom(); }
  if (!step) return;
  const row = Math.max(graph.getSelection() + step, 0);
  if (row < graph.numRows()) {
    graph.setSelection(row);
    event.preventDefault();
  }
}

function horizontal(context, graph, value, text) {
  const area = graph.getArea();
  const y = graph.toDomYCoord(value);
  if (!(y >= area.y && y <= area.y + area.h)) return;
  context.save();
  context.strokeStyle = context.fillStyle = color("limit");
  context.setLineDash([6, 3]);
  context.beginPath();
  context.moveTo(area.x, y);
  context.lineTo(area.x + area.w, y);
  context.stroke();
  context.font = "12px sans-serif";
  context.fillText(text, area.x + 6, y + 14);
  context.restore();
}

function vertical(context, graph, x, text, name) {
  const area = graph.getArea();
  const at = graph.toDomXCoord(x);
  if (!(at >= area.x && at <= area.x + area.w)) return;
  context.save();
  context.strokeStyle = context.fillStyle = color(name);
  context.setLineDash(name === "fault" ? [] : [2, 3]);
  context.beginPath();
  context.moveTo(at, area.y);
  context.lineTo(at, area.y + area.h);
  context.stroke();
  context.font = "12px sans-serif";
  const right = at > area.x + 0.8 * area.w;
  context.textAlign = right ? "right" : "left";
  context.fillText(text, at + (right ? -4 : 4), area.y + 12);
  context.restore();
}

// Pauses of the generator as bands, looks and faults as lines, checkpoints as ticks at the foot.
function underTime(run) {
  return (context, area, graph) => {
    context.save();
    context.fillStyle = color("pause");
    for (const pause of pausesOf(run)) {
      const from = graph.toDomXCoord(pause.begin);
      context.fillRect(from, area.y, Math.max(graph.toDomXCoord(pause.end) - from, 1.5), area.h);
    }
    context.fillStyle = color("tick");
    for (const second of run.series) {
      const count = (second.counts || {}).checkpoint || 0;
      const x = graph.toDomXCoord(second.time_s - 0.5);
      if (count > 0) context.fillRect(x - 1, area.y + area.h - 3 - Math.min(count, 12), 2, 3 + Math.min(count, 12));
    }
    context.restore();
    for (const mark of run.marks || []) {
      vertical(context, graph, mark.time_s, mark.text, mark.kind === "fault" ? "fault" : "look");
    }
  };
}

function pausesOf(run) {
  const offset = run.warmup_s || 0;
  return (run.validity.pauses || []).map((pause) =>
    ({begin: pause.begin_s - offset, end: pause.end_s - offset}));
}
