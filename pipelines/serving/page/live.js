// Page of the server: an input for each task, the answer, and its attention in the viewer.
const DEBOUNCE = 300; // milliseconds after the last key
const POLL = 1000; // milliseconds between requests for the list of models while some are loading
const SLOW = 200; // milliseconds until a request counts as slow
const MAX_LINK_TEXT = 4000; // characters of a text in the address
const MAX_PICTURE = 960; // pixels of the longer side that is shown
const TASKS = {
  translate: { input: "text", placeholder: "Type or paste a text to translate, or drop a text file", busy: "Translating" },
  classify: { input: "text", placeholder: "Type or paste a text to classify, or drop a text file", busy: "Classifying" },
  describe: { input: "image", busy: "Describing" },
};

const live = {
  models: [], shownModels: "", limits: {}, task: null, // `shownModels`: those that the tabs were rendered of
  inputs: { translate: "", classify: "", describe: null }, // texts, or { name, base64, uri } of a picture
  chosen: {}, // name of the model by task
  answer: null, answeredInput: null, // the last answer, and the input that it is for
  link: null, // layer, head and selection of a link, until its answer arrives
  request: null, timer: null,
};

const modelsOf = (task) => live.models.filter((model) => model.task === task);
const currentModel = () =>
  modelsOf(live.task).find(({ name }) => name === live.chosen[live.task]) ?? modelsOf(live.task)[0];
const formatBytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e5 ? 3 : 1)} MB`;

// --- server ------------------------------------------------------------------------------------------

/** Send a request with the API key; an answer that is no success is an error with the reason of the server. */
async function send(path, body, signal) {
  const key = sessionStorage.getItem("api-key");
  const headers = { ...(key && { "X-API-Key": key }), ...(body && { "Content-Type": "application/json" }) };
  let response;
  try {
    response = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer. Is it still running?");
  }
  const content = await response.json().catch(() => ({}));
  if (response.ok) return content;
  const { error = `The server answered with status ${response.status}.` } = content;
  if (response.status === 401) requestKey(Boolean(key));
  throw Object.assign(new Error(sentence(error)), { status: response.status });
}

/** A reason of the server as a sentence. */
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

function requestKey(isWrong) {
  sessionStorage.removeItem("api-key");
  byId("key-form").hidden = false;
  byId("panel").hidden = byId("tabs").hidden = true;
  byId("models-status").textContent = "";
  if (isWrong) showProblem("The API key is wrong.");
  byId("key").focus();
}

function useKey(event) {
  event.preventDefault();
  try {
    new Headers({ "X-API-Key": byId("key").value.trim() });
  } catch {
    return showProblem("The API key must have no letters outside of Latin-1.");
  }
  sessionStorage.setItem("api-key", byId("key").value.trim());
  byId("key").value = "";
  byId("key-form").hidden = true;
  showProblem("");
  loadModels();
}

/** Load the list of models, again while some are loading or the server does not answer. */
async function loadModels() {
  let isComplete = false;
  try {
    const { models, loading, refused, hint, limits } = await send("page/models");
    Object.assign(live, { models, limits });
    isComplete = !loading.length && models.length > 0;
    const reasons = refused.map(({ name, reason }) => sentence(`${name} is not served: ${reason}`));
    const waiting = loading.length ? [`Loading the models: ${loading.join(", ")} …`] : [];
    showWithCode(byId("models-status"), [...waiting, ...(hint ? [sentence(hint)] : []), ...reasons].join(" "));
    const shown = JSON.stringify([models, loading.length > 0]);
    if (shown !== live.shownModels) renderTabs(loading.length > 0);
    live.shownModels = shown;
  } catch (error) {
    if (error.status === 401) return;
    byId("models-status").textContent = error.message;
  }
  if (!isComplete) setTimeout(loadModels, POLL);
}

/** Show a text, with the parts between backticks as code. */
function showWithCode(element, text) {
  element.replaceChildren(...text.split("`").map((part, index) => index % 2 ? createElement("code", { text: part }) : part));
}

