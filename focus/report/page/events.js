// Events of the pointer and the keyboard, the theme, and the state in the address of the page.

// --- pointer and keyboard ----------------------------------------------------------------------------

const selectionOf = (element) => ({ side: element.dataset.side, index: Number(element.dataset.index) });

function hover(event) {
  const element = event.target.closest("[data-side]");
  if (!element) return;
  state.hovered = selectionOf(element);
  renderSelection();
}

function stopHover() {
  state.hovered = null;
  renderSelection();
}

function select(event) {
  const element = event.target.closest?.("[data-side]");
  if (!element) return;
  state.selected = selectionOf(element);
  state.hovered = null;
  renderSelection();
}

/** Move the focus among the options of a listbox: in order along a line, by position between lines. */
function moveFocus(event) {
  const option = event.target.closest("[role=option]");
  if (!option) return;
  const options = [...option.closest("[role=listbox]").querySelectorAll("[role=option]:not([hidden])")];
  const index = options.indexOf(option);
  const isRightToLeft = option.dataset.side && getComputedStyle(option.parentElement).direction === "rtl";
  const forward = isRightToLeft ? -1 : 1;
  const target = {
    ArrowRight: () => options[index + forward], ArrowLeft: () => options[index - forward],
    ArrowDown: () => nearestInNextLine(option, options, 1), ArrowUp: () => nearestInNextLine(option, options, -1),
    Home: () => options[0], End: () => options.at(-1),
  }[event.key];
  if (!target) return;
  event.preventDefault();
  target()?.focus();
}

/** The option nearest to this one in the next line above (direction -1) or below (1). */
function nearestInNextLine(option, options, direction) {
  const centre = (element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return { element, x: left + width / 2, y: top + height / 2 };
  };
  const { x, y } = centre(option);
  const halfHeight = option.getBoundingClientRect().height / 2;
  const distance = (other) => Math.abs(other.x - x) + 1000 * Math.abs(other.y - y);
  const candidates = options.map(centre).filter((other) => (other.y - y) * direction > halfHeight);
  return candidates.sort((a, b) => distance(a) - distance(b))[0]?.element;
}

byId("attention").addEventListener("pointerover", hover);
byId("attention").addEventListener("pointerleave", stopHover);
byId("attention").addEventListener("focusin", select);
byId("attention").addEventListener("click", select);
document.addEventListener("keydown", moveFocus);

// --- example, layer and head -------------------------------------------------------------------------

function showExample(index) {
  state.example = index;
  state.selected = null;
  renderExample();
}

function openExample(event) {
  const option = event.target.closest("[role=option]");
  if (!option || Number(option.dataset.index) === state.example) return;
  showExample(Number(option.dataset.index));
  byId("examples").querySelector("[aria-selected=true]").focus();
}

/** Show the example that is a number of positions after this one in the list, or the first of the list. */
function stepExample(offset) {
  const visible = visibleExamples(), position = visible.indexOf(state.example);
  showExample(visible[position < 0 ? 0 : position + offset]);
}

/** Show another subset: its first example, unless it includes this one. */
function selectSubset() {
  const visible = visibleExamples();
  if (visible.length && !visible.includes(state.example)) showExample(visible[0]);
  else renderExampleList();
}

function selectLayer(event) {
  state.layer = Number(event.target.value);
  renderExample();
}

/** Show another head. The words stay the same elements, so that the focus stays. */
function selectHead(event) {
  state.head = Number(event.target.value);
  view = currentView();
  if (view.gate) renderGate(view.gate);
  renderHead();
}

function toggleExampleList() {
  const isOpen = document.querySelector("nav").classList.toggle("open");
  byId("example-number").setAttribute("aria-expanded", isOpen);
}

function toggleHeatMap(event) {
  byId("keys").classList.toggle("plain", !event.target.checked);
}

function toggleTable() {
  renderTable();
  renderSelection();
}

byId("examples").addEventListener("click", openExample);
byId("examples").addEventListener("focusin", openExample);
byId("previous").addEventListener("click", () => stepExample(-1));
byId("next").addEventListener("click", () => stepExample(1));
byId("filter").addEventListener("input", renderExampleList);
byId("subset").addEventListener("change", selectSubset);
byId("order").addEventListener("change", renderExampleList);
byId("heat-map").addEventListener("change", toggleHeatMap);
byId("example-number").addEventListener("click", toggleExampleList);
byId("layer").addEventListener("change", selectLayer);
byId("heads").addEventListener("change", selectHead);
byId("weights-table").addEventListener("toggle", toggleTable);

// --- theme -------------------------------------------------------------------------------------------

function updateThemeButton() {
  byId("theme").textContent = isDark() ? "Light theme" : "Dark theme";
}

function toggleTheme() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  updateTheme();
}

/** Take the theme of the notebook that shows the page in a frame: JupyterLab, or a static page of nbconvert. */
function readNotebookTheme() {
  try {
    const { jpThemeLight } = parent.document.body.dataset;
    if (jpThemeLight) document.documentElement.dataset.theme = jpThemeLight === "true" ? "light" : "dark";
  } catch { /* the frame may not read the page around it */ }
}

function updateTheme() {
  updateThemeButton();
  renderMaps();
}

byId("theme").addEventListener("click", toggleTheme);
darkScheme.addEventListener("change", updateTheme);

// --- address -----------------------------------------------------------------------------------------

/** Write the state into the address, so that a link opens the same view. A frame of a notebook has none. */
function writeHash() {
  if (location.protocol === "about:") return;
  const { example, layer, head, selected } = state;
  const parts = [example + 1, layer + 1, head + 1, selected.side, selected.index + 1];
  history.replaceState(null, "", `#${parts.join("/")}`);
}

/** Read the state from the address. An example that does not exist, and malformed parts, are ignored. */
function readHash() {
  const parts = location.hash.slice(1).split("/");
  const [example, layer = 0, head = 0, , index = 0] = parts.map((part) => parseInt(part, 10) || 0);
  if (example < 1 || example > data.examples.length) return;
  state.example = example - 1;
  state.layer = Math.max(0, layer - 1);
  state.head = Math.max(MEAN_HEAD, head - 1);
  if (["queries", "keys"].includes(parts[3]) && index >= 1) state.selected = { side: parts[3], index: index - 1 };
}

addEventListener("hashchange", () => { readHash(); renderExample(); });

/** Open the table at first where it is small enough to be read at a glance. */
function isTableOpenAtFirst() {
  const { weights, layer } = view;
  return innerWidth > 900 && !layer.keys.boxes && weights.length > 1 && weights.length * weights[0].length < 2500;
}

readHash();
readNotebookTheme();
renderChoices();
updateThemeButton();
renderExample();
byId("weights-table").open = isTableOpenAtFirst();
