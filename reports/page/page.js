"use strict";
// Puts the page together, from the data in it or, while a run goes on, from what /data says.

const page = {data: null, chosen: null, measurement: null};
const most_shown = 4;

function runName(shown, run, several) {
  const parts = [grouped(run.instances) + (run.instances === 1 ? " instance" : " instances"), storeName(run.store)];
  if (run.topology === "direct") parts.push("direct " + run.transaction);
  if (run.pair > 0) parts.push("pair " + run.pair);
  if (several > 1) parts.push("run " + several);
  return (shown.name ? shown.name + ": " : "") + parts.join(", ");
}

function runsOf(data) {
  const runs = [], names = new Map();
  for (const shown of data.reports) {
    for (const run of shown.report.runs) {
      const plain = runName(shown, run, 0);
      names.set(plain, (names.get(plain) || 0) + 1);
      runs.push({name: runName(shown, run, names.get(plain)), report: shown, run});
    }
  }
  return runs;
}

// Of each report and each store the run with the most instances: what one wants to see first.
function firstChoice(runs) {
  const best = new Map();
  for (const shown of runs) {
    const key = shown.report.name + "\n" + shown.run.store;
    if (!best.has(key) || best.get(key).run.instances < shown.run.instances) best.set(key, shown);
  }
  return [...best.values()].slice(0, most_shown).map((shown) => shown.name);
}

function controlsOf(runs, names) {
  const boxes = runs.map((shown) => {
    const box = element("input", {type: "checkbox"});
    box.checked = page.chosen.includes(shown.name);
    box.addEventListener("change", () => {
      const chosen = runs.map((r) => r.name).filter((name) =>
        name === shown.name ? box.checked : page.chosen.includes(name));
      if (chosen.length > 0) page.chosen = chosen.slice(0, 6);
      show();
    });
    return element("label", {}, box, " " + shown.name);
  });
  const select = element("select", {id: "measurement"}, ...names.map((name) =>
    element("option", name === page.measurement ? {value: name, selected: ""} : {value: name}, plainName(name))));
  select.addEventListener("change", () => { page.measurement = select.value; show(); });
  return element("div", {class: "controls"},
    names.length > 0 ? element("label", {}, "Measurement ", select) : null,
    runs.length > 1 ? element("fieldset", {}, element("legend", {}, "Runs"), ...boxes) : null);
}

function choose(runs) {
  const known = (page.chosen || []).filter((name) => runs.some((shown) => shown.name === name));
  page.chosen = known.length > 0 ? known : firstChoice(runs);
  const shown = runs.filter((each) => page.chosen.includes(each.name));
  const names = [...new Set(shown.flatMap(({run}) => Object.keys(run.measurements)))];
  if (!names.includes(page.measurement)) {
    page.measurement = names.includes("write") ? "write" : names[0] || "write";
  }
  return {shown, names};
}

function partsOf(data) {
  const runs = runsOf(data);
  const {shown, names} = choose(runs);
  const parts = data.reports.map((report) => ({node: headSection(report, data.live)}));
  if (data.comparison) parts.push(...comparisonSection(data.comparison).map((node) => ({node})));
  const knee = kneeSection(data, page.measurement);
  if (runs.length === 0) return [...parts, ...data.searches.slice(0, 1).map((search) => ({node: searchHead(search)})), knee, ...searchSections(data.searches).map((node) => ({node})),
    data.reports.length > 0 ? {node: section("targets", "No samples", "This report has no runs, so there is nothing to draw.")} : null,
    {node: groundsSection(data)}];
  const time = [timeSection(shown, page.measurement), lagSection(shown)];
  return [...parts, {node: controlsOf(runs, names)}, {node: targetsSection(shown)},
    percentileSection(shown, page.measurement), ...time, heatSection(shown, page.measurement),
    {node: storesSection(runs)}, knee, ...searchSections(data.searches).map((node) => ({node})),
    {node: measurementsSection(shown)}, {node: groundsSection(data)}];
}

// Draws all anew. What had the keyboard's focus by name keeps it.
function show() {
  const main = document.getElementById("page");
  const focused = document.activeElement && document.activeElement.id;
  const opened = new Set([...document.querySelectorAll("details[open] > summary")].map((s) => s.textContent));
  forgetCharts();
  fitPlots();
  const parts = partsOf(page.data).filter((part) => part && part.node);
  main.replaceChildren(...parts.map((part) => part.node));
  for (const summary of main.querySelectorAll("summary")) {
    summary.parentElement.open = opened.has(summary.textContent);
  }
  for (const part of parts) if (part.chart) part.chart.draw();
  const again = focused && document.getElementById(focused);
  if (again) again.focus();
  document.body.dataset.drawn = String(Math.round(performance.now()));
}

function complain(text) {
  document.getElementById("page").prepend(element("section", {class: "problem", role: "alert"}, text));
}

async function follow_run() {
  try {
    const answer = await fetch("data", {cache: "no-store"});
    page.data = await answer.json();
    show();
  } catch (error) {
    complain("The run has ended, or its page is gone: what is below is the last that was seen.");
    return;
  }
  if (page.data.live) setTimeout(follow_run, 2000);
}

function title() {
  const first = page.data.reports[0];
  if (!first) document.title = "How many instances hold";
  else document.title = first.meaning.verdict + ": " + first.meaning.headline;
}

page.data = JSON.parse(document.getElementById("data").textContent);
title();
show();
if (page.data.live) follow_run();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
// Paper is white, whatever the screen is.
window.addEventListener("beforeprint", () => { document.documentElement.classList.add("printing"); show(); });
window.addEventListener("afterprint", () => { document.documentElement.classList.remove("printing"); show(); });
let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth !== width) { width = window.innerWidth; show(); }
});