function showProblem(text) {
  showWithCode(byId("problem"), text);
}

// --- tabs --------------------------------------------------------------------------------------------

/** Render a tab for each task that a model has. The first time, open that of the address, or the first. */
function renderTabs(isLoading) {
  const tasks = Object.keys(TASKS).filter((task) => modelsOf(task).length);
  const hasFocus = byId("tabs").contains(document.activeElement);
  byId("tabs").replaceChildren(...tasks.map((task) => createElement("button",
    { type: "button", role: "tab", id: `tab-${task}`, "data-task": task, "aria-controls": "panel", text: task })));
  byId("tabs").hidden = !tasks.length;
  const isAwaited = isLoading && new URLSearchParams(location.hash.slice(1)).has("task"); // its model may come
  if (tasks.includes(live.task)) markTab();
  else if (tasks.length && !readAddress() && !isAwaited) openTask(tasks[0]);
  byId("panel").hidden = !tasks.includes(live.task);
  if (hasFocus) byId(`tab-${live.task}`).focus();
}

function markTab() {
  for (const tab of byId("tabs").children) {
    const isSelected = tab.dataset.task === live.task;
    tab.setAttribute("aria-selected", isSelected);
    tab.tabIndex = isSelected ? 0 : -1;
  }
  byId("panel").setAttribute("aria-labelledby", `tab-${live.task}`);
  const models = modelsOf(live.task);
  byId("model").replaceChildren(...models.map(({ name, version }) =>
    createElement("option", { value: name, text: `${name}, version ${version}` })));
  byId("model").value = currentModel().name;
  byId("model-label").hidden = models.length === 1;
}

/** Open the tab of a task, with its last input. */
function openTask(task) {
  live.task = task;
  markTab();
  byId("panel").hidden = false;
  const { input, placeholder } = TASKS[task], isText = input === "text";
  byId("text").hidden = !isText;
  byId("picture").hidden = isText;
  byId("file").accept = isText ? "text/*" : "image/*";
  byId("file-label").querySelector("span").textContent = isText ? "Open a text file" : "Choose a picture";
  if (isText) {
    byId("text").value = live.inputs[task];
    byId("text").placeholder = placeholder;
    byId("text").setAttribute("aria-label", `Text to ${task}`);
  }
  showPictureName();
  hideAnswer();
  answerNow();
}

function moveTab(event) {
  const tabs = [...byId("tabs").children], index = tabs.indexOf(event.target);
  const target = { ArrowRight: tabs[(index + 1) % tabs.length], ArrowLeft: tabs.at(index - 1),
    Home: tabs[0], End: tabs.at(-1) }[event.key];
  if (index < 0 || !target) return;
  event.preventDefault();
  openTask(target.dataset.task);
  target.focus();
}

function selectTab(event) {
  const { task } = event.target.dataset;
  if (task && task !== live.task) openTask(task);
}

function selectModel(event) {
  live.chosen[live.task] = event.target.value;
  answerNow();
}

// --- input -------------------------------------------------------------------------------------------

function typeText() {
  live.inputs[live.task] = byId("text").value;
  live.request?.abort();
  clearTimeout(live.timer);
  live.timer = setTimeout(answerNow, DEBOUNCE);
}

function submitText(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) answerNow();
}

/** Take a file: a picture to describe, any other file as a text. */
async function takeFile(file) {
  if (!file) return;
  const isPicture = file.type.startsWith("image/") || (TASKS[live.task].input === "image" && !file.type.startsWith("text/"));
  if (isPicture && !modelsOf("describe").length) return showProblem("No model describes pictures.");
  const { task: opened } = live;
  const task = isPicture ? "describe" : TASKS[opened].input === "text" ? opened
    : ["translate", "classify"].find((name) => modelsOf(name).length);
  if (!task) return showProblem("No model reads texts.");
  const limit = live.limits[isPicture ? "image" : "text"];
  if (file.size > limit) {
    const kind = isPicture ? "A picture" : "A text";
    return showProblem(`${kind} must have at most ${formatBytes(limit)}. ${file.name} has ${formatBytes(file.size)}.`);
  }
  try {
    live.inputs[task] = isPicture ? await readPicture(file) : await file.text();
  } catch {
    return showProblem(`${file.name} cannot be read.`);
  }
  openTask(task);
}

