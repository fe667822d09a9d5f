"use strict";
// The page shows one example, layer and head at a time. `chosen` is the word that was clicked or focused,
// `hovered` the one under the pointer; either is of the side `queries` or `keys`.
const data = JSON.parse(document.getElementById("data").textContent);
const by = (id) => document.getElementById(id);
const media = matchMedia("(prefers-color-scheme: dark)");
const MEAN = -1, TOP = 5, LONG = 60, LISTED = 100; // words that a table lists of each side
const state = { example: 0, layer: 0, head: MEAN, chosen: null, hovered: null };
let view; // what `look` makes of the state

const most = (values) => values.reduce((a, b) => Math.max(a, b), 0);

// --- the weights -------------------------------------------------------------------------------------

const decoded = new Map();

/** Weights (heads, queries, keys) of a layer, as one flat array of shares of 1. */
function weightsOf(layer) {
  if (!decoded.has(layer)) {
    const bytes = Uint8Array.from(atob(layer.weights), (c) => c.charCodeAt(0));
    const keys = layer.keys.labels.length;
    decoded.set(layer, Float32Array.from(bytes, (b, i) => (b / 255) * layer.largest[Math.floor(i / keys)]));
  }
  return decoded.get(layer);
}

/** One head, or their mean: rows of weights, one for each query. */
function mapOf(layer, head) {
  const [rows, columns] = [layer.queries.labels.length, layer.keys.labels.length];
  const heads = head === MEAN ? [...Array(layer.heads).keys()] : [head];
  const all = weightsOf(layer);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) =>
      heads.reduce((sum, h) => sum + all[(h * rows + row) * columns + column], 0) / heads.length));
}

function gateOf(layer, head) {
  if (!layer.gate) return null;
  if (head !== MEAN) return layer.gate[head];
  return layer.gate[0].map((_, row) => layer.gate.reduce((sum, gate) => sum + gate[row], 0) / layer.heads);
}

/** What is to be seen now. */
function look() {
  const example = data.examples[state.example];
  const layer = example.layers[state.layer];
  const map = mapOf(layer, state.head);
  const marked = new Set(layer.gold.map(([key, query]) => `${key} ${query}`));
  return {
    example, layer, map, gate: gateOf(layer, state.head), largest: most(map.map(most)),
    isMarked: (key, query) => marked.has(`${key} ${query}`),
  };
}

/** The weights of the other side's words for one word. */
const rowOf = ({ side, place }) => side === "queries" ? view.map[place] : view.map.map((row) => row[place]);
const otherSide = (side) => side === "queries" ? "keys" : "queries";

// --- drawing -----------------------------------------------------------------------------------------

function make(tag, { text, ...attributes } = {}, ...children) {
  const svg = ["svg", "image", "mask", "g", "rect", "filter", "feGaussianBlur", "defs"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

const isDark = () => document.documentElement.dataset.theme
  ? document.documentElement.dataset.theme === "dark" : media.matches;
const percent = (share) => share > 0 && share < 0.005 ? "<1%" : `${Math.round(100 * share)}%`;
const number = (value) => Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);

/** The ground and the ink of a share of the largest weight. */
function colour(share) {
  const scale = data.scales[isDark() ? "dark" : "light"];
  return scale[Math.round(Math.min(1, share) * (scale.length - 1))];
}

function paint(element, share) {
  const [ground, ink] = share === null ? ["", ""] : colour(share);
  element.style.backgroundColor = ground;
  element.style.color = ink;
}

/** The words of an axis, as one can choose them. */
function drawWords(box, axis, side, gate) {
  const { labels } = axis;
  const list = make("div", { role: "listbox", dir: "auto", "aria-orientation": "horizontal", class: "words",
    "aria-labelledby": `${side}-name` });
  list.classList.toggle("long", labels.length > LONG);
  list.classList.toggle("gated", Boolean(gate));
  labels.forEach((label, place) => {
    const word = make("span", { role: "option", class: "word", text: label, "data-side": side, "data-place": place });
    if (gate) {
      const bar = make("i");
      bar.style.setProperty("--gate-share", gate[place]);
      word.append(bar);
    }
    if (place && axis.spaced[place]) list.append(" ");
    else if (place) list.append("\u200b"); // a line may break here
    list.append(word);
  });
  box.replaceChildren(list);
}

/** The picture, dark where it was not looked at, and its regions, as one can choose them. */
function drawPicture(box, picture, axis) {
  const { uri, width, height } = picture;
  const whole = { width, height, href: uri, preserveAspectRatio: "none" };
  const blur = Math.min(...axis.boxes.map(([top, left, bottom, right]) => Math.min(bottom - top, right - left))) / 4;
  const rect = ([top, left, bottom, right], more) =>
    make("rect", { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top), ...more });
  const grown = ([top, left, bottom, right]) => // beyond the border, so that it is not blurred there
    [top <= 0 ? -height : top, left <= 0 ? -width : left, bottom >= height ? 2 * height : bottom, right >= width ? 2 * width : right];
  box.replaceChildren(
    make("svg", { viewBox: `0 0 ${width} ${height}`, role: "listbox", "aria-labelledby": "keys-name" },
      make("defs", {},
        make("filter", { id: "soft", x: "-100%", y: "-100%", width: "300%", height: "300%" }, make("feGaussianBlur", { stdDeviation: blur })),
        make("mask", { id: "light", maskUnits: "userSpaceOnUse", x: 0, y: 0, width, height },
          make("g", { class: "lights", filter: "url(#soft)" }, ...axis.boxes.map((b) => rect(grown(b), { fill: "#fff", opacity: 0 }))))),
      make("image", { ...whole, class: "dim" }),
      make("image", { ...whole, mask: "url(#light)" }),
      make("g", { class: "cells" }, ...axis.boxes.map((b, place) =>
        rect(b, { role: "option", "data-side": "keys", "data-place": place, "aria-label": axis.labels[place] }))),
      make("g", { class: "gold" })));
}

