"use strict";
// The sections of the page, in the order in which a reader asks. Each takes the shown runs and gives
// an element, or nothing where the data has nothing for it.

const dashes = [null, [7, 3], [2, 3], [10, 3, 2, 3]];
const storeNames = {sqlite: "SQLite", postgres: "PostgreSQL"};
const storeName = (store) => storeNames[store] || String(store);
const signs = {pass: "✔ pass", fail: "✘ fail", inconclusive: "? inconclusive"};

function verdictSign(verdict) {
  const known = signs[verdict] ? verdict : "inconclusive";
  return element("span", {class: "verdict " + known}, signs[known]);
}

function commandLine(text) {
  const copy = element("button", {type: "button"}, "Copy");
  copy.addEventListener("click", () => navigator.clipboard.writeText(text));
  return element("div", {class: "command"}, element("code", {id: "command"}, text), copy);
}

function headSection(shown, live) {
  const answers = shown.meaning.answers.map(({question, text}) => [
    element("dt", {}, question),
    element("dd", {}, text.startsWith("loadgen") ? commandLine(text) : text)]);
  return element("header", {},
    verdictSign(shown.meaning.verdict),
    live ? element("span", {class: "quiet"}, " so far: the run goes on") : null,
    element("h1", {}, (shown.name ? shown.name + ": " : "") + shown.meaning.headline),
    element("dl", {class: "answers"}, ...answers.flat()));
}

function valueAt(measurement, quantile) {
  const names = {0.5: "p50", 0.9: "p90", 0.99: "p99", 0.999: "p999"};
  return names[quantile] ? measurement[names[quantile]] : measurement.p99;
}

function targetRow(shown, target) {
  const measurement = shown.run.measurements[target.measurement];
  const quantile = target.judged_quantile || target.quantile;
  const value = measurement ? valueAt(measurement, quantile) : undefined;
  const bounds = measurement && quantile === 0.99 ? measurement : {};
  const part = (number) => isNumber(number) ? number / target.limit_ms : undefined;
  const name = plainName(target.measurement) + " " + quantileName(quantile);
  const color = {pass: "pass", fail: "fail"}[target.verdict] || "open";
  return {name, target, run: shown.name, bar: true, color,
    value: value === null ? 10 : part(value) || 0, low: part(bounds.p99_low),
    // Too few samples for an upper end: it may lie anywhere.
    high: bounds.p99_high === null ? 10 : part(bounds.p99_high),
    words: ms(value) + " of " + ms(target.limit_ms) + " ms",
    cells: [name, shown.name, ms(value), bounds.p99_high === undefined ? "-" :
      ms(bounds.p99_low) + " to " + (bounds.p99_high === null ? "?" : ms(bounds.p99_high)),
    ms(target.limit_ms), grouped(target.over_limit) + " of " + grouped(target.count),
    String(target.verdict), target.reason]};
}

function targetsSection(shownRuns) {
  const rows = shownRuns.flatMap((shown) => shown.run.targets.map((target) => targetRow(shown, target)));
  if (rows.length === 0) {
    return section("targets", "Targets", "No target was judged in what is shown.");
  }
  const several = shownRuns.length > 1;
  const bars = rows.map((row) => several ? {...row, words: row.words + " " + letterOf(shownRuns, row.run)} : row);
  return section("targets", "Targets against their limits",
    "Each bar is a quantile as a part of its limit, on a logarithmic scale; the black line is the 95% "
    + "interval of the P99: the true value lies in it, with so many and such samples.",
    several ? element("p", {class: "quiet"}, shownRuns.map((shown, i) => String.fromCharCode(65 + i) + ": " + shown.name).join("; ")) : null,
    targetPlot(bars),
    behind("targets, in ms", ["target", "run", "value", "95% of P99", "limit", "over the limit",
      "verdict", "why"], rows.map((row) => row.cells)));
}

function letterOf(shownRuns, name) {
  return String.fromCharCode(65 + shownRuns.findIndex((shown) => shown.name === name));
}