/** Read a picture: its bytes in base 64, and a smaller copy to show, upright and on white. */
async function readPicture(file) {
  const uri = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = reject;
    reader.readAsDataURL(file);
  });
  return { name: file.name, base64: uri.slice(uri.indexOf(",") + 1), uri: await thumbnail(file).catch(() => "") };
}

async function thumbnail(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, MAX_PICTURE / Math.max(bitmap.width, bitmap.height));
  const canvas = createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height].map((size) => Math.max(1, Math.round(size * scale)));
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.9);
}

function showPictureName() {
  byId("picture").querySelector("p").textContent = live.inputs.describe?.name || "Drop or paste a picture here";
}

function drag(event) {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  byId("inputs").classList.toggle("dropping", event.type === "dragover");
}

function drop(event) {
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  byId("inputs").classList.remove("dropping");
  if (live.task) takeFile(event.dataTransfer.files[0]);
}

function paste(event) {
  const [file] = event.clipboardData?.files ?? [];
  if (!file || !live.task) return;
  event.preventDefault();
  takeFile(file);
}

// --- answer ------------------------------------------------------------------------------------------

/** Send the input of the open tab to its model and show the answer; an earlier request is cancelled. */
async function answerNow() {
  clearTimeout(live.timer);
  live.request?.abort();
  const input = live.inputs[live.task], model = currentModel();
  const isEmpty = TASKS[live.task].input === "text" ? !input.trim() : !input;
  showProblem("");
  byId("status").textContent = "";
  if (isEmpty) {
    hideAnswer();
    return writeHash();
  }
  const request = live.request = new AbortController();
  const start = performance.now();
  const slow = setTimeout(() => showBusy(`${TASKS[live.task].busy} …`), SLOW);
  try {
    const body = TASKS[live.task].input === "text" ? { text: input } : { image: { b64: input.base64 } };
    const answer = await send(`page/models/${encodeURIComponent(model.name)}`, body, request.signal);
    if (request.signal.aborted) return;
    showAnswer(answer, input);
    byId("status").textContent = `${model.name}, ${Math.round(performance.now() - start)} ms`;
  } catch (error) {
    if (request.signal.aborted) return;
    hideAnswer();
    byId("status").textContent = "";
    showProblem(error.message);
  } finally {
    clearTimeout(slow);
    if (live.request === request) showBusy(null);
  }
}

/** Mark the last answer as stale and show a text, until the new answer arrives. */
function showBusy(text) {
  for (const id of ["answer", "viewer"]) byId(id).classList.toggle("stale", text !== null);
  if (text !== null) byId("status").textContent = text;
}

function hideAnswer() {
  live.answer = live.answeredInput = null;
  byId("answer").hidden = byId("viewer").hidden = true;
}

function showAnswer(answer, input) {
  Object.assign(live, { answer, answeredInput: input });
  const { prediction, note, example } = answer;
  const text = prediction.label ?? prediction.text;
  byId("answer").hidden = false;
  byId("prediction").textContent = text || "The model gave no answer.";
  byId("prediction").classList.toggle("none", !text);
  byId("probabilities").replaceChildren(...Object.entries(prediction.probabilities ?? {})
    .sort(([, a], [, b]) => b - a).map(([name, share]) => weightBar(name, share, formatPercent(share))));
  byId("note").textContent = note || (currentModel().hasAttention ? "" : "This model has no attention outputs.");
  byId("copied").textContent = "";
  byId("viewer").hidden = !example;
  if (!example) return writeHash();
  if (example.image) example.image.uri = input.uri;
  data.examples[0] = example;
  state.selected = null;
  if (live.link) Object.assign(state, live.link);
  live.link = null;
  renderExample();
}

