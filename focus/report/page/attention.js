"use strict";
// Data and state of the page. It shows one example, layer and head at a time. `state.selected` is the word or
// region that was clicked or focused, `state.hovered` the one under the pointer: { side, index }, where `side`
// is "queries" or "keys".
const MEAN_HEAD = -1; // the mean of all heads
const TOP_K = 5; // weights in the list of top weights
const LONG_TEXT = 60; // labels; a longer text has a smaller font
const SCROLLED_TEXT = 300; // labels; a longer text scrolls, so that queries and keys are both in view
const MEMORY = "written from memory"; // words whose sentinel gate is above the threshold
const MAX_TABLE_LABELS = 100; // of each axis
const MAX_THUMBNAIL_SIZE = 96; // pixels of each side; more positions share a pixel

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const darkScheme = matchMedia("(prefers-color-scheme: dark)");
const state = { example: data.opening, layer: 0, head: MEAN_HEAD, selected: null, hovered: null };
let view; // the result of `currentView`

function max(values) {
  let maximum = 0;
  for (let index = 0; index < values.length; index++) if (values[index] > maximum) maximum = values[index];
  return maximum;
}

const decodedWeights = new WeakMap();

/** The weights (heads, queries, keys) of a layer as one flat array. */
function weightsOf(layer) {
  if (!decodedWeights.has(layer)) {
    const bytes = atob(layer.weights), columns = layer.keys.labels.length;
    const weights = new Float32Array(bytes.length);
    layer.maxima.forEach((maximum, row) => {
      for (let index = row * columns; index < (row + 1) * columns; index++) {
        weights[index] = bytes.charCodeAt(index) / 255 * maximum;
      }
    });
    decodedWeights.set(layer, weights);
  }
  return decodedWeights.get(layer);
}

const meanWeights = new WeakMap();

/** The weights (queries, keys) of one head, or the mean of all heads, as one flat array. */
function flatHeadWeights(layer, head) {
  const weights = weightsOf(layer), size = weights.length / layer.heads;
  if (head !== MEAN_HEAD) return weights.subarray(head * size, (head + 1) * size);
  if (!meanWeights.has(layer)) {
    const mean = new Float32Array(size);
    for (let start = 0; start < weights.length; start += size) {
      for (let index = 0; index < size; index++) mean[index] += weights[start + index] / layer.heads;
    }
    meanWeights.set(layer, mean);
  }
  return meanWeights.get(layer);
}

/** The weights of one head, or the mean of all heads, as an array of rows. */
function headWeights(layer, head) {
  const weights = flatHeadWeights(layer, head), columns = layer.keys.labels.length;
  return layer.queries.labels.map((_, row) => weights.subarray(row * columns, (row + 1) * columns));
}

/** The gates (queries) of one head, or the mean of all heads; null without a gate. */
function headGate(layer, head) {
  if (!layer.gate) return null;
  if (head !== MEAN_HEAD) return layer.gate[head];
  return layer.gate[0].map((_, row) => layer.gate.reduce((sum, gate) => sum + gate[row], 0) / layer.heads);
}

/** The example, layer, weights, gate, gold annotation and words from memory of the state. */
function currentView() {
  const example = data.examples[state.example];
  const layer = example.layers[state.layer];
  const weights = headWeights(layer, state.head);
  const gate = headGate(layer, state.head), { memoryThreshold } = layer;
  const gold = new Set(layer.gold.map(([key, query]) => `${key} ${query}`));
  return {
    example, layer, weights, gate, maximum: max(weights.map(max)),
    isGold: (key, query) => gold.has(`${key} ${query}`),
    isFromMemory: (query) => memoryThreshold !== null && gate[query] > memoryThreshold,
  };
}

const otherSide = (side) => side === "queries" ? "keys" : "queries";

/** The weights between a query and all keys, or between a key and all queries. */
function rowFor({ side, index }) {
  return side === "queries" ? [...view.weights[index]] : view.weights.map((row) => row[index]);
}

/** The heads that the weights are of, in words; empty for the only head of a layer. */
const headName = ({ meanName, headNames }, head) => head === MEAN_HEAD ? meanName : headNames[head];
