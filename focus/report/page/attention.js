"use strict";
// The page shows one example, layer and head at a time. `chosen` is the word that was clicked or focused,
// `hovered` the one under the pointer; either is of the side `queries` or `keys`.
const data = JSON.parse(document.getElementById("data").textContent);
const by = (id) => document.getElementById(id);
const media = matchMedia("(prefers-color-scheme: dark)");
const MEAN = -1, TOP = 5, LONG = 60, LISTED = 100; // words that a table lists of each side
const state = { example: 0, layer: 0, head: MEAN, chosen: null, hovered: null };
let view; // what `look` makes of the state

const most = (values) => values.reduce((a, b) => Math.max(a, b), 0);

const decoded = new Map();

/** Weights (heads, queries, keys) of a layer, as one flat array of shares of 1. */
function weightsOf(layer) {
  if (!decoded.has(layer)) {
    const bytes = Uint8Array.from(atob(layer.weights), (c) => c.charCodeAt(0));
    const keys = layer.keys.labels.length;
    decoded.set(layer, Float32Array.from(bytes, (b, i) => (b / 255) * layer.largest[Math.floor(i / keys)]));
  }
  return decoded.get(layer);
}

/** One head, or their mean: rows of weights, one for each query. */
function mapOf(layer, head) {
  const [rows, columns] = [layer.queries.labels.length, layer.keys.labels.length];
  const heads = head === MEAN ? [...Array(layer.heads).keys()] : [head];
  const all = weightsOf(layer);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) =>
      heads.reduce((sum, h) => sum + all[(h * rows + row) * columns + column], 0) / heads.length));
}

function gateOf(layer, head) {
  if (!layer.gate) return null;
  if (head !== MEAN) return layer.gate[head];
  return layer.gate[0].map((_, row) => layer.gate.reduce((sum, gate) => sum + gate[row], 0) / layer.heads);
}

/** What is to be seen now. */
function look() {
  const example = data.examples[state.example];
  const layer = example.layers[state.layer];
  const map = mapOf(layer, state.head);
  const marked = new Set(layer.gold.map(([key, query]) => `${key} ${query}`));
  return {
    example, layer, map, gate: gateOf(layer, state.head), largest: most(map.map(most)),
    isMarked: (key, query) => marked.has(`${key} ${query}`),
  };
}

/** The weights of the other side's words for one word. */
const rowOf = ({ side, place }) => side === "queries" ? view.map[place] : view.map.map((row) => row[place]);
const otherSide = (side) => side === "queries" ? "keys" : "queries";
