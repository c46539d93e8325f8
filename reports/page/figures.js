"use strict";
// Numbers, elements and tables. All text goes in as text: nothing here parses markup.

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  for (const child of children) if (child !== null && child !== undefined) made.append(child);
  return made;
}

function shape(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

function grouped(value) {
  return isNumber(value) ? Math.round(value).toLocaleString("en-US") : "-";
}

// Three significant digits, at most three decimals, as in report.md. null is "never answered".
function ms(value) {
  if (value === undefined) return "-";
  if (value === null) return "never";
  if (value >= 1000) return grouped(value);
  const places = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return value.toFixed(places);
}

// A latency on an axis, with its unit.
function latencyTick(value) {
  if (!isNumber(value)) return "";
  if (value >= 1000) return +(value / 1000).toPrecision(3) + " s";
  if (value >= 1) return +value.toPrecision(3) + " ms";
  return +(value * 1000).toPrecision(3) + " µs";
}

function percent(part) {
  if (!isNumber(part)) return "-";
  const value = 100 * part;
  return (value >= 10 ? value.toFixed(0) : value.toPrecision(2)) + "%";
}

function quantileName(quantile) {
  return "P" + +(100 * quantile).toFixed(4);
}

function plainName(measurement) {
  return String(measurement).replaceAll("_", " ");
}

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

const seriesColor = (index) => color("c" + index % 6);

function tableOf(caption, head, rows) {
  const body = rows.map((row) => element("tr", {}, ...row.map((cell, column) =>
    column === 0 ? element("th", {scope: "row"}, cell) : element("td", {}, cell))));
  return element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
    element("table", {}, element("caption", {}, caption),
      element("thead", {}, element("tr", {},
        ...head.map((name) => element("th", {scope: "col"}, name)))),
      element("tbody", {}, ...body)));
}

// What a chart shows, as a table that one may open; screen readers find it by its name.
function behind(caption, head, rows) {
  return element("details", {}, element("summary", {}, "Table: " + caption),
    tableOf(caption, head, rows));
}

function section(id, title, explanation, ...children) {
  return element("section", {id, "aria-labelledby": id + "-title"},
    element("h2", {id: id + "-title"}, title),
    explanation ? element("p", {class: "quiet"}, explanation) : null, ...children);
}