// --- link and copies ---------------------------------------------------------------------------------

/** Write the input, layer, head and selection into the address, so that a link opens the same view. */
function writeHash() {
  const { task } = live, input = live.inputs[task];
  const parameters = new URLSearchParams({ task });
  if (live.chosen[task]) parameters.set("model", live.chosen[task]);
  if (typeof input === "string" && input && input.length <= MAX_LINK_TEXT) parameters.set("text", input);
  if (live.answer?.example && state.selected) {
    parameters.set("layer", state.layer + 1);
    parameters.set("head", state.head + 1);
    parameters.set(state.selected.side, state.selected.index + 1);
  }
  history.replaceState(null, "", `#${parameters}`);
}

/** Read the address and open its task; return whether there is such a task. Malformed parts are ignored. */
function readAddress() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const task = parameters.get("task");
  if (!Object.hasOwn(TASKS, task) || !modelsOf(task).length) return false;
  const position = (name) => Math.max(0, parseInt(parameters.get(name), 10) || 0);
  if (parameters.has("model")) live.chosen[task] = parameters.get("model");
  if (TASKS[task].input === "text") live.inputs[task] = parameters.get("text") ?? "";
  const side = ["queries", "keys"].find((name) => position(name) > 0);
  live.link = { layer: Math.max(0, position("layer") - 1), head: Math.max(MEAN_HEAD, position("head") - 1),
    selected: side ? { side, index: position(side) - 1 } : null };
  openTask(task);
  return true;
}

/** The answer with its input and attention, in numbers. */
function answerAsJson() {
  const { task, model, version, prediction, example } = live.answer, input = live.answeredInput;
  const number = (value) => Number(value.toPrecision(6));
  const attention = (example?.layers ?? []).map((layer) => ({
    layer: layer.name, queries: layer.queries.labels, keys: layer.keys.labels,
    ...(layer.keys.boxes && { boxes: layer.keys.boxes }),
    weights: [...Array(layer.heads).keys()].map((head) => headWeights(layer, head).map((row) => [...row].map(number))),
    ...(layer.gate && { gate: layer.gate }),
  }));
  return JSON.stringify({ task, model, version, input: input.name ?? input, prediction, attention }, null, 1);
}

async function copyText(text, message) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // no permission, or a page without TLS
    const area = createElement("textarea", { class: "visually-hidden", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    const { activeElement } = document;
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    activeElement.focus();
    if (!isCopied) message = "The browser does not allow to copy.";
  }
  byId("copied").textContent = message;
}

function copyLink() {
  writeHash();
  const input = live.inputs[live.task];
  const isComplete = typeof input === "string" && input.length <= MAX_LINK_TEXT;
  const rest = typeof input === "string" ? "the text, which is too long" : "the picture";
  copyText(location.href, isComplete ? "Link copied." : `Link copied, without ${rest}.`);
}

byId("tabs").addEventListener("click", selectTab);
byId("tabs").addEventListener("keydown", moveTab);
byId("key-form").addEventListener("submit", useKey);
byId("model").addEventListener("change", selectModel);
byId("text").addEventListener("input", typeText);
byId("text").addEventListener("keydown", submitText);
byId("file").addEventListener("change", () => { takeFile(byId("file").files[0]); byId("file").value = ""; });
byId("copy-link").addEventListener("click", copyLink);
byId("copy-json").addEventListener("click", () => copyText(answerAsJson(), "JSON copied."));
document.addEventListener("dragover", drag);
document.addEventListener("dragleave", drag);
document.addEventListener("drop", drop);
document.addEventListener("paste", paste);
addEventListener("hashchange", readAddress);
updateThemeButton();
loadModels();
