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


QUERY_MASK = np.array([[1, 1, 0], [1, 0, 1]], bool)
LISTS = {
    "value": ([QUERY, VALUE], {}),
    "key": ([QUERY, VALUE, KEY], {}),
    "masks": ([QUERY, VALUE, KEY], {"mask": [QUERY_MASK, VALUE_MASK]}),
    "three masks": ([QUERY, VALUE, KEY], {"mask": [QUERY_MASK, VALUE_MASK, None]}),
    "no query mask": ([QUERY, VALUE], {"mask": [None, VALUE_MASK], "use_causal_mask": True}),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_match_keras(name):
    inputs, call = LISTS[name]
    expected = keras.layers.Attention()(inputs, **call)
    actual = SoftAttention("dot")(inputs, **call)
    np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (actual, expected)), atol=1e-6)


def test_list_matches_separate_inputs():
    layer, masks = SoftAttention(), {"query_mask": QUERY_MASK, "value_mask": VALUE_MASK}
    expected = run_layer(layer, QUERY, VALUE, KEY, **masks)
    actual = run_layer(layer, [QUERY, VALUE, KEY], mask=[QUERY_MASK, VALUE_MASK])
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(a, e)
    shapes = [x.shape for x in (QUERY, VALUE, KEY)]
    assert layer.compute_output_shape(shapes) == layer.compute_output_shape(*shapes) == (2, 3, 5)  # pyright: ignore[reportArgumentType]


def test_masks_of_embeddings_in_a_list_match_keras(tmp_path):
    tokens = np.array([[1, 2, 0], [3, 0, 0]]), np.array([[1, 2, 0, 3], [3, 0, 0, 4]])
    inputs, embed = [keras.Input((n,)) for n in (3, 4)], keras.layers.Embedding(5, 5, mask_zero=True)
    embedded = [embed(x) for x in inputs]
    expected = keras.Model(inputs, keras.layers.Attention()(embedded))(tokens)
    output = SoftAttention("dot")(embedded)
    model = keras.Model(inputs, output)
    np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (model(tokens), expected)), atol=1e-6)
    eager, weights = SoftAttention("dot")([embed(x) for x in tokens], return_attention_scores=True)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(eager._keras_mask), tokens[0] != 0)
    assert getattr(weights, "_keras_mask", None) is None
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (loaded(tokens), expected)), atol=1e-6)


def test_inputs_with_further_axes_match_keras():
    query, value = (rng.normal(size=(2, 3, 4, n, 5)).astype("float32") for n in (2, 6))
    expected = run_layer(keras.layers.Attention(), [query, value])
    for inputs in ((query, value), ([query, value],)):
        for a, e in zip(run_layer(SoftAttention("dot"), *inputs), expected, strict=True):
            np.testing.assert_allclose(a, e, atol=1e-6)
    query_mask, value_mask = (rng.random(x.shape[:-1]) > 0.3 for x in (query, value))
    layer, masks = SoftAttention("dot"), {"query_mask": query_mask, "value_mask": value_mask}
    context, weights = run_layer(layer, query, value, **masks)
    for row in np.ndindex(3, 4):
        index = (slice(None), *row)
        row_masks = {name: mask[index] for name, mask in masks.items()}
        expected = run_layer(layer, query[index], value[index], **row_masks)
        np.testing.assert_allclose(context[index], expected[0], atol=1e-6)
        np.testing.assert_allclose(weights[index], expected[1], atol=1e-6)


def test_invalid_lists_raise():
    layer = SoftAttention()
    with pytest.raises(ValueError, match="list of length 2 or 3"):
        layer([QUERY, VALUE, VALUE, VALUE])
    with pytest.raises(ValueError, match="layer mask must be a list"):
        layer([QUERY, VALUE], mask=QUERY_MASK)
    with pytest.raises(ValueError, match="mask list of length 2 or 3"):
        layer([QUERY, VALUE], mask=[QUERY_MASK])