/** Layer, heads and words of the state's example; what is chosen stays where it fits. */
function draw() {
  const example = data.examples[state.example];
  state.layer = Math.min(state.layer, example.layers.length - 1);
  state.head = state.head < example.layers[state.layer].heads ? state.head : MEAN;
  state.hovered = null;
  view = look();
  const { layer } = view;
  const pictured = Boolean(layer.keys.boxes);
  const alike = JSON.stringify(layer.keys) === JSON.stringify(layer.queries);
  by("layer").replaceChildren(...example.layers.map((one, place) => make("option", { value: place, text: one.name })));
  by("layer").value = state.layer;
  by("stage").classList.toggle("pictured", pictured);
  by("keys-name").textContent = pictured ? "Seen" : "Read";
  by("queries-name").textContent = alike ? "By which word" : "Answer";
  by("reference").textContent = example.reference && `Reference: ${example.reference}`;
  if (pictured) drawPicture(by("keys"), example.picture, layer.keys);
  else drawWords(by("keys"), layer.keys, "keys");
  drawWords(by("queries"), layer.queries, "queries", view.gate);
  by("gate-key").hidden = !view.gate;
  by("gold-key").hidden = !layer.gold.length && !Object.keys(layer.boxes).length;
  const chosen = state.chosen;
  if (!chosen || chosen.place >= layer[chosen.side].labels.length) state.chosen = { side: "queries", place: sharpest() };
  drawHeads();
  drawMeasures();
  drawExamples();
  drawMaps();
}

/** What depends on the head and on the colours alone. */
function drawMaps() {
  drawThumbnails(state.chosen);
  drawTable();
  show();
}

/** The query that looked at something most of all. */
function sharpest() {
  const peaks = view.map.map(most);
  return peaks.indexOf(most(peaks));
}

function drawHeads() {
  const { layer } = view;
  by("heads").hidden = layer.heads === 1;
  const heads = layer.heads === 1 ? [] : [MEAN, ...Array(layer.heads).keys()];
  by("heads").querySelector("div").replaceChildren(...heads.map((head) => {
    const input = make("input", { type: "radio", name: "head", value: head,
      "aria-label": head === MEAN ? `mean of ${layer.heads} heads` : `head ${head + 1}` });
    input.checked = head === state.head;
    return make("label", {}, input, make("canvas", { "data-head": head }), make("span", { text: head === MEAN ? "mean" : head + 1 }));
  }));
}