const ninesTick = (x) => {
  const part = 1 - 10 ** -x;
  return x <= 0 ? "0%" : +(100 * part).toFixed(Math.max(0, Math.round(x) - 2)) + "%";
};

// Rows of [x, a, b …] from lists of [x, value] of several lines.
function merged(lists) {
  const at = new Map();
  lists.forEach((list, i) => list.forEach(([x, value]) => {
    if (!at.has(x)) at.set(x, Array(lists.length).fill(null));
    at.get(x)[i] = value;
  }));
  return [...at.entries()].sort((a, b) => a[0] - b[0]).map(([x, values]) => [x, ...values]);
}

function limitsOf(shownRuns, name) {
  const found = new Map();
  for (const {run} of shownRuns) {
    for (const target of run.targets) {
      if (target.measurement === name) found.set(target.limit_ms, quantileName(target.quantile));
    }
  }
  return [...found.entries()];
}

function percentileSection(shownRuns, name) {
  const lines = [], lists = [];
  shownRuns.forEach((shown, i) => {
    const measurement = shown.run.measurements[name];
    if (!measurement || !measurement.distribution_ms) return;
    for (const [kind, words, dash] of [["latency", "", null], ["service", ", from the send", [5, 3]]]) {
      const points = measurement.distribution_ms[kind].map((value, k) => [k / 10, value]);
      lists.push(points);
      lines.push({name: shown.name + words, color: "c" + i % 6, dash});
    }
  });
  if (lists.length === 0) return null;
  const rows = merged(lists);
  const limits = limitsOf(shownRuns, name);
  const chart = lineChart({label: "Latency of " + plainName(name) + " by percentile", lines, rows,
    xTitle: "percentile", xFormat: ninesTick, limits: nearLimits(limits, rows),
    xTicks: (low, high) => [0, Math.log10(2), 1, 2, 3, 4, 5, 6].filter((x) => x >= low && x <= high)
      .map((v) => ({v, label: ninesTick(v)})),
    under: (context, area, graph) => limits.forEach(([limit, quantile]) =>
      horizontal(context, graph, limit, "limit of the " + quantile))});
  const wanted = rows.filter(([x]) => [0.3, 1, 2, 3, 4, 5].includes(x));
  return {chart, node: section("percentiles", "Latency by percentile: " + plainName(name),
    "From the moment a request was due, and (dashed) from its send: where they part, requests waited "
    + "for others, or for the generator.", ...chart.nodes,
    behind("latency by percentile, in ms", ["percentile", ...lines.map((line) => line.name)],
      wanted.map(([x, ...values]) => [ninesTick(x), ...values.map((v) => v === null ? "-" : ms(v))])))};
}

// A limit is drawn where the lines come within a factor of 30 of it; else it would flatten them.
function nearLimits(limits, rows) {
  const highest = Math.max(0, ...rows.flatMap((row) => row.slice(1)).flat().filter(isNumber));
  return limits.map(([limit]) => limit).filter((limit) => limit < 30 * highest);
}

const seconds = (value) => +Number(value).toFixed(1) + " s";

