// What the shown word looked at.
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
