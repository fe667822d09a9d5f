"""Softmax with sinks against a joint softmax, KerasHub's gpt-oss, limits, masks, caches and records."""

import importlib
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

from foveal import focus
from foveal.layers import MultiHeadAttention, PerHead, SelfAttention, SinkSoftmax, SoftAttention, Softmax

rng = np.random.default_rng(0)
BATCH, HEADS, QUERIES, KEYS = 2, 3, 4, 5
SCORES = rng.normal(size=(BATCH, HEADS, QUERIES, KEYS)).astype("float32")
SINKS = np.array([-1.0, 0.5, 2.0], "float32")
MASK = rng.random((BATCH, 1, QUERIES, KEYS)) < 0.6
MASK[0, 0, 0] = False
ALL = {"return_attention_scores": True, "return_decisions": True}


def to_numpy(tree):
    return keras.tree.map_structure(keras.ops.convert_to_numpy, tree)


def with_sinks(sinks: npt.ArrayLike = SINKS, **kwargs: Any):
    return SinkSoftmax(sink_initializer=lambda shape, dtype: np.broadcast_to(sinks, shape), **kwargs)


def joint_softmax(scores, sinks, mask):
    joint = np.concatenate([scores, np.broadcast_to(sinks[:, None, None], (*scores.shape[:-1], 1))], -1)
    visible = np.concatenate([np.broadcast_to(mask, scores.shape), np.ones_like(scores[..., :1], bool)], -1)
    exponentials = np.exp(joint) * visible
    return exponentials / exponentials.sum(-1, keepdims=True)


@pytest.mark.parametrize("mask", [None, MASK], ids=["unmasked", "masked"])
def test_weights_match_softmax_over_keys_and_sink(mask):
    weights, decisions = to_numpy(with_sinks()(SCORES, mask=mask))
    expected = joint_softmax(SCORES, SINKS, np.ones_like(MASK) if mask is None else mask)
    np.testing.assert_allclose(weights, expected[..., :-1], atol=1e-6)
    np.testing.assert_allclose(decisions["sink"], expected[..., -1], atol=1e-6)
    if mask is not None:
        np.testing.assert_array_equal(weights * ~mask, 0)
        np.testing.assert_array_equal(decisions["sink"][0, :, 0], 1)


def test_weights_match_gpt_oss_of_keras_hub():
    pytest.importorskip("keras_hub")
    module = importlib.import_module("keras_hub.src.models.gpt_oss.gpt_oss_attention")
    reference = module.GptOssAttention(num_query_heads=HEADS, num_key_value_heads=HEADS, sliding_window=None)
    reference.build((None, None, 6))
    reference.sinks.assign(SINKS)
    query, key = (rng.normal(size=(BATCH, n, HEADS, 2)).astype("float32") for n in (QUERIES, KEYS))
    identity = np.broadcast_to(np.eye(KEYS, dtype="float32")[None, :, None], (BATCH, KEYS, HEADS, KEYS))
    mask = MASK | (np.arange(KEYS) == 0)  # it spreads a fully masked row
    expected = reference._compute_attention(query, key, identity, mask[:, 0])
    scores = np.einsum("bqhd,bkhd->bhqk", query, key) / np.sqrt(2)
    weights, _ = to_numpy(with_sinks()(scores.astype("float32"), mask=mask))
    np.testing.assert_allclose(weights, to_numpy(expected).swapaxes(1, 2), atol=1e-6)


def test_fixed_sink_of_zero_is_softmax_off_by_one():
    layer = SinkSoftmax(trainable=False)
    weights, _ = to_numpy(layer(SCORES))
    exponentials = np.exp(SCORES)
    np.testing.assert_allclose(weights, exponentials / (1 + exponentials.sum(-1, keepdims=True)), atol=1e-6)
    assert layer.trainable_weights == []