function timeSection(shownRuns, name) {
  const kinds = [["p50_ms", "P50"], ["p99_ms", "P99"], ["max_ms", "largest"]];
  const lines = [], lists = [];
  shownRuns.forEach((shown, i) => kinds.forEach(([field, words], k) => {
    const points = shown.run.series.filter((second) => second[field] && name in second[field])
      .map((second) => [second.time_s, second[field][name]]);
    if (points.length === 0) return;
    lists.push(points);
    lines.push({name: (shownRuns.length > 1 ? shown.name + " " : "") + words,
      color: "c" + (shownRuns.length > 1 ? i % 6 : k), dash: shownRuns.length > 1 ? dashes[k] : null});
  }));
  if (lists.length === 0) return null;
  const rows = merged(lists);
  const limits = limitsOf(shownRuns, name);
  const chart = lineChart({label: plainName(name) + " over time", lines, rows, xTitle: "time",
    xFormat: seconds, group: "time", limits: nearLimits(limits, rows),
    under: (context, area, graph) => {
      underTime(shownRuns[0].run)(context, area, graph);
      limits.forEach(([limit, quantile]) => horizontal(context, graph, limit, "limit of the " + quantile));
    }});
  return {chart, node: section("over-time", "Over time: " + plainName(name),
    "Second by second. Bands are pauses of the generator itself, ticks at the foot checkpoints, dotted "
    + "lines looks, solid ones faults. Drag to zoom, double-click (or Escape) to see all.", ...chart.nodes,
    behind("over time, in ms", ["time", ...lines.map((line) => line.name)],
      rows.map(([x, ...values]) => [seconds(x), ...values.map((v) => v === null ? "-" : ms(v))])),
    marksTable(shownRuns[0].run))};
}

function marksTable(run) {
  const rows = [...(run.marks || []).map((mark) => [seconds(mark.time_s), mark.kind, mark.text]),
    ...pausesOf(run).map((pause) => [seconds(pause.begin), "pause", ms(1000 * (pause.end - pause.begin)) + " ms"])];
  return rows.length === 0 ? null : behind("what is marked", ["time", "what", ""], rows.slice(0, 200));
}

function lagSection(shownRuns) {
  const withLag = shownRuns.filter((shown) => shown.run.series.some((second) => second.lag_p99_ms > 0));
  if (withLag.length === 0) return null;
  const lines = withLag.map((shown, i) => ({name: shown.name, color: "c" + i % 6}));
  const rows = merged(withLag.map((shown) => shown.run.series.map((second) =>
    [second.time_s, second.lag_p99_ms > 0 ? second.lag_p99_ms : null])));
  const chart = lineChart({label: "Schedule lag over time", lines, rows, xTitle: "time", low: true,
    xFormat: seconds, group: "time", under: underTime(withLag[0].run)});
  return {chart, node: section("lag", "Schedule lag of the generator",
    "How late requests went out by the generator's own doing, P99 of each second. It is inside every "
    + "latency above.", ...chart.nodes,
    behind("schedule lag, in ms", ["time", ...lines.map((line) => line.name)],
      rows.map(([x, ...values]) => [seconds(x), ...values.map((v) => v === null ? "-" : ms(v))])))};
}

function heatSection(shownRuns, name) {
  const shown = shownRuns.find(({run}) => run.heat_map && (run.heat_map.columns[name] || []).length > 0);
  if (!shown) return null;
  const map = shown.run.heat_map;
  const texts = map.columns[name];
  const canvas = element("canvas", {class: "heat", role: "img",
    "aria-label": "Answers by time and latency; the table has the sums"});
  const sums = new Map();
  for (const column of texts.map(heatColumn)) {
    column.counts.forEach((count, i) => sums.set(column.lowest + i, (sums.get(column.lowest + i) || 0) + count));
  }
  const edge = (row) => latencyTick(map.lowest_ms * 10 ** (row / map.rows_per_decade));
  const rows = [...sums.entries()].sort((a, b) => a[0] - b[0])
    .map(([row, count]) => [edge(row) + " to " + edge(row + 1), grouped(count)]);
  return {chart: {draw: () => drawHeat(canvas, map, texts)},
    node: section("heat", "Where the answers lie: " + plainName(name),
      "How many answers took how long (upwards) at what time (to the right): the stronger the colour, "
      + "the more. " + (shownRuns.length > 1 ? "Of " + shown.name + "." : ""), canvas,
      behind("answers by latency, over all of the time", ["latency", "answers"], rows))};
}

function median(values) {
  const sorted = values.filter(isNumber).sort((a, b) => a - b);
  return sorted.length === 0 ? null : sorted[Math.floor((sorted.length - 1) / 2)];
}

