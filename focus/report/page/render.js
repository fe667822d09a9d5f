// Rendering of the example: words, image, heads, measures and table.
const SVG_TAGS = ["svg", "image", "mask", "g", "rect", "filter", "feGaussianBlur", "defs"];

function createElement(tag, { text, ...attributes } = {}, ...children) {
  const element = SVG_TAGS.includes(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

const formatPercent = (share) => share > 0 && share < 0.005 ? "<1%" : `${Math.round(100 * share)}%`;

function formatNumber(value) {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

// --- colours -----------------------------------------------------------------------------------------

/** Return whether the theme is dark: that of the button, of the notebook around the page, or of the system. */
function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : darkScheme.matches;
}

const colorScale = () => data.scales[isDark() ? "dark" : "light"];

/** The background and text colours of a share of the maximum weight. */
function colorFor(share) {
  const scale = colorScale();
  return scale[Math.round(Math.min(1, share) * (scale.length - 1))];
}

function setBackground(element, share) {
  const [background, text] = share === null ? ["", ""] : colorFor(share);
  element.style.backgroundColor = background;
  element.style.color = text;
}

// --- example, layer and head -------------------------------------------------------------------------

/** Render the example of the state. The selection is kept where the new axes have it. */
function renderExample() {
  const example = data.examples[state.example];
  state.layer = Math.min(state.layer, example.layers.length - 1);
  state.head = state.head < example.layers[state.layer].heads ? state.head : MEAN_HEAD;
  state.hovered = null;
  view = currentView();
  const { selected } = state;
  if (!selected || selected.index >= view.layer[selected.side].labels.length) {
    state.selected = { side: "queries", index: view.layer.opening };
  }
  renderLayers();
  renderAxes();
  renderHeads();
  renderMeasures();
  renderMaps();
}

/** Render what depends on the theme. */
function renderMaps() {
  renderThumbnails(state.selected);
  renderHead();
}

/** Render what depends on the head. */
function renderHead() {
  renderGateKey();
  renderTable();
  renderSelection();
}

function renderLayers() {
  const { layers } = view.example;
  byId("layer").replaceChildren(
    ...layers.map(({ name }, index) => createElement("option", { value: index, text: name })));
  byId("layer").value = state.layer;
}

/** Render the queries and keys, their headings and the legend. */
function renderAxes() {
  const { example, layer, gate } = view;
  const hasImage = Boolean(layer.keys.boxes);
  const { isSelfAttention } = layer;
  byId("attention").classList.toggle("with-image", hasImage);
  byId("keys-name").textContent = hasImage ? "Image (keys)" : isSelfAttention ? "Keys" : "Source (keys)";
  byId("queries-name").textContent = isSelfAttention ? "Queries" : "Output (queries)";
  byId("window").hidden = !layer.window;
  byId("window").textContent = layer.window;
  byId("reference").hidden = !example.reference;
  byId("reference").querySelector("bdi").textContent = example.reference;
  byId("error").hidden = !example.error;
  byId("error").replaceChildren(...errorMark(example));
  byId("heat-map").hidden = !hasImage;
  if (hasImage) renderImage(byId("keys"), example.image, layer.keys);
  else renderWords(byId("keys"), layer.keys, "keys");
  renderWords(byId("queries"), layer.queries, "queries", gate);
  byId("gate-key").hidden = !gate;
  byId("memory-key").hidden = layer.memoryThreshold === null;
  byId("memory-key").querySelector("b").textContent = `${MEMORY} (gate above ${layer.memoryThreshold})`;
  byId("gold-key").hidden = !layer.gold.length && !Object.keys(layer.boxes).length;
}

/** The mark of an output with an error: its name with a cross. */
function errorMark({ error, errorName }) {
  return error > 0 ? [createElement("b", { class: "error", text: `✗ ${errorName}` })] : [];
}

/** Render the words of an axis as options of a listbox, each with its gate as a bar, if it has one. */
function renderWords(container, axis, side, gate) {
  const { labels, spaced } = axis;
  const list = createElement("div", {
    role: "listbox", dir: "auto", "aria-orientation": "horizontal", class: "words", "aria-labelledby": `${side}-name`,
  });
  list.classList.toggle("long", labels.length > LONG_TEXT);
  list.classList.toggle("scrolled", labels.length > SCROLLED_TEXT);
  labels.forEach((label, index) => {
    const word = createElement("span",
      { role: "option", class: "word", text: label, "data-side": side, "data-index": index });
    if (gate) word.append(createElement("i"));
    if (index) list.append(spaced[index] ? " " : "\u200b"); // a zero-width space, where a line may break
    list.append(word);
  });
  container.replaceChildren(list);
  if (gate) renderGate(gate);
}

function renderGateKey() {
  const heads = headName(view.layer, state.head), [low, high] = view.layer.gateEnds;
  byId("gate-key").querySelector("b").textContent =
    `gate${heads && ` (${heads})`}: 0 (empty) ${low}, 1 (full) ${high}`;
}

/** Render the gate of each word, and mark the words from memory, also for screen readers. */
function renderGate(gate) {
  byId("queries").querySelectorAll(".word").forEach((word, index) => {
    word.querySelector("i").style.setProperty("--gate-value", gate[index]);
    word.classList.toggle("memory", view.isFromMemory(index));
    word.title = view.isFromMemory(index) ? MEMORY : "";
  });
}

/** Render the image under a colour with a mask of its regions, and the regions as options of a listbox. */
function renderImage(container, { uri, width, height }, { boxes, labels }) {
  const size = { width, height, href: uri, preserveAspectRatio: "none" };
  const blur = Math.min(...boxes.map(([top, left, bottom, right]) => Math.min(bottom - top, right - left))) / 4;
  const rect = ([top, left, bottom, right], attributes) => createElement("rect",
    { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top), ...attributes });
  const extend = ([top, left, bottom, right]) => [ // beyond the border of the image, which is not blurred then
    top <= 0 ? -height : top, left <= 0 ? -width : left,
    bottom >= height ? 2 * height : bottom, right >= width ? 2 * width : right];
  const lights = boxes.map((box) => rect(extend(box), { fill: "#fff", opacity: 0 }));
  const options = boxes.map((box, index) =>
    rect(box, { role: "option", "data-side": "keys", "data-index": index, "aria-label": labels[index] }));
  container.replaceChildren(createElement("svg",
    { viewBox: `0 0 ${width} ${height}`, role: "listbox", "aria-labelledby": "keys-name" },
    createElement("defs", {},
      createElement("filter", { id: "blur", x: "-100%", y: "-100%", width: "300%", height: "300%",
        "color-interpolation-filters": "sRGB" },
        createElement("feGaussianBlur", { stdDeviation: blur })),
      createElement("mask", { id: "attention-mask", maskUnits: "userSpaceOnUse", x: 0, y: 0, width, height },
        createElement("g", { class: "lights", filter: "url(#blur)" }, ...lights))),
    createElement("image", size),
    createElement("rect", { width, height, class: "heat", mask: "url(#attention-mask)" }),
    createElement("g", { class: "regions" }, ...options),
    createElement("g", { class: "gold-boxes" })));
}

// --- heads -------------------------------------------------------------------------------------------

function renderHeads() {
  const { heads } = view.layer;
  const shown = heads === 1 ? [] : [MEAN_HEAD, ...Array(heads).keys()];
  byId("heads").hidden = heads === 1;
  byId("heads").querySelector("div").replaceChildren(...shown.map((head) => {
    const input = createElement("input",
      { type: "radio", name: "head", value: head, "aria-label": headName(view.layer, head) });
    input.checked = head === state.head;
    return createElement("label", {}, input, createElement("canvas", { "data-head": head }),
      createElement("span", { text: headName(view.layer, head).replace(/^head | heads$/g, "") }));
  }));
}

/** Render small maps of the heads: all weights of a text, or those of the selection over an image. */
function renderThumbnails(selection) {
  const { layer } = view;
  const { boxes, labels } = layer.keys;
  const columns = boxes ? new Set(boxes.map((box) => box[1])).size : labels.length;
  const scale = colorScale().map(([color]) => { // red, green, blue and opacity, from the lowest byte on
    const rgb = parseInt(color.slice(1), 16);
    return (255 << 24 | (rgb & 255) << 16 | rgb & 0xff00 | rgb >> 16) >>> 0;
  });
  for (const canvas of byId("heads").querySelectorAll("canvas")) {
    const head = Number(canvas.dataset.head), weights = headWeights(layer, head);
    const map = maxPool(!boxes ? flatHeadWeights(layer, head)
      : selection.side === "queries" ? weights[selection.index]
      : labels.map((_, key) => max(weights.map((row) => row[key]))), columns);
    const maximum = max(map.cells) || 1;
    const pixels = new ImageData(map.columns, map.rows);
    const colors = new Uint32Array(pixels.data.buffer);
    map.cells.forEach((weight, index) => { colors[index] = scale[Math.round(weight / maximum * (scale.length - 1))]; });
    [canvas.width, canvas.height] = [pixels.width, pixels.height];
    canvas.getContext("2d").putImageData(pixels, 0, 0);
  }
}

/** The highest weight of each block of a map, so that neither side has more than `MAX_THUMBNAIL_SIZE` blocks. */
function maxPool(weights, columns) {
  const rows = Math.ceil(weights.length / columns);
  const [height, width] = [rows, columns].map((length) => Math.ceil(length / MAX_THUMBNAIL_SIZE));
  const pooled = { rows: Math.ceil(rows / height), columns: Math.ceil(columns / width) };
  pooled.cells = new Float32Array(pooled.rows * pooled.columns);
  for (let index = 0, row = 0; row < rows; row++) {
    const start = Math.floor(row / height) * pooled.columns;
    for (let column = 0; column < columns && index < weights.length; column++, index++) {
      const block = start + Math.floor(column / width);
      if (weights[index] > pooled.cells[block]) pooled.cells[block] = weights[index];
    }
  }
  return pooled;
}

// --- measures and weights as numbers -----------------------------------------------------------------

/** Render one table of measures for this example, and one for all examples, which has the notes if it exists. */
function renderMeasures() {
  const hasTotals = Object.keys(data.measures).length > 0;
  const tables = [
    ["This example", view.example.measures, hasTotals ? {} : data.notes],
    [`All ${data.examples.length} examples`, data.measures, data.notes],
  ];
  byId("measures").replaceChildren(...tables.filter(([, measures]) => Object.keys(measures).length)
    .map(([caption, measures, notes]) => measureTable(caption, measures, notes)));
}

/** A row for each measure, a column for the model and for each baseline. */
function measureTable(caption, measures, notes) {
  const columns = [...new Set(Object.values(measures).flatMap(Object.keys))];
  const header = columns.map((column) => createElement("th", { scope: "col", text: column }));
  const rows = Object.entries(measures).map(([name, values]) => createElement("tr", {},
    createElement("th", { scope: "row", text: name },
      ...(notes[name] ? [createElement("small", { text: notes[name] })] : [])),
    ...columns.map((column) => createElement("td", { text: column in values ? formatNumber(values[column]) : "" }))));
  return createElement("table", {}, createElement("caption", { text: caption }),
    createElement("thead", {}, createElement("tr", {}, createElement("td"), ...header)),
    createElement("tbody", {}, ...rows));
}

/**
 * Render the weights of the head as a table, when it is open. Queries are rows, but keys are rows where there is
 * a single query, or regions of an image.
 */
function renderTable() {
  if (!byId("weights-table").open) return;
  const { layer } = view;
  const heads = headName(layer, state.head);
  const transposed = layer.queries.labels.length === 1 || Boolean(layer.keys.boxes);
  const [rowSide, columnSide] = transposed ? ["keys", "queries"] : ["queries", "keys"];
  const gate = transposed ? null : view.gate;
  const labels = (side) => layer[side].labels.slice(0, MAX_TABLE_LABELS);
  const headers = (side, scope) =>
    labels(side).map((text, index) => {
      const header = createElement("th", { scope, text, [`data-${side}`]: index });
      header.classList.toggle("memory", side === "queries" && view.isFromMemory(index));
      return header;
    });
  const head = createElement("tr", {}, createElement("td", { text: "%" }), ...headers(columnSide, "col"),
    ...(gate ? [createElement("th", { scope: "col", text: "gate" })] : []));
  const body = headers(rowSide, "row").map((header, row) => createElement("tr", {}, header,
    ...labels(columnSide).map((_, column) => weightCell({ [rowSide]: row, [columnSide]: column })),
    ...(gate ? [createElement("td", { text: gate[row].toFixed(2) })] : [])));
  const isCut = ["queries", "keys"].some((side) => layer[side].labels.length > MAX_TABLE_LABELS);
  const caption = [`attention${heads && `, ${heads}`}, in %`,
    ...(isCut ? [`the first ${MAX_TABLE_LABELS} labels of each axis`] : [])].join("; ");
  byId("weights-table").querySelector(".scroll").replaceChildren(createElement("table", {},
    createElement("caption", { text: caption }),
    createElement("thead", {}, head), createElement("tbody", {}, ...body)));
}

function weightCell({ queries, keys }) {
  const weight = view.weights[queries][keys];
  const cell = createElement("td",
    { class: "weight", text: Math.round(100 * weight), "data-keys": keys, "data-queries": queries });
  cell.classList.toggle("gold", view.isGold(keys, queries));
  setBackground(cell, weight / (view.maximum || 1));
  return cell;
}
