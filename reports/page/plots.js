"use strict";
// What dygraphs has no form for: bars against limits, intervals of changes, the heat map.

// The places of names at the left and words at the right; a narrow window has narrower ones.
const plots = {width: 760, names: 200, words: 190};
const rowHeight = 30;

function fitPlots() {
  const room = document.documentElement.clientWidth;
  Object.assign(plots, room < 640 ? {width: Math.max(room - 50, 280), names: 108, words: 118}
    : {width: Math.min(room - 60, 1100), names: 200, words: 230});
}

// A horizontal logarithmic scale between the names at the left and the words at the right.
function scaleOf(low, high) {
  const width = plots.width - plots.names - plots.words;
  const length = Math.log10(high / low);
  return (value) => plots.names + width *
    Math.min(Math.max(Math.log10(Math.max(value, 1e-12) / low) / length, 0), 1);
}

function plotFrame(rows, label) {
  const height = rows * rowHeight + 34;
  return shape("svg", {class: "plot", role: "img", "aria-label": label,
    viewBox: `0 0 ${plots.width} ${height}`});
}

function plotLine(svg, x, rows, text, style) {
  const bottom = rows * rowHeight + 14;
  svg.append(shape("line", {x1: x, x2: x, y1: 8, y2: bottom, style}));
  svg.append(shape("text", {x, y: bottom + 15, "text-anchor": "middle", class: "quiet-text"}, text));
}

// One row: a bar up to `value`, an interval from `low` to `high`, both as parts of a scale.
function plotRow(svg, index, scale, row) {
  const middle = index * rowHeight + 22;
  const start = plots.names;
  svg.append(shape("text", {x: plots.names - 8, y: middle + 4, "text-anchor": "end"}, row.name));
  const style = "fill: var(--" + row.color + ")";
  if (row.bar) {
    svg.append(shape("rect", {x: start, y: middle - 8, height: 16, style, "fill-opacity": 0.55,
      width: Math.max(scale(row.value) - start, 1)}));
  } else {
    svg.append(shape("circle", {cx: scale(row.value), cy: middle, r: 5, style}));
  }
  if (isNumber(row.low) && isNumber(row.high) && row.high > 0) {
    const stroke = "stroke: var(--ink); stroke-width: 2";
    const [from, to] = [scale(row.low), scale(row.high)];
    svg.append(shape("line", {x1: from, x2: to, y1: middle, y2: middle, style: stroke}));
    for (const x of [from, to]) {
      svg.append(shape("line", {x1: x, x2: x, y1: middle - 6, y2: middle + 6, style: stroke}));
    }
  }
  svg.append(shape("text", {x: plots.width - plots.words + 8, y: middle + 4}, row.words));
}

// Each target as a part of its limit, with the interval of the P99.
function targetPlot(rows) {
  const svg = plotFrame(rows.length, "Each target as a part of its limit; the table has the values");
  const scale = scaleOf(0.0003, 10);
  const parts = plots.width < 600 ? [[0.01, "1%"]] : [[0.001, "0.1%"], [0.01, "1%"], [0.1, "10%"]];
  for (const [part, text] of parts) {
    plotLine(svg, scale(part), rows.length, text, "stroke: var(--line)");
  }
  rows.forEach((row, index) => plotRow(svg, index, scale, row));
  plotLine(svg, scale(1), rows.length, "limit", "stroke: var(--limit); stroke-width: 2");
  return svg;
}

// Each change as a ratio with its interval; the band is what runs of one program differ by.
function changePlot(rows) {
  const ratios = rows.flatMap((row) => [row.value, row.low, row.high]).filter((r) => isNumber(r) && r > 0);
  const reach = Math.min(Math.max(1.5, ...ratios.map((ratio) => Math.max(ratio, 1 / ratio))), 20);
  const scale = scaleOf(1 / reach, reach);
  const svg = plotFrame(rows.length, "Each change of a P99 with its 95% interval; the table has the values");
  svg.append(shape("rect", {x: scale(1 / 1.1), width: scale(1.1) - scale(1 / 1.1), y: 8,
    height: rows.length * rowHeight + 6, style: "fill: var(--line)", "fill-opacity": 0.7}));
  plotLine(svg, scale(1), rows.length, "same", "stroke: var(--quiet)");
  for (const side of [1 / reach, reach]) {
    plotLine(svg, scale(side), rows.length, "×" + +side.toPrecision(2), "stroke: var(--line)");
  }
  rows.forEach((row, index) => plotRow(svg, index, scale, row));
  return svg;
}

