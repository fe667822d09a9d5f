// State of the report in its address, and the start of the page.
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

addEventListener("hashchange", () => { readHash(); renderExample(); renderExampleList(); });

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
renderExampleList();
byId("weights-table").open = isTableOpenAtFirst();