function storesSection(allRuns) {
  const stores = [...new Set(allRuns.map(({run}) => run.store))];
  if (stores.length < 2) return null;
  const loads = [...new Set(allRuns.map(({run}) => run.instances))].sort((a, b) => a - b);
  const bars = [], rows = [];
  for (const load of loads) {
    const at = allRuns.filter(({run}) => run.instances === load).map(({run}) => run);
    const names = [...new Set(at.flatMap((run) => Object.keys(run.measurements)))];
    for (const name of names) {
      const values = stores.map((store) => median(at.filter((run) => run.store === store && run.measurements[name])
        .map((run) => run.measurements[name].p99)));
      if (values.some((value) => value === null)) continue;
      rows.push([grouped(load), plainName(name) + " P99", ...values.map(ms), "×" + (values[1] / values[0]).toFixed(2)]);
      if (load !== loads.at(-1)) continue;
      stores.forEach((store, i) => bars.push({name: i === 0 ? plainName(name) : "", bar: true,
        color: "c" + i, value: values[i], words: ms(values[i]) + " " + storeName(store)}));
    }
  }
  if (bars.length === 0) return null;
  return section("stores", stores.map(storeName).join(" against "),
    "P99 of each measurement at " + grouped(loads.at(-1)) + " instances (the median of the runs), on a "
    + "logarithmic scale. Less is better.", barPlot(bars, "P99 of each measurement on each store"),
    behind("both stores, in ms", ["instances", "measurement", ...stores.map(storeName), "ratio"], rows));
}

// The loads that were tried, by what they were tried on: [instances, [low, P99, high], holds].
function loadLines(data, name) {
  const lines = new Map();
  const add = (key, point) => lines.set(key, [...(lines.get(key) || []), point]);
  for (const shown of data.reports) {
    for (const run of shown.report.runs) {
      const m = run.measurements[name];
      if (!m || !isNumber(m.p99)) continue;
      const high = isNumber(m.p99_high) ? m.p99_high : m.p99;
      add((shown.name ? shown.name + ": " : "") + storeName(run.store),
        {x: run.instances, y: [m.p99_low || m.p99, m.p99, high], holds: run.verdict === "pass"});
    }
  }
  for (const {map} of data.searches) {
    for (const cell of map.cells) {
      for (const step of cell.steps) {
        const value = step.measured_ms[name + " P99"];
        if (!isNumber(value)) continue;
        add([storeName(cell.store), cell.durability, "+" + cell.fsync_latency].join(" "),
          {x: step.instances, y: [value, value, value], holds: step.verdict === "pass"});
      }
    }
  }
  return [...lines.entries()].filter(([, points]) => new Set(points.map((p) => p.x)).size > 1);
}

function kneeSection(data, name) {
  const all = loadLines(data, name);
  if (all.length === 0) return null;
  const shown = all.slice(0, 10);
  const lines = shown.map(([key], i) => ({name: key, color: "c" + i % 6, dash: dashes[Math.floor(i / 6) % 4]}));
  const lists = shown.map(([, points]) => [...new Map(points.map((p) => [p.x, p])).values()]
    .map((p) => [Math.log10(p.x), p.y]));
  const knees = shown.length > 3 ? [] : shown.map(([, points]) =>
    Math.max(0, ...points.filter((p) => p.holds).map((p) => p.x))).filter((x) => x > 0);
  const rows = merged(lists);
  const instancesTick = (x) => grouped(10 ** x);
  const chart = lineChart({label: "Instances against P99 of " + plainName(name), lines, rows, bars: true,
    xTitle: "instances", xFormat: instancesTick,
    xTicks: () => [...new Set(rows.map(([x]) => x))].filter((x, i, xs) => i === 0 || i === xs.length - 1
      || (x - xs[0] > 0.25 && i % Math.ceil(xs.length / 8) === 0)).map((v) => ({v, label: instancesTick(v)})),
    under: (context, area, graph) => knees.forEach((x) =>
      vertical(context, graph, Math.log10(x), grouped(x) + " hold", "look"))});
  return {chart, node: section("knee", "Instances against " + plainName(name) + " P99",
    "Where the line bends upwards, the machine has no more room. Bars are 95% intervals.", ...chart.nodes,
    behind("instances against P99, in ms", ["load", "instances", "P99", "holds"],
      all.flatMap(([key, points]) => points.map((p) => [key, grouped(p.x), ms(p.y[1]), p.holds ? "yes" : "no"]))))};
}

