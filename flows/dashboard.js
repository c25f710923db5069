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
    axisY: { labelLimit: narrow.matches ? 130 : 380 },
    legend: { ...text, orient: "top", columns: narrow.matches ? 2 : 6, symbolType: "circle", symbolOpacity: 1 },
    range: { category: [1, 2, 3, 4, 5, 6].map((n) => colour(`--series-${n}`)) },
    mark: { color: colour("--series-1") },
    params: [{ name: "inkColour", value: ink }, { name: "energyColour", value: colour("--series-4") }],
  };
}

async function draw() {
  const config = theme();
  const shown = [...document.querySelectorAll(".chart")].filter((element) => element.offsetParent !== null);
  await Promise.all(shown.map((element) => {
    const { chart, rows } = element.dataset;
    const spec = { ...charts.specs[chart], config, datasets: { rows: charts.data[rows] } };
    return vegaEmbed(element, spec, { actions: false, renderer: "svg" });
  }));
  document.body.dataset.drawn = String(shown.length);
}

function choose(name) {
  for (const section of document.querySelectorAll("[data-scenario]")) {
    section.hidden = section.dataset.scenario !== name;
  }
  choice.value = name;
  draw();
}

const names = [...choice.options].map((option) => option.value);
const asked = () => decodeURIComponent(location.hash.replace(/^#scenario=/, ""));
choice.addEventListener("change", () => { location.hash = `scenario=${encodeURIComponent(choice.value)}`; });
window.addEventListener("hashchange", () => { if (names.includes(asked())) choose(asked()); });
scheme.addEventListener("change", draw);
narrow.addEventListener("change", draw);
choose(names.includes(asked()) ? asked() : names[0]);