/** Small maps of the heads: of a text all words, of a picture what the shown word looked at. */
function drawThumbnails(shown) {
  const { layer } = view;
  const columns = layer.keys.boxes ? new Set(layer.keys.boxes.map((box) => box[1])).size : layer.keys.labels.length;
  for (const canvas of by("heads").querySelectorAll("canvas")) {
    const map = mapOf(layer, Number(canvas.dataset.head));
    const cells = !layer.keys.boxes ? map.flat()
      : shown.side === "queries" ? map[shown.place] : map[0].map((_, key) => most(map.map((row) => row[key])));
    const largest = most(cells) || 1;
    const pixels = new ImageData(columns, Math.ceil(cells.length / columns));
    cells.forEach((weight, place) => {
      const rgb = parseInt(colour(weight / largest)[0].slice(1), 16);
      pixels.data.set([rgb >> 16, (rgb >> 8) & 255, rgb & 255, 255], 4 * place);
    });
    [canvas.width, canvas.height] = [pixels.width, pixels.height];
    canvas.getContext("2d").putImageData(pixels, 0, 0);
  }
}

function drawExamples() {
  by("examples").replaceChildren(...data.examples.map((example, place) =>
    make("div", { role: "option", "data-place": place, "aria-selected": place === state.example,
      tabindex: place === state.example ? 0 : -1 }, make("span", { dir: "auto", text: example.title }))));
  by("list").textContent = `${state.example + 1} of ${data.examples.length}`;
  by("previous").disabled = state.example === 0;
  by("next").disabled = state.example === data.examples.length - 1;
  filter();
}

function filter() {
  const wanted = by("filter").value.trim().toLowerCase();
  let found = 0;
  for (const item of by("examples").children) {
    const { title, reference, layers } = data.examples[item.dataset.place];
    const text = [title, reference, layers[0].queries.labels.join(" ")].join("\n").toLowerCase();
    item.hidden = !text.includes(wanted);
    found += !item.hidden;
  }
  by("found").textContent = !wanted ? "" : `${found} of ${data.examples.length} examples`;
}

/** One table for this example, and one for all. */
function drawMeasures() {
  const table = (caption, numbers, notes) => {
    const whose = [...new Set(Object.values(numbers).flatMap(Object.keys))];
    const rows = Object.entries(numbers).map(([name, values]) => make("tr", {},
      make("th", { scope: "row", text: name }, ...(notes[name] ? [make("small", { text: notes[name] })] : [])),
      ...whose.map((who) => make("td", { text: who in values ? number(values[who]) : "" }))));
    return make("table", {}, make("caption", { text: caption }),
      make("thead", {}, make("tr", {}, make("td"), ...whose.map((who) => make("th", { scope: "col", text: who })))),
      make("tbody", {}, ...rows));
  };
  const tables = [["This example", view.example.numbers, {}], [`All ${data.examples.length} examples`, data.numbers, data.notes]];
  by("measures").replaceChildren(...tables.filter(([, numbers]) => Object.keys(numbers).length)
    .map(([caption, numbers, notes]) => table(caption, numbers, notes)));
}

/** Every weight of the head as a number: a row for each query; of a single one, and of a picture, for each key. */
function drawTable() {
  if (!by("all").open) return;
  const { layer, map } = view;
  const turned = layer.queries.labels.length === 1 || Boolean(layer.keys.boxes);
  const [down, across] = turned ? ["keys", "queries"] : ["queries", "keys"];
  const gate = view.gate && !turned;
  const cell = (row, column) => {
    const places = { [down]: row, [across]: column };
    const weight = map[places.queries][places.keys];
    const td = make("td", { class: "weight", text: Math.round(100 * weight), "data-keys": places.keys, "data-queries": places.queries });
    td.classList.toggle("mark", view.isMarked(places.keys, places.queries));
    paint(td, weight / (view.largest || 1));
    return td;
  };
  const labels = (side) => layer[side].labels.slice(0, LISTED);
  const names = (side, scope) => labels(side).map((text, place) => make("th", { scope, text, [`data-${side}`]: place }));
  const head = make("tr", {}, make("td", { text: "%" }), ...names(across, "col"), ...(gate ? [make("th", { scope: "col", text: "gate" })] : []));
  const body = names(down, "row").map((name, row) => make("tr", {}, name, ...labels(across).map((_, column) => cell(row, column)),
    ...(gate ? [make("td", { text: view.gate[row].toFixed(2) })] : [])));
  const cut = ["queries", "keys"].some((side) => layer[side].labels.length > LISTED);
  by("all").querySelector(".scroll").replaceChildren(
    make("table", {}, ...(cut ? [make("caption", { text: `The first ${LISTED} words.` })] : []), make("thead", {}, head), make("tbody", {}, ...body)));
}

// --- showing what a word looked at -------------------------------------------------------------------

