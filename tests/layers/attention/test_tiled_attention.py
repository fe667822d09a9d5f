"""Tiled attention against all queries at once: outputs, gradients, dropout, compilation, export."""

import importlib
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest

from foveal.layers import (
    AdaptiveSpan,
    GumbelSoftmax,
    LearnedBias,
    MultiHeadAttention,
    PriorBias,
    RelativeBias,
    SelfAttention,
    SlidingWindow,
    SoftAttention,
)
from foveal.layers.attention import tiled_attention

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="others have fused kernels")
BATCH, QUERIES, KEYS, DIM, HEADS, KEY_DIM, TILE = 2, 7, 5, 6, 4, 8, 3  # the last tile is not full
rng = np.random.default_rng(0)
QUERY, VALUE = (rng.normal(size=(BATCH, n, DIM)).astype("float32") for n in (QUERIES, KEYS))
UPSTREAM = rng.normal(size=(BATCH, QUERIES, DIM)).astype("float32")
PRIOR = rng.uniform(0.1, 1, size=(BATCH, QUERIES, KEYS)).astype("float32")
QUERY_MASK = np.arange(QUERIES) < [[QUERIES], [QUERIES - 3]]
KEY_MASK = np.arange(KEYS) < [[2], [KEYS]]
BIASES: dict[str, Any] = {
    "none": None,
    "alibi": "alibi",
    "rotary": "rotary",
    "relative": partial(RelativeBias, num_buckets=4, max_distance=5, initializer="random_normal"),
    "learned": partial(LearnedBias, 2, initializer="random_normal"),
    "predicted Gaussian": "predicted_gaussian",
    "diagonal": "diagonal",
    "window": partial(SlidingWindow, 2, 1),
    "span": partial(AdaptiveSpan, 4, 2, initial_span=1.3),
    "several": ["rotary", "alibi", "diagonal"],
}
MASKS: dict[str, dict] = {
    "no mask": {},
    "keys": {"value_mask": KEY_MASK},
    "queries, causal": {"query_mask": QUERY_MASK, "use_causal_mask": True},
    "pairs": {"attention_mask": rng.random((BATCH, QUERIES, KEYS)) < 0.5},
    "one row": {"attention_mask": np.array([[[1, 0, 1, 1, 0]]])},
    "heads": {"attention_mask": rng.random((BATCH, HEADS, QUERIES, KEYS)) < 0.5},
    "nothing": {"value_mask": np.zeros((BATCH, KEYS), bool)},
}
SLOTS: dict[str, dict] = {
    "sentinel": {"gate": "sentinel"},
    "output gate": {"gate": "output"},
    "shared keys": {"num_key_value_heads": 2},
    "value dim": {"value_dim": 9},
    "additive": {"score": "additive"},
    "cosine": {"score": "cosine"},
    "entmax": {"distribution": "entmax"},
    "entmax15": {"distribution": "entmax15"},
    "sinks": {"distribution": "sink_softmax"},
}


def tensorflow() -> Any:
    return importlib.import_module("tensorflow")


def make_bias(name) -> Any:
    bias = BIASES[name]
    return bias() if callable(bias) else bias


def randomize(layer, *inputs, **call):
    keras.utils.set_random_seed(1)
    layer(*inputs, **call)
    for seed, variable in enumerate(layer.trainable_variables):
        variable.assign(variable + keras.random.normal(variable.shape, 0, 0.3, seed=seed, dtype="float32"))
    return layer


def to_float(tensors):
    return [keras.ops.convert_to_numpy(keras.ops.cast(x, "float32")) for x in tensors]


@pytest.fixture
def in_tiles(monkeypatch):
    """Run a function with tiles of three queries, also for few weights; check that they are used."""

    def run(function, *args, **kwargs):
        calls, original = [], tiled_attention.map_query_tiles
        with monkeypatch.context() as patch:
            patch.setattr(tiled_attention, "MAX_SIZE", 0)
            patch.setattr(tiled_attention, "TILE_SIZE", 1)
            patch.setattr(tiled_attention, "MIN_TILE_LENGTH", TILE)
            patch.setattr(
                tiled_attention, "map_query_tiles", lambda *given: calls.append(1) or original(*given)
            )
            outputs = function(*args, **kwargs)
        assert calls
        return outputs

    return run


def step(layer, *inputs, upstream=UPSTREAM, jit_compile=None, signature=None, **call):
    """Run a layer forward and backward; returns outputs, and gradients of inputs, prior and weights."""
    tf = tensorflow()
    inputs = [tf.constant(x, layer.compute_dtype) for x in inputs]
    prior = [tf.constant(call.pop("prior"), layer.compute_dtype)] if "prior" in call else []

    def run(*tensors):
        arguments = dict(zip(["prior"], tensors[len(inputs) :], strict=False))
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            output, decisions = layer(*tensors[: len(inputs)], return_decisions=True, **arguments, **call)
            terms = [tf.cast(output, "float32") * upstream]
            terms += [tf.sin(tf.cast(decisions[name], "float32")) for name in sorted(decisions)]
            loss = tf.add_n([tf.reduce_sum(term) for term in terms])
        sources = [*tensors, *layer.trainable_variables]
        gradients = tape.gradient(loss, sources, unconnected_gradients="zero")
        return [output, *(decisions[name] for name in sorted(decisions)), *gradients]

    if jit_compile is not None:
        run = tf.function(run, jit_compile=jit_compile, input_signature=signature, reduce_retracing=True)
    return to_float(run(*inputs, *prior))


