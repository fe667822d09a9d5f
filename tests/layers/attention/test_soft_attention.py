"""Soft attention against the layers of Keras."""

import keras
import numpy as np
import pytest

from foveal.layers import SoftAttention

rng = np.random.default_rng(0)
QUERY, VALUE, KEY = (rng.normal(size=(2, n, 5)).astype("float32") for n in (3, 4, 4))
VALUE_MASK = np.array([[1, 1, 1, 1], [1, 0, 1, 0]], bool)
MASKS = {
    "none": {},
    "partial": {"value_mask": VALUE_MASK},
    "causal": {"use_causal_mask": True},
    "both": {"value_mask": VALUE_MASK, "use_causal_mask": True},
}


def run_layer(layer, *args, **kwargs):
    results = layer(*args, return_attention_scores=True, **kwargs)
    return [keras.ops.convert_to_numpy(x) for x in results]


def run_keras(layer, masks):
    return run_layer(
        layer,
        [QUERY, VALUE, KEY],
        mask=[None, masks.get("value_mask")],
        use_causal_mask=masks.get("use_causal_mask", False),
    )


@pytest.mark.parametrize("masks", MASKS.values(), ids=MASKS.keys())
def test_dot_attention_matches_keras(masks):
    expected = run_keras(keras.layers.Attention(), masks)
    for a, e in zip(run_layer(SoftAttention("dot"), QUERY, VALUE, KEY, **masks), expected, strict=True):
        np.testing.assert_allclose(a, e, atol=1e-6)


@pytest.mark.parametrize("masks", MASKS.values(), ids=MASKS.keys())
def test_additive_attention_with_identity_kernels_matches_keras(masks):
    peer = keras.layers.AdditiveAttention()
    expected = run_keras(peer, masks)
    layer = SoftAttention("additive")
    layer.build(QUERY.shape, VALUE.shape, KEY.shape)
    scale = keras.ops.convert_to_numpy(peer.scale)
    layer.score.query_dense.kernel.assign(np.eye(5))
    layer.score.key_dense.kernel.assign(np.eye(5))
    layer.score.v.assign(scale[:, None])
    for a, e in zip(run_layer(layer, QUERY, VALUE, KEY, **masks), expected, strict=True):
        np.testing.assert_allclose(a, e, atol=1e-6)


def test_soft_attention_matches_hand_computed_weights():
    query = np.array([[[np.log(3.0), 0.0]]], "float32")
    key = np.array([[[1.0, 5.0], [0.0, 5.0]]], "float32")
    value = np.array([[[8.0], [4.0]]], "float32")
    context, weights = run_layer(SoftAttention("dot"), query, value, key)
    np.testing.assert_allclose(weights, [[[0.75, 0.25]]], rtol=1e-6)
    np.testing.assert_allclose(context, [[[7.0]]], rtol=1e-6)
