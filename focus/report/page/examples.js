// List of the examples: filtered, sorted and marked by error and by the attention outside of the gold.

const judged = data.examples.filter(({ error }) => error !== null);
const annotated = data.examples.filter(({ disagreement }) => disagreement !== null);
const SUBSETS = {
  all: { text: "all examples", includes: () => true },
  ...(judged.length && {
    errors: { text: "errors", includes: ({ error }) => error > 0 },
    right: { text: "no errors", includes: ({ error }) => error === 0 },
  }),
  ...(annotated.length && {
    outside: { text: "attention mostly outside the gold", includes: isOutsideGold },
    inside: { text: "attention mostly on the gold",
      includes: (example) => example.disagreement !== null && !isOutsideGold(example) },
  }),
};
const ORDERS = {
  data: { text: "in order of the data", key: () => 0 },
  ...(judged.length && { error: { text: "largest error first", key: ({ error }) => error ?? -1 } }),
  ...(annotated.length && {
    gold: { text: "least attention on the gold first", key: ({ disagreement }) => disagreement ?? -1 },
  }),
};

function isOutsideGold({ disagreement }) {
  return disagreement !== null && disagreement > 0.5;
}

/** Fill the selectors of the subset and of the order; without a choice they are hidden, the list too. */
function renderChoices() {
  document.body.classList.toggle("single", data.examples.length === 1);
  for (const [id, choices] of [["subset", SUBSETS], ["order", ORDERS]]) {
    byId(id).replaceChildren(...Object.entries(choices).map(([value, { text, includes }]) => {
      const count = includes ? ` (${data.examples.filter(includes).length})` : "";
      return createElement("option", { value, text: text + count });
    }));
    byId(id).parentElement.hidden = Object.keys(choices).length === 1;
  }
}

/** The positions of the examples of the subset and the filter, in the selected order. */
function visibleExamples() {
  const pattern = byId("filter").value.trim().toLowerCase();
  const { includes } = SUBSETS[byId("subset").value], { key } = ORDERS[byId("order").value];
  return [...data.examples.keys()].filter((index) => {
    const { title, reference, layers } = data.examples[index];
    const text = [title, reference, layers[0].queries.labels.join(" ")].join("\n").toLowerCase();
    return includes(data.examples[index]) && text.includes(pattern);
  }).sort((a, b) => key(data.examples[b]) - key(data.examples[a]));
}

function renderExampleList() {
  const visible = visibleExamples(), position = visible.indexOf(state.example);
  const list = byId("examples"), { scrollTop } = list;
  list.replaceChildren(...visible.map((index) => {
    const example = data.examples[index], { disagreement } = example;
    const onGold = disagreement === null ? [] : [createElement("span", { text: `${formatPercent(1 - disagreement)} on gold` })];
    return createElement("div", { role: "option", "data-index": index, "aria-selected": index === state.example,
      tabindex: index === state.example || (position < 0 && index === visible[0]) ? 0 : -1 },
      createElement("span", { class: "title", dir: "auto", text: example.title }),
      createElement("small", {}, ...errorMark(example), ...onGold));
  }));
  list.scrollTop = scrollTop;
  keepInView(list, list.children[position]);
  byId("example-number").textContent = `${position < 0 ? "–" : position + 1} of ${visible.length}`;
  byId("previous").disabled = position < 1;
  byId("next").disabled = position === visible.length - 1;
  const isFiltered = visible.length < data.examples.length;
  byId("match-count").textContent = isFiltered ? `${visible.length} of ${data.examples.length} examples` : "";
}

/** Scroll a list, and nothing around it, so that an option is visible. */
function keepInView(list, option) {
  if (!option) return;
  const top = option.offsetTop - list.offsetTop, bottom = top + option.offsetHeight;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
}

function showExample(index) {
  state.example = index;
  state.selected = null;
  renderExample();
  renderExampleList();
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

function toggleExampleList() {
  const isOpen = document.querySelector("nav").classList.toggle("open");
  byId("example-number").setAttribute("aria-expanded", isOpen);
}

byId("examples").addEventListener("click", openExample);
byId("examples").addEventListener("focusin", openExample);
byId("previous").addEventListener("click", () => stepExample(-1));
byId("next").addEventListener("click", () => stepExample(1));
byId("filter").addEventListener("input", renderExampleList);
byId("subset").addEventListener("change", selectSubset);
byId("order").addEventListener("change", renderExampleList);
byId("example-number").addEventListener("click", toggleExampleList);