def assert_same(in_tiles, layer, *inputs, atol=2e-5, **call):
    expected = step(layer, *inputs, **call)
    for actual in (in_tiles(step, layer, *inputs, jit_compile=x, **call) for x in (None, False)):
        for a, e in zip(actual, expected, strict=True):
            np.testing.assert_allclose(a, e, atol=atol * max(1, np.abs(e).max()))
    return expected


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("bias", ["none", "relative", "diagonal"])
def test_tiles_match_all_queries_with_every_mask(in_tiles, bias, mask):
    layer = randomize(MultiHeadAttention(HEADS, KEY_DIM, bias=make_bias(bias)), QUERY, VALUE)
    expected = assert_same(in_tiles, layer, QUERY, VALUE, **MASKS[mask])
    assert mask == "nothing" or np.abs(expected[1]).max() > 0.01  # the gradient of the query


@pytest.mark.parametrize("bias", BIASES)
def test_tiles_match_all_queries_with_every_bias(in_tiles, bias):
    layer = randomize(SelfAttention(HEADS, KEY_DIM, bias=make_bias(bias)), QUERY)
    call = {"query_mask": QUERY_MASK, "use_causal_mask": True}
    for gradient in assert_same(in_tiles, layer, QUERY, **call)[1:]:
        assert np.abs(gradient).max() > 1e-4


@pytest.mark.parametrize("name", SLOTS)
def test_tiles_match_all_queries_with_every_component(in_tiles, name):
    layer = randomize(MultiHeadAttention(HEADS, KEY_DIM, **SLOTS[name]), QUERY, VALUE)
    assert_same(in_tiles, layer, QUERY, VALUE, value_mask=KEY_MASK)


@pytest.mark.parametrize("prior", [PRIOR, PRIOR[:, :1], PRIOR[:1, None]], ids=["pairs", "keys", "heads"])
def test_tiles_match_all_queries_with_prior(in_tiles, prior):
    layer = randomize(MultiHeadAttention(HEADS, KEY_DIM, bias=PriorBias(2.0)), QUERY, VALUE, prior=prior)
    assert_same(in_tiles, layer, QUERY, VALUE, prior=prior)


def test_tiles_match_all_queries_without_heads(in_tiles):
    layer = randomize(SoftAttention("general", bias="predicted_gaussian"), QUERY, VALUE)
    assert_same(in_tiles, layer, QUERY, VALUE, value_mask=KEY_MASK)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("start", [0, 2])
def test_tiles_match_all_queries_with_cache(in_tiles, start, causal):
    layer = randomize(SelfAttention(HEADS, KEY_DIM, bias="alibi"), QUERY)
    cache = layer.init_cache(BATCH, QUERIES + 3)
    _, cache = layer(QUERY[:, :2], cache=cache, cache_index=0)
    call = partial(layer, QUERY, cache=cache, cache_index=start, use_causal_mask=causal)
    for actual, expected in zip(
        *(to_float(keras.tree.flatten(x)) for x in (in_tiles(call), call())), strict=True
    ):
        np.testing.assert_allclose(actual, expected, atol=1e-5)


@pytest.mark.parametrize("policy", ["float16", "mixed_float16", "mixed_bfloat16", "float64"])
def test_tiles_match_all_queries_in_any_precision(in_tiles, policy):
    arguments = {"bias": ["relative", "predicted_gaussian"], "distribution": "sink_softmax"}
    layer = randomize(SelfAttention(HEADS, KEY_DIM, dtype=policy, **arguments), QUERY)
    atol = {"float64": 1e-6, "mixed_bfloat16": 0.04}.get(policy, 0.005)
    assert_same(in_tiles, layer, QUERY, query_mask=QUERY_MASK, atol=atol)


def test_tiles_drop_what_all_queries_drop(in_tiles):
    """The same seed drops the same weights, in every tile, forward and backward."""
    call = {"query_mask": QUERY_MASK, "training": True}
    layers = [randomize(SelfAttention(HEADS, KEY_DIM, dropout=0.4, seed=3), QUERY) for _ in range(3)]
    expected = step(layers[0], QUERY, **call)
    for layer, jit_compile in zip(layers[1:], (None, False), strict=True):
        for a, e in zip(in_tiles(step, layer, QUERY, jit_compile=jit_compile, **call), expected, strict=True):
            np.testing.assert_allclose(a, e, atol=2e-5)