function show() {
  const shown = state.hovered ?? state.chosen;
  const row = rowOf(shown);
  const other = otherSide(shown.side);
  const pictured = Boolean(view.layer.keys.boxes);
  const largest = (pictured && shown.side === "queries" ? most(row) : view.largest) || 1;
  for (const element of document.querySelectorAll("[data-side]")) {
    const { side } = element.dataset, place = Number(element.dataset.place);
    const [key, query] = side === "keys" ? [place, shown.place] : [shown.place, place];
    const isShown = side === shown.side && place === shown.place;
    const isChosen = side === state.chosen.side && place === state.chosen.place;
    if (element.classList.contains("word")) paint(element, side === other ? row[place] / largest : null);
    element.classList.toggle("active", isShown);
    element.classList.toggle("mark", side === other && view.isMarked(key, query));
    element.setAttribute("aria-selected", isChosen);
    element.setAttribute("tabindex", isChosen || (side !== state.chosen.side && place === 0) ? 0 : -1);
  }
  if (pictured) showPicture(shown, row, largest);
  tell(shown, row);
  showScale(pictured, largest);
  if (pictured) drawThumbnails(shown);
  for (const old of by("all").querySelectorAll(".active")) old.classList.remove("active");
  for (const cell of by("all").querySelectorAll(`[data-${shown.side}="${shown.place}"]`)) cell.classList.add("active");
  remember();
}

function showPicture(shown, row, largest) {
  const { boxes } = view.layer;
  by("keys").querySelectorAll(".lights rect").forEach((rect, place) => {
    rect.setAttribute("opacity", shown.side === "queries" ? row[place] / largest : Number(place === shown.place));
  });
  const marked = shown.side === "queries" ? boxes[shown.place] ?? [] : [];
  by("keys").querySelector(".gold").replaceChildren(...marked.map(([top, left, bottom, right]) =>
    make("rect", { x: left, y: top, width: right - left, height: bottom - top, rx: 2 })));
}

/** The words that got most, as bars and as a sentence. */
function tell(shown, row) {
  const labels = view.layer[otherSide(shown.side)].labels;
  const word = view.layer[shown.side].labels[shown.place];
  const best = row.map((_, place) => place).sort((a, b) => row[b] - row[a]).filter((place) => row[place] >= 0.005).slice(0, TOP);
  const verb = !best.length ? "looked at nothing" : shown.side === "queries" ? "looked at" : "was looked at by";
  const bar = (text, share, kind) => {
    const item = make("li", { class: kind }, make("bdi", { text }), make("i"), make("b", { text: kind ? share.toFixed(2) : percent(share) }));
    item.style.setProperty("--share", share);
    return item;
  };
  const gate = view.gate && shown.side === "queries" ? view.gate[shown.place] : null;
  by("told").querySelector(".who bdi").textContent = word;
  by("told").querySelector(".who span").textContent = verb;
  by("told").querySelector("ol").replaceChildren(...best.map((place) => bar(labels[place], row[place], "")),
    ...(gate === null ? [] : [bar("gate", gate, "gate")]));
  by("live").textContent = `${word} ${verb} ${best.map((place) => `${labels[place]} ${percent(row[place])}`).join(", ")}`
    + (gate === null ? "" : `; gate ${gate.toFixed(2)}`) + goldOf(shown);
}

/** What gold says of a word, for those who do not see the outline. */
function goldOf(shown) {
  const labels = view.layer[otherSide(shown.side)].labels;
  const marked = labels.filter((_, place) => shown.side === "queries" ? view.isMarked(place, shown.place) : view.isMarked(shown.place, place));
  const boxes = shown.side === "queries" ? view.layer.boxes[shown.place] ?? [] : [];
  if (boxes.length) return `; gold: ${boxes.length} ${boxes.length === 1 ? "box" : "boxes"}`;
  return marked.length ? `; gold: ${marked.join(", ")}` : "";
}

function showScale(pictured, largest) {
  const scale = pictured ? ["#404040", "#ffffff"] : data.scales[isDark() ? "dark" : "light"].map(([ground]) => ground);
  by("scale").querySelector("i").style.background = `linear-gradient(90deg, ${scale.join(", ")})`;
  by("scale").querySelector("b").textContent = `0 to ${percent(largest)}`;
}

// --- choosing ----------------------------------------------------------------------------------------

const placeOf = (element) => ({ side: element.dataset.side, place: Number(element.dataset.place) });

