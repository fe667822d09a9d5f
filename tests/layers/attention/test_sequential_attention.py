"""Sequential attention against attention from all queries at once."""

import keras
import numpy as np
import pytest

from foveal.layers import (
    AdaptiveAttention,
    CoverageBias,
    Distribution,
    MultiHeadAttention,
    PriorBias,
    SoftAttention,
)
from foveal.layers.distributions import masked_softmax

rng = np.random.default_rng(0)
QUERY, VALUE = (rng.normal(size=(2, length, 4)).astype("float32") for length in (3, 5))
MASK = rng.uniform(size=(2, 3, 5)) < 0.7
PRIOR = rng.uniform(size=(2, 3, 5)).astype("float32")
LSTM = tuple(rng.normal(size=(2, 3, width)).astype("float32") for width in (2, 4, 4))


def zero_coverage():
    """Coverage of weight zero, which makes the queries sequential and changes no scores."""
    return CoverageBias(strength=0.0)


CALLS = {
    "soft": (lambda *biases, **k: SoftAttention("additive", bias=biases, **k), {}),
    "prior": (lambda *biases, **k: SoftAttention(bias=[PriorBias(), *biases], **k), {"prior": PRIOR}),
    "broadcast prior": (
        lambda *biases, **k: SoftAttention(bias=[PriorBias(), *biases], **k),
        {"prior": PRIOR[:1, :1]},
    ),
    "heads": (lambda *biases, **k: MultiHeadAttention(2, 4, bias=["rotary", *biases], **k), {}),
    "gate": (lambda *biases, **k: MultiHeadAttention(2, 3, bias=biases, gate="sentinel", **k), {}),
    "groups": (lambda *biases, **k: MultiHeadAttention(2, 3, num_key_value_heads=1, bias=biases, **k), {}),
    "adaptive": (lambda *biases, **k: AdaptiveAttention(bias=biases, **k), {"lstm": LSTM}),
}


def run_layer(layer, **kwargs):
    results = layer(QUERY, VALUE, return_attention_scores=True, return_decisions=True, **kwargs)
    return keras.tree.map_structure(
        lambda x: keras.ops.convert_to_numpy(keras.ops.cast(x, "float32")), list(results)
    )


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("mask", [None, MASK, MASK[:1], MASK[:, :1]], ids=["none", "full", "batch", "keys"])
def test_sequential_attention_matches_parallel_attention(name, mask):
    make, call = CALLS[name]
    results = []
    for biases in ([], [zero_coverage()]):
        keras.utils.set_random_seed(1)
        results.append(run_layer(make(*biases), attention_mask=mask, **call))
    keras.tree.map_structure(lambda e, a: np.testing.assert_allclose(a, e, atol=1e-5), *results)


@pytest.mark.parametrize("name", ["soft", "gate"])
@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "float16"])
def test_sequential_attention_keeps_dtypes(name, dtype):
    make, call = CALLS[name]
    layers = make(dtype=dtype), make(zero_coverage(), dtype=dtype)
    types = [
        keras.tree.map_structure(
            lambda x: keras.backend.standardize_dtype(x.dtype),
            layer(QUERY, VALUE, return_attention_scores=True, return_decisions=True, **call),
        )
        for layer in layers
    ]
    assert types[0] == types[1]


class Sticky(Distribution):
    """Distribution that averages its weights with those of the previous query."""

    state_keys = ("previous",)

    def call(self, scores, mask=None, training=None, previous=None):
        weights, rows = masked_softmax(scores, mask), []
        for t in range(scores.shape[-2]):
            previous = (weights[..., t, :] + previous) / 2
            rows.append(previous)
        return keras.ops.stack(rows, axis=-2), {}


def test_distribution_receives_previous_weights():
    expected = run_layer(SoftAttention(distribution=Sticky()))[1]
    actual = run_layer(SoftAttention(bias=zero_coverage(), distribution=Sticky()))[1]
    np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_unknown_lengths_match_eager_call():
    query, value = keras.Input((None, 4)), keras.Input((None, 4))
    layer = MultiHeadAttention(2, 3, bias="coverage", gate="sentinel")
    model = keras.Model([query, value], layer(query, value, return_attention_scores=True))
    for q, v in ((QUERY, VALUE), (VALUE, QUERY), (QUERY[:, :1], VALUE)):
        for a, e in zip(model([q, v]), layer(q, v, return_attention_scores=True), strict=True):
            np.testing.assert_allclose(
                keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(e), atol=1e-6
            )


def test_dropout_differs_between_queries():
    layer = SoftAttention(bias=zero_coverage(), dropout=0.5)
    query, value = np.zeros((1, 40, 4)), np.ones((1, 6, 4))
    context, weights = layer(query, value, training=True, return_attention_scores=True)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(weights), 1 / 6, rtol=1e-5)
    assert len(np.unique(keras.ops.convert_to_numpy(context)[0, :, 0].round(4))) > 2