function searchHead({map, texts}) {
  const words = map.cells.length === 1 ? storeName(map.cells[0].store) + " " + texts[0]
    : "How many instances each store carries, by how slow the disk is";
  return element("header", {}, element("h1", {}, words + "."),
    element("p", {}, "A load holds if " + map.parameters.slo.join(" and ") + " passes with it."));
}

function searchSections(searches) {
  return searches.map(({name, map, texts}, index) => section("search-" + index,
    "How many instances hold " + map.parameters.slo.join(", "),
    [name, map.date, map.machine.cpu, map.machine.cores + " cores", map.machine.filesystem].filter(Boolean).join(", "),
    tableOf("brackets", ["store", "writes survive", "added to each fsync", "found"],
      map.cells.map((cell, i) => [storeName(cell.store),
        cell.durability === "power" ? "a power cut" : "a killed daemon", cell.fsync_latency, texts[i]]))));
}

function comparisonSection(comparison) {
  return comparison.runs.map((run, index) => {
    const rows = run.changes.filter((change) => isNumber(change.ratio) && change.trend !== "unknown").map((change) =>
      ({name: plainName(change.measurement), value: change.ratio, low: change.ratio_low, high: change.ratio_high,
        color: {slower: "fail", faster: "pass"}[change.trend] || "c0",
        words: "×" + change.ratio.toFixed(2) + " " + change.trend}));
    const notes = [...(index === 0 ? comparison.notes : []), ...run.notes];
    return section("comparison-" + index, "What changed: " + run.title,
      "After over before, of each P99, with its 95% interval; the band is what two runs of one program "
      + "differ by.", rows.length > 0 ? changePlot(rows) : null,
      notes.length > 0 ? element("ul", {class: "lines"}, ...notes.map((note) => element("li", {}, note))) : null,
      behind("changes of P99, in ms", ["measurement", "before", "after", "ratio", "95% of ratio", ""],
        run.changes.map((c) => [plainName(c.measurement), ms(c.before_ms), ms(c.after_ms),
          isNumber(c.ratio) ? c.ratio.toFixed(2) : "-",
          (isNumber(c.ratio_low) ? c.ratio_low.toFixed(2) : "?") + " to " + (isNumber(c.ratio_high) ? c.ratio_high.toFixed(2) : "?"),
          c.trend])));
  });
}

function measurementsSection(shownRuns) {
  const rows = shownRuns.flatMap(({name, run}) => Object.entries(run.measurements).map(([key, m]) =>
    [plainName(key), name, grouped(m.count), ms(m.p50), ms(m.p90), ms(m.p99), ms(m.p999), ms(m.max),
      m.service_ms ? ms(m.service_ms.p99) : "-"]));
  if (rows.length === 0) return section("measurements", "Measurements", "There are no samples.");
  return section("measurements", "All measurements, in ms", "",
    tableOf("from the intended time; service is the P99 from the send", ["measurement", "run", "count", "P50",
      "P90", "P99", "P99.9", "max", "service"], rows));
}

function groundsSection(data) {
  const blocks = data.reports.flatMap((shown) => [
    element("p", {}, (shown.name ? shown.name + ": " : "") + shown.machine), element("p", {}, shown.software),
    ...shown.words.map((run) => element("details", {}, element("summary", {}, run.title),
      element("ul", {class: "lines"}, ...run.lines.map((line) => element("li", {}, line)))))]);
  return blocks.length === 0 ? null : section("environment", "Machine and conditions", "", ...blocks);
}