/** Arrows move among the options of a list: by order along a line, by position between lines. */
function step(event) {
  const option = event.target.closest("[role=option]");
  if (!option) return;
  const options = [...option.closest("[role=listbox]").querySelectorAll("[role=option]:not([hidden])")];
  const at = options.indexOf(option);
  const turned = option.dataset.side && getComputedStyle(option.parentElement).direction === "rtl" ? -1 : 1;
  const next = {
    ArrowRight: () => options[at + turned], ArrowLeft: () => options[at - turned],
    ArrowDown: () => beyond(option, options, 1), ArrowUp: () => beyond(option, options, -1),
    Home: () => options[0], End: () => options.at(-1),
  }[event.key];
  if (!next) return;
  event.preventDefault();
  next()?.focus();
}

/** The option nearest to the middle of this one in the next line above (-1) or below (1). */
function beyond(option, options, direction) {
  const middle = (element) => { const b = element.getBoundingClientRect(); return [b.left + b.width / 2, b.top + b.height / 2]; };
  const [x, y] = middle(option), half = option.getBoundingClientRect().height / 2;
  const found = options.map((element) => [element, ...middle(element)]).filter(([, , top]) => (top - y) * direction > half);
  const distance = ([, left, top]) => Math.abs(left - x) + 1000 * Math.abs(top - y);
  return found.sort((a, b) => distance(a) - distance(b))[0]?.[0];
}

function choose(event) {
  const element = event.target.closest?.("[data-side]");
  if (!element) return;
  state.chosen = placeOf(element);
  state.hovered = null;
  show();
}

function goTo(example) {
  state.example = Math.max(0, Math.min(data.examples.length - 1, example));
  state.chosen = null;
  draw();
}

by("stage").addEventListener("pointerover", (event) => {
  const element = event.target.closest("[data-side]");
  if (!element) return;
  state.hovered = placeOf(element);
  show();
});
by("stage").addEventListener("pointerleave", () => { state.hovered = null; show(); });
by("stage").addEventListener("focusin", choose);
by("stage").addEventListener("click", choose);
document.addEventListener("keydown", step);
by("layer").addEventListener("change", (event) => { state.layer = Number(event.target.value); draw(); });
by("heads").addEventListener("change", (event) => { // the words stay, so that the focus does
  state.head = Number(event.target.value);
  view = look();
  if (view.gate) by("queries").querySelectorAll("i").forEach((bar, place) => bar.style.setProperty("--gate-share", view.gate[place]));
  drawMaps();
});
const enter = (event) => {
  const item = event.target.closest("[role=option]");
  if (!item || Number(item.dataset.place) === state.example) return;
  goTo(Number(item.dataset.place));
  by("examples").children[state.example].focus();
};
by("examples").addEventListener("click", enter);
by("examples").addEventListener("focusin", enter);
by("previous").addEventListener("click", () => goTo(state.example - 1));
by("next").addEventListener("click", () => goTo(state.example + 1));
by("filter").addEventListener("input", filter);
by("list").addEventListener("click", () => {
  by("list").setAttribute("aria-expanded", document.querySelector("nav").classList.toggle("open"));
});
by("all").addEventListener("toggle", () => { drawTable(); show(); });

// --- light and dark, and the address -----------------------------------------------------------------

function dress() {
  by("theme").textContent = isDark() ? "Light" : "Dark";
  by("theme").setAttribute("aria-pressed", isDark());
  by("theme").setAttribute("aria-label", "Dark colours");
}
by("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  dress();
  drawMaps();
});
media.addEventListener("change", () => { dress(); drawMaps(); });

/** The address says what is shown, so that it can be passed on. */
function remember() {
  const { example, layer, head, chosen } = state;
  history.replaceState(null, "", `#${example + 1}/${layer + 1}/${head + 1}/${chosen.side}/${chosen.place + 1}`);
}

function recall() {
  const [example, layer, head, side, place] = decodeURIComponent(location.hash.slice(1)).split("/");
  if (!(Number(example) >= 1 && Number(example) <= data.examples.length)) return;
  Object.assign(state, { example: example - 1, layer: Math.max(0, (layer || 1) - 1), head: Math.max(MEAN, (head || 0) - 1) });
  if (["queries", "keys"].includes(side) && place >= 1) state.chosen = { side, place: place - 1 };
}

recall();
dress();
draw();
by("all").open = innerWidth > 900 && !view.layer.keys.boxes && view.map.length > 1 && view.map.length * view.map[0].length < 2500;
