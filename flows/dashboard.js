"use strict";
// Draws the charts whose section is shown, in the colours of the style sheet; redraws on a change of scheme.
const charts = JSON.parse(document.getElementById("charts").textContent);
const choice = document.getElementById("scenario");
const scheme = window.matchMedia("(prefers-color-scheme: dark)");
const narrow = window.matchMedia("(max-width: 40rem)");

function theme() {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const ink = colour("--ink"), muted = colour("--muted"), line = colour("--line");
  const text = { labelColor: muted, titleColor: muted, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 400 };
  return {
    background: null,
    font: "system-ui, sans-serif",
    view: { stroke: null },
    axis: { ...text, gridColor: line, domainColor: line, tickColor: line },
    axisY: { labelLimit: narrow.matches ? 150 : 380, labelFontSize: narrow.matches ? 10.5 : 12 },
    legend: { ...text, orient: "top", columns: narrow.matches ? 2 : 7, symbolType: "circle", symbolOpacity: 1 },
    range: {
      category: [1, 2, 3, 4, 5, 6, 7].map((n) => colour(`--series-${n}`)),
      ramp: [colour("--ramp-low"), colour("--ramp-high")],
    },
    mark: { color: colour("--series-1") },
    params: [{ name: "inkColour", value: ink }, { name: "narrow", value: narrow.matches }],
  };
}

// The series that have rows, in the order of their colours.
function seriesShown(spec, rows) {
  const { series, order } = spec.usermeta ?? {};
  const found = new Set(rows.map((row) => row[series]));
  return (order ?? []).filter((name) => found.has(name));
}

async function draw() {
  const base = theme();
  const shown = [...document.querySelectorAll(".chart")].filter((element) => element.offsetParent !== null);
  await Promise.all(shown.map((element) => {
    const spec = charts.specs[element.dataset.chart], rows = charts.data[element.dataset.rows];
    const params = [...base.params, { name: "seriesShown", value: seriesShown(spec, rows) }];
    const filled = { ...spec, config: { ...base, params }, datasets: { rows } };
    return vegaEmbed(element, filled, { actions: false, renderer: "svg" });
  }));
  document.body.dataset.drawn = String(shown.length);
}

function choose(name) {
  for (const section of document.querySelectorAll("[data-scenario]")) {
    section.hidden = section.dataset.scenario !== name;
  }
  for (const link of document.querySelectorAll("nav a")) {
    link.hidden = !target(link);
  }
  choice.value = name;
  draw();
}

// The shown section that a link of the page names; each service has its own.
function target(link) {
  const sections = document.querySelectorAll(`[data-section="${link.hash.slice(1)}"]`);
  return [...sections].find((section) => section.offsetParent !== null);
}

function jump(event) {
  const section = event.target.hash && target(event.target);
  if (!section) return;
  event.preventDefault(); // the address keeps the service
  section.scrollIntoView();
  section.focus({ preventScroll: true });
}

const names = [...choice.options].map((option) => option.value);
const asked = () => decodeURIComponent(location.hash.replace(/^#scenario=/, ""));
choice.addEventListener("change", () => { location.hash = `scenario=${encodeURIComponent(choice.value)}`; });
window.addEventListener("hashchange", () => { if (names.includes(asked())) choose(asked()); });
document.querySelector("nav").addEventListener("click", jump);
scheme.addEventListener("change", draw);
narrow.addEventListener("change", draw);
choose(names.includes(asked()) ? asked() : names[0]);