def test_low_sink_is_softmax_and_high_sink_attends_to_nothing():
    low, _ = to_numpy(with_sinks(-1e4)(SCORES, mask=MASK))
    np.testing.assert_allclose(low, to_numpy(Softmax()(SCORES, mask=MASK)[0]), atol=1e-6)
    high, decisions = to_numpy(with_sinks(1e4)(SCORES, mask=MASK))
    np.testing.assert_array_equal(high, 0)
    np.testing.assert_array_equal(decisions["sink"], 1)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_sums_in_float32(dtype):
    scores = keras.ops.zeros((1, 1, 1, 3000), dtype)
    weights, decisions = with_sinks(0.0, dtype=dtype)(scores)
    assert keras.backend.standardize_dtype(weights.dtype) == dtype
    total = to_numpy(keras.ops.sum(keras.ops.cast(weights, "float32")))
    np.testing.assert_allclose(total + to_numpy(keras.ops.cast(decisions["sink"], "float32")), 1, rtol=5e-3)
    masked, _ = with_sinks(0.0, dtype=dtype)(scores, mask=np.zeros((1, 1, 1, 3000), bool))
    np.testing.assert_array_equal(to_numpy(keras.ops.cast(masked, "float32")), 0)


def test_layer_without_heads_has_one_sink():
    layer = SoftAttention(distribution=SinkSoftmax())
    x = rng.normal(size=(BATCH, QUERIES, 6)).astype("float32")
    _, weights, decisions = to_numpy(layer(x, x, **ALL))
    assert layer.distribution.sink.shape == ()
    np.testing.assert_allclose(weights.sum(-1) + decisions["sink"], 1, atol=1e-6)


def test_cached_steps_and_record_match_full_sequence():
    x = rng.normal(size=(BATCH, 5, 6)).astype("float32")
    layer = SelfAttention(HEADS, 2, distribution=with_sinks(), bias="rotary")
    inputs = keras.Input((5, 6))
    model = keras.Model(inputs, layer(inputs, use_causal_mask=True))
    output, weights, decisions = to_numpy(layer(x, use_causal_mask=True, **ALL))
    [record] = focus.record(model, x)
    np.testing.assert_allclose(record.weights, weights, atol=1e-6)
    assert (record.weights.sum(-1) < 1).all()
    cache = layer.init_cache(BATCH, 5)
    for step in range(5):
        *actual, cache = layer(
            x[:, step : step + 1], use_causal_mask=True, cache=cache, cache_index=step, **ALL
        )
        actual = to_numpy(actual)
        np.testing.assert_allclose(actual[0][:, 0], output[:, step], atol=1e-5)
        np.testing.assert_allclose(actual[2]["sink"][..., 0], decisions["sink"][..., step], atol=1e-6)


def test_sink_and_sentinel_share_the_weight():
    layer = MultiHeadAttention(HEADS, 2, distribution=with_sinks(), gate="sentinel")
    x = rng.normal(size=(BATCH, QUERIES, 6)).astype("float32")
    _, weights, decisions = to_numpy(layer(x, x, **ALL))
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)  # of the keys alone
    assert (decisions["gate"] + decisions["sink"] < 1).all()


def test_sinks_train_and_load(tmp_path):
    x, y = rng.normal(size=(8, 4, 6)).astype("float32"), np.zeros((8, 4, 6), "float32")
    layer = SelfAttention(HEADS, 2, distribution="sink_softmax")
    inputs = keras.Input((4, 6))
    model = keras.Model(inputs, layer(inputs))
    model.compile("sgd", "mse", run_eagerly=keras.backend.backend() == "torch")
    model.train_on_batch(x, y)
    assert layer.distribution.sink.shape == (HEADS,)
    assert np.abs(to_numpy(layer.distribution.sink)).min() > 0
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(to_numpy(loaded(x)), to_numpy(model(x)))


def test_per_head_accepts_a_sink_in_one_head():
    weights, decisions = to_numpy(PerHead(["softmax", with_sinks(1.0), "sparsemax"])(SCORES))
    np.testing.assert_allclose(weights.sum(-1) + decisions["sink"], 1, atol=1e-5)
    assert (decisions["sink"][:, 1] > 0).all()