def test_dropout_of_tiles_has_rate_and_differs_by_tile_and_call(in_tiles):
    length, rate = 60, 0.3
    layer = SoftAttention("dot", dropout=rate, seed=1)
    query, identity = np.zeros((1, length, length)), np.eye(length, dtype="float32")[None]
    drop = partial(layer, query, identity, training=True)  # the context is the dropped weights
    masks = [to_float([in_tiles(drop)])[0][0] == 0 for _ in range(2)]
    assert abs(masks[0].mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / length**2)
    assert (masks[0] != masks[1]).any()
    tiles = masks[0].reshape(-1, TILE, length)
    assert len({tile.tobytes() for tile in tiles}) == len(tiles)
    assert abs(np.corrcoef(masks[0].ravel(), masks[1].ravel())[0, 1]) < 4 / length


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("distribution", ["softmax", "entmax15"])
@pytest.mark.parametrize("length", [QUERIES, 2])
def test_tiles_of_unknown_sizes_match_all_queries(in_tiles, distribution, jit_compile, length):
    layer = SelfAttention(HEADS, KEY_DIM, bias="relative", gate="output", distribution=distribution)
    randomize(layer, QUERY)
    query, upstream = QUERY[:, :length], UPSTREAM[:, :length]
    run = partial(step, layer, query, upstream=upstream, use_causal_mask=True)
    signature = [tensorflow().TensorSpec([None, None, DIM])]
    expected = run()
    for a, e in zip(in_tiles(run, jit_compile=jit_compile, signature=signature), expected, strict=True):
        np.testing.assert_allclose(a, e, atol=2e-5)


def test_unknown_length_attends_at_once_where_it_fits(monkeypatch):
    tile_lengths = []
    original = tiled_attention.map_query_tiles
    monkeypatch.setattr(tiled_attention, "MAX_SIZE", HEADS * 5 * 5)
    monkeypatch.setattr(tiled_attention, "TILE_SIZE", BATCH * HEADS * 7 * 4)
    monkeypatch.setattr(tiled_attention, "MIN_TILE_LENGTH", 2)
    monkeypatch.setattr(
        tiled_attention, "map_query_tiles", lambda *args: tile_lengths.append(args[-1]) or original(*args)
    )
    tf, layer = tensorflow(), SelfAttention(HEADS, KEY_DIM)
    layer(QUERY[:, :2])

    @tf.function(input_signature=[tf.TensorSpec([None, None, DIM])])
    def compute(query):
        layer(query)
        return tile_lengths[-1]

    assert [int(compute(QUERY[:, :length])) for length in (5, 6, 7)] == [5, 4, 4]


@pytest.mark.parametrize("jit_compile", [False, True])
def test_fit_in_tiles_gives_the_same_weights(in_tiles, jit_compile):
    updates = []
    for run in (lambda function: function(), in_tiles):
        keras.utils.set_random_seed(1)
        x = keras.Input((None, DIM))
        model = keras.Model(x, SelfAttention(HEADS, KEY_DIM, bias="learned", gate="sentinel", dropout=0.2)(x))
        model.compile("sgd", "mse", jit_compile=jit_compile)
        run(partial(model.fit, QUERY, UPSTREAM, batch_size=1, epochs=2, shuffle=False, verbose=0))
        updates.append(model.get_weights())
    for actual, expected in zip(*updates, strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-4)


def test_export_in_tiles_gives_the_outputs_of_the_layer(in_tiles, tmp_path):
    tf = tensorflow()
    layer = randomize(SelfAttention(HEADS, KEY_DIM, bias="relative", distribution="entmax15"), QUERY)
    module = tf.Module()
    module.variables_of_layer = [variable.value for variable in layer.variables]
    module.call = tf.function(lambda x: layer(x), input_signature=[tf.TensorSpec([None, None, DIM])])
    in_tiles(tf.saved_model.save, module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    np.testing.assert_allclose(*to_float([loaded.call(QUERY), layer(QUERY)]), atol=1e-5)


def test_second_derivative_in_tiles_matches_all_queries(in_tiles):
    tf, layer = tensorflow(), randomize(SelfAttention(HEADS, KEY_DIM, bias="learned"), QUERY)

    def penalty_gradient():
        x = tf.constant(QUERY)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(layer(x) * UPSTREAM)
            penalty = tf.reduce_sum(inner.gradient(loss, x) ** 2)
        return to_float([outer.gradient(penalty, x)])[0]

    expected = penalty_gradient()
    np.testing.assert_allclose(in_tiles(penalty_gradient), expected, atol=1e-3)


@pytest.mark.parametrize(
    ("layer", "call"),
    [
        (partial(SelfAttention, HEADS, KEY_DIM), {"return_attention_scores": True}),
        (partial(SelfAttention, HEADS, KEY_DIM, bias="coverage"), {}),
        (partial(SelfAttention, HEADS, KEY_DIM, distribution=GumbelSoftmax()), {"training": True}),
    ],
    ids=["weights", "coverage", "sampling"],
)
def test_tiles_are_not_used_where_queries_or_weights_are_needed_at_once(monkeypatch, layer, call):
    monkeypatch.setattr(tiled_attention, "MAX_SIZE", 0)
    monkeypatch.setattr(tiled_attention, "map_query_tiles", None)
    layer()(QUERY, **call)
