// The example's words, picture, heads, measures and table.
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