// Two stores' bars under each other, on one scale of milliseconds.
function barPlot(rows, label) {
  const values = rows.map((row) => row.value).filter((value) => value > 0);
  const scale = scaleOf(Math.min(...values) / 3, Math.max(...values) * 1.2);
  const svg = plotFrame(rows.length, label);
  const decades = [0.01, 0.1, 1, 10, 100, 1000, 10000]
    .filter((value) => value > Math.min(...values) / 3 && value < Math.max(...values) * 1.2);
  for (const value of decades) {
    plotLine(svg, scale(value), rows.length, latencyTick(value), "stroke: var(--line)");
  }
  rows.forEach((row, index) => plotRow(svg, index, scale, row));
  return svg;
}

// "12: 3 40 1" → the counts by row; see reports/README.md.
function heatColumn(text) {
  const [lowest, counts] = String(text).split(":");
  return counts === undefined ? {lowest: 0, counts: []}
    : {lowest: Number(lowest), counts: counts.trim().split(" ").map(Number)};
}

function heatRange(columns) {
  let low = Infinity, high = -Infinity, most = 0;
  for (const column of columns) {
    if (column.counts.length === 0) continue;
    low = Math.min(low, column.lowest);
    high = Math.max(high, column.lowest + column.counts.length);
    most = Math.max(most, ...column.counts);
  }
  return {low, high, most};
}

function heatColor(part) {
  const [from, to] = ["heat-low", "heat-high"].map((name) => color(name).split(",").map(Number));
  return "rgb(" + from.map((value, i) => Math.round(value + part * (to[i] - value))).join(",") + ")";
}

const heatEdges = {left: 66, right: 8, top: 8, bottom: 26};

function heatAxes(context, size, map, range, seconds) {
  const {left, right, top, bottom} = heatEdges;
  const height = size.height - top - bottom;
  context.fillStyle = color("quiet");
  context.font = "12px sans-serif";
  context.textAlign = "right";
  for (let row = Math.ceil(range.low / map.rows_per_decade) * map.rows_per_decade; row <= range.high;
    row += map.rows_per_decade) {
    const y = top + height * (1 - (row - range.low) / (range.high - range.low));
    const value = map.lowest_ms * 10 ** (row / map.rows_per_decade);
    context.fillText(latencyTick(value), left - 6, y + 4);
    context.fillRect(left - 4, y, 4, 1);
  }
  context.textAlign = "center";
  const width = size.width - left - right;
  for (let i = 0; i <= 4; ++i) {
    const x = left + width * i / 4;
    context.fillText(+(seconds * i / 4).toPrecision(3) + " s", Math.min(x, size.width - 20), size.height - 8);
  }
}

// Counts by second and latency; darker (in the dark: brighter) is more, on a logarithmic scale.
function drawHeat(canvas, map, texts) {
  const columns = texts.map(heatColumn);
  const range = heatRange(columns);
  const size = {width: canvas.clientWidth, height: canvas.clientHeight};
  const ratio = window.devicePixelRatio || 1;
  canvas.width = size.width * ratio;
  canvas.height = size.height * ratio;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  if (range.most === 0) return;
  const {left, right, top, bottom} = heatEdges;
  const cell = {width: (size.width - left - right) / columns.length,
    height: (size.height - top - bottom) / (range.high - range.low)};
  columns.forEach((column, x) => column.counts.forEach((count, i) => {
    if (count === 0) return;
    context.fillStyle = heatColor(Math.log(1 + count) / Math.log(1 + range.most));
    const row = column.lowest + i - range.low;
    context.fillRect(left + x * cell.width, size.height - bottom - (row + 1) * cell.height,
      Math.max(cell.width - 0.3, 1), Math.max(cell.height - 0.3, 1));
  }));
  heatAxes(context, size, map, range, columns.length * map.column_s);
}
