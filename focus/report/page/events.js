// Events of the pointer and the keyboard, layer and head, and the theme. A page defines `writeHash`, which writes
// the state into its address.

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

// --- layer and head ----------------------------------------------------------------------------------

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

function toggleHeatMap(event) {
  byId("keys").classList.toggle("plain", !event.target.checked);
}

function toggleTable() {
  renderTable();
  renderSelection();
}

byId("heat-map").addEventListener("change", toggleHeatMap);
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
  if (view) renderMaps();
}

byId("theme").addEventListener("click", toggleTheme);
darkScheme.addEventListener("change", updateTheme);
