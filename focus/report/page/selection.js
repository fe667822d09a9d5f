// Rendering of the weights of the selected, or hovered, query or key.
function renderSelection() {
  const selection = state.hovered ?? state.selected;
  const row = rowFor(selection);
  const hasImage = Boolean(view.layer.keys.boxes);
  const maximum = (hasImage && selection.side === "queries" ? max(row) : view.maximum) || 1;
  for (const element of document.querySelectorAll("[data-side]")) {
    renderOption(element, selection, row, maximum);
  }
  if (hasImage) {
    renderRegions(selection, row.map((weight) => weight * attentionStrength(selection)), maximum);
    renderThumbnails(selection);
  }
  renderTopWeights(selection, row);
  renderScale(hasImage, maximum);
  markTableCells(selection);
  writeHash();
}

/** Render a word or region: its background, its outlines and its state for the keyboard and screen readers. */
function renderOption(element, selection, row, maximum) {
  const { side } = element.dataset, index = Number(element.dataset.index);
  const isOther = side !== selection.side;
  const [key, query] = side === "keys" ? [index, selection.index] : [selection.index, index];
  const isSelected = side === state.selected.side && index === state.selected.index;
  const isTabStop = isSelected || (side !== state.selected.side && index === 0);
  if (element.classList.contains("word")) setBackground(element, isOther ? row[index] / maximum : null);
  element.classList.toggle("active", !isOther && index === selection.index);
  element.classList.toggle("gold", isOther && view.isGold(key, query));
  element.setAttribute("aria-selected", isSelected);
  element.setAttribute("tabindex", isTabStop ? 0 : -1);
}

/** The strength of the colour over an image: 1 - gate of a query with a sentinel. */
function attentionStrength({ side, index }) {
  return side === "queries" && view.layer.memoryThreshold !== null ? 1 - view.gate[index] : 1;
}

/**
 * Colour the regions of the image by their weights, and outline the gold boxes of the query. The image of a word
 * from memory is pale grey.
 */
function renderRegions({ side, index }, row, maximum) {
  byId("keys").querySelector("svg").classList.toggle("memory", side === "queries" && view.isFromMemory(index));
  byId("keys").querySelectorAll(".lights rect").forEach((rect, region) => {
    rect.setAttribute("opacity", side === "queries" ? row[region] / maximum : 0);
  });
  const boxes = side === "queries" ? view.layer.boxes[index] ?? [] : [];
  byId("keys").querySelector(".gold-boxes").replaceChildren(...boxes.map(([top, left, bottom, right]) =>
    createElement("rect", { x: left, y: top, width: right - left, height: bottom - top, rx: 2 })));
}

/** Render the highest weights of the selection as bars, and as a sentence for screen readers. */
function renderTopWeights(selection, row) {
  const labels = view.layer[otherSide(selection.side)].labels;
  const subject = view.layer[selection.side].labels[selection.index];
  const least = Math.min(0.005, max(row)); // at least the highest weight is listed
  const top = row.map((_, index) => index).filter((index) => row[index] > 0 && row[index] >= least)
    .sort((a, b) => row[b] - row[a]).slice(0, TOP_K);
  const verb = (selection.side === "queries" ? "attends to" : "is attended by") + (top.length ? "" : " nothing");
  const gate = view.gate && selection.side === "queries" ? view.gate[selection.index] : null;
  const memory = gate !== null && view.isFromMemory(selection.index) ? [MEMORY] : [];
  const bars = top.map((index) => weightBar(labels[index], row[index], formatPercent(row[index])));
  if (gate !== null) bars.push(weightBar("gate", gate, gate.toFixed(2), "gate"));
  byId("top-weights").querySelector(".subject bdi").textContent = subject;
  byId("top-weights").querySelector(".subject span").textContent = verb;
  byId("top-weights").querySelector("ol").replaceChildren(...bars);
  const weights = top.map((index) => `${labels[index]} ${formatPercent(row[index])}`).join(", ");
  const heads = headName(view.layer, state.head);
  const notes = [...(heads ? [heads] : []), ...memory];
  byId("top-weights").querySelector("small").textContent = notes.length ? `(${notes.join("; ")})` : "";
  byId("live").textContent = [`${subject} ${verb} ${weights}`.trim(), ...(heads ? [heads] : []),
    ...(gate === null ? [] : [[`gate ${gate.toFixed(2)}`, ...memory].join(", ")]), ...describeGold(selection)].join("; ");
}

function weightBar(label, share, text, kind = "") {
  const bar = createElement("li", { class: kind },
    createElement("bdi", { text: label }), createElement("i"), createElement("b", { text }));
  bar.style.setProperty("--share", share);
  return bar;
}

/** The gold annotation of the selection in words; empty where there is none. */
function describeGold({ side, index }) {
  const labels = view.layer[otherSide(side)].labels.filter((_, other) =>
    side === "queries" ? view.isGold(other, index) : view.isGold(index, other));
  const boxes = side === "queries" ? view.layer.boxes[index] ?? [] : [];
  if (boxes.length) return [`gold: ${boxes.length} ${boxes.length === 1 ? "box" : "boxes"}`];
  return labels.length ? [`gold: ${labels.join(", ")}`] : [];
}

/** Render the colour scale of the legend: opacity over an image, colours of words. */
function renderScale(hasImage, maximum) {
  const heads = headName(view.layer, state.head);
  const colors = hasImage ? ["transparent", "var(--heat)"]
    : colorScale().map(([background]) => background);
  byId("scale").querySelector("i").style.background = `linear-gradient(90deg, ${colors.join(", ")})`;
  const times = hasImage && view.layer.memoryThreshold !== null ? ", times 1 − gate" : "";
  byId("scale").querySelector("b").textContent =
    `attention${heads && `, ${heads}`}, 0 to ${formatPercent(maximum)}${times}`;
}

function markTableCells({ side, index }) {
  const table = byId("weights-table");
  for (const cell of table.querySelectorAll(".active")) cell.classList.remove("active");
  for (const cell of table.querySelectorAll(`[data-${side}="${index}"]`)) cell.classList.add("active");
}
