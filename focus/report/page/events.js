// Choosing by pointer and keyboard; light and dark; the address.
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

addEventListener("hashchange", () => { recall(); draw(); });
recall();
dress();
draw();
by("all").open = innerWidth > 900 && !view.layer.keys.boxes && view.map.length > 1 && view.map.length * view.map[0].length < 2500;
