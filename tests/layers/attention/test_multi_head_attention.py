"""Multi-head attention against the layers of Keras; gate, caches and invalid arguments."""

import keras
import numpy as np
import pytest

from foveal.layers import MultiHeadAttention

rng = np.random.default_rng(0)
QUERY, VALUE, KEY = (rng.normal(size=(2, *shape)).astype("float32") for shape in ((3, 6), (4, 5), (4, 7)))
QUERY_MASK = np.array([[1, 1, 1], [1, 1, 0]], bool)
VALUE_MASK = np.array([[1, 1, 1, 1], [1, 0, 1, 0]], bool)
ATTENTION_MASK = rng.random((2, 3, 4)) > 0.4
MASKS = {
    "none": {},
    "query": {"query_mask": QUERY_MASK},
    "value": {"value_mask": VALUE_MASK},
    "key": {"key_mask": VALUE_MASK},
    "attention": {"attention_mask": ATTENTION_MASK},
    "causal": {"use_causal_mask": True},
    "row": {"value_mask": np.zeros((2, 4), bool)},
    "all": {
        "query_mask": QUERY_MASK,
        "value_mask": VALUE_MASK,
        "attention_mask": ATTENTION_MASK,
        "use_causal_mask": True,
    },
}
HEADS, KEY_DIM, VALUE_DIM = 2, 4, 3


def to_numpy(results):
    return keras.tree.map_structure(lambda x: keras.ops.convert_to_numpy(x), results)


def run_layer(layer, *args, **kwargs):
    return to_numpy(layer(*args, return_attention_scores=True, **kwargs))


def copy_weights(layer, peer):
    for name in ("query", "key", "value"):
        dense, peer_dense = getattr(layer, f"{name}_dense"), getattr(peer, f"_{name}_dense")
        dense.kernel.assign(keras.ops.reshape(peer_dense.kernel, dense.kernel.shape))
        dense.bias.assign(keras.ops.reshape(peer_dense.bias, dense.bias.shape))
    layer.output_dense.kernel.assign(
        keras.ops.reshape(peer._output_dense.kernel, layer.output_dense.kernel.shape)
    )
    layer.output_dense.bias.assign(peer._output_dense.bias)


def keras_masks(query_mask=None, **masks):
    """Convert the masks for Keras, which replaces an explicit `query_mask` by the Keras mask of the query."""
    if query_mask is None:
        return masks
    mask = masks.get("attention_mask", np.ones((2, 3, 4), bool))
    return {**masks, "attention_mask": mask & query_mask[:, :, None]}


@pytest.mark.parametrize("masks", MASKS.values(), ids=MASKS.keys())
def test_multi_head_attention_matches_keras(masks):
    peer = keras.layers.MultiHeadAttention(
        HEADS, KEY_DIM, VALUE_DIM, output_shape=8, bias_initializer="random_normal"
    )
    layer = MultiHeadAttention(HEADS, KEY_DIM, VALUE_DIM, output_shape=8)
    for attention in (peer, layer):
        attention.build(QUERY.shape, VALUE.shape, KEY.shape)
    copy_weights(layer, peer)
    expected = run_layer(peer, QUERY, VALUE, KEY, **keras_masks(**masks))
    output, weights = run_layer(layer, QUERY, VALUE, KEY, **masks)
    np.testing.assert_allclose(output, expected[0], atol=1e-5)
    np.testing.assert_allclose(weights, expected[1], atol=1e-6)


@pytest.mark.parametrize("masks", MASKS.values(), ids=MASKS.keys())
@pytest.mark.parametrize("groups", [1, 3, 6])
def test_grouped_attention_matches_keras(groups, masks):
    peer = keras.layers.GroupQueryAttention(KEY_DIM, 6, groups, bias_initializer="random_normal")
    layer = MultiHeadAttention(6, KEY_DIM, num_key_value_heads=groups)
    for attention in (peer, layer):
        attention.build(QUERY.shape, VALUE.shape, KEY.shape)
    copy_weights(layer, peer)
    expected = run_layer(peer, QUERY, VALUE, KEY, **keras_masks(**masks))
    output, weights = run_layer(layer, QUERY, VALUE, KEY, **masks)
    np.testing.assert_allclose(output, expected[0], atol=1e-5)
    np.testing.assert_allclose(weights, expected[1], atol=1e-6)


def softmax(x):
    x = np.exp(x - x.max())
    return x / x.sum()


def dense(layer, x):
    return x @ to_numpy(layer.kernel) + to_numpy(layer.bias)


def test_gate_matches_sentinel_as_additional_key():
    layer = MultiHeadAttention(HEADS, KEY_DIM, gate="sentinel")
    output, weights, decisions = run_layer(layer, QUERY, VALUE, value_mask=VALUE_MASK, return_decisions=True)
    query, key, value = (
        dense(d, x)
        for d, x in (
            (layer.query_dense, QUERY),
            (layer.key_dense, VALUE),
            (layer.value_dense, VALUE),
        )
    )
    assert layer.gate is not None
    open_gate = 1 / (1 + np.exp(-dense(layer.gate.gate_dense, QUERY)))
    sentinel = open_gate * np.tanh(dense(layer.gate.memory_dense, QUERY))
    mixed = np.zeros((2, 3, HEADS * KEY_DIM))
    for b, h, t in np.ndindex(2, HEADS, 3):
        head = slice(h * KEY_DIM, (h + 1) * KEY_DIM)
        visible = VALUE_MASK[b]
        q, s = query[b, t, head], sentinel[b, t, head]
        z, z_s = key[b, visible][:, head] @ q / 2, s @ q / 2
        alpha, beta = softmax(z), softmax(np.append(z, z_s))[-1]
        mixed[b, t, head] = beta * s + (1 - beta) * alpha @ value[b, visible][:, head]
        np.testing.assert_allclose(weights[b, h, t, visible], alpha, atol=1e-5)
        np.testing.assert_allclose(decisions["gate"][b, h, t], beta, atol=1e-5)
    np.testing.assert_allclose(output, dense(layer.output_dense, mixed), atol=1e-5)


def test_fully_masked_keys_return_sentinel():
    layer = MultiHeadAttention(HEADS, KEY_DIM, gate="sentinel")
    output = to_numpy(layer(QUERY, VALUE, value_mask=np.zeros((2, 4), bool)))
    assert layer.gate is not None
    expected = layer.output_dense(layer.gate(QUERY))
    np.testing.assert_allclose(output, to_numpy(expected), atol=1e-6)


def test_gate_with_other_value_dim_raises():
    with pytest.raises(
        ValueError, match=r"`value_dim` must equal `key_dim`, 4, with a gate.*Received: value_dim=3"
    ):
        MultiHeadAttention(2, 4, 3, gate="sentinel")


@pytest.mark.parametrize("score", ["scaled_dot", "additive"])
@pytest.mark.parametrize("gate", [None, "sentinel"])
def test_memory_cache_matches_direct_call(score, gate):
    layer = MultiHeadAttention(HEADS, KEY_DIM, score=score, gate=gate)
    expected = run_layer(layer, QUERY, VALUE, KEY, value_mask=VALUE_MASK, return_decisions=True)
    cache = layer.memory_cache(VALUE, KEY)
    actual = run_layer(layer, QUERY, cache=cache, value_mask=VALUE_MASK, return_decisions=True)
    keras.tree.map_structure(np.testing.assert_array_equal, actual, expected)


@pytest.mark.parametrize("score", ["scaled_dot", "additive"])
@pytest.mark.parametrize("steps", [(1, 1, 1, 1), (2, 1, 1), (3, 1)])
@pytest.mark.parametrize("cache_length", [6, 0])
def test_incremental_decoding_matches_full_sequence(score, steps, cache_length):
    layer = MultiHeadAttention(HEADS, KEY_DIM, VALUE_DIM, score=score)
    expected, weights = run_layer(layer, VALUE, VALUE, use_causal_mask=True)
    cache, start = layer.init_cache(2, cache_length), 0
    for step in steps:
        new = VALUE[:, start : start + step]
        output, step_weights, cache = layer(
            new,
            new,
            use_causal_mask=True,
            return_attention_scores=True,
            cache=cache,
            cache_index=keras.ops.convert_to_tensor(start, "int32") if cache_length else "end",
        )
        rows = slice(start, start + step)
        np.testing.assert_allclose(to_numpy(output), expected[:, rows], atol=1e-6)
        key_count = cache_length or start + step
        assert step_weights.shape[-1] == key_count
        np.testing.assert_allclose(
            to_numpy(step_weights)[..., :4], weights[:, :, rows, :key_count], atol=1e-6
        )
        np.testing.assert_array_equal(to_numpy(step_weights)[..., start + step :], 0)
        start += step


def test_inputs_of_other_width_raise():
    layer = MultiHeadAttention(HEADS, KEY_DIM)
    layer(QUERY, VALUE)
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 5"):
        layer(QUERY, KEY)
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 5"):
        layer(keras.Input((3, 6)), keras.Input((4, 7)))


def test_kernels_are_initialized_independently():
    layer = MultiHeadAttention(2, 3, kernel_initializer=keras.initializers.GlorotUniform())
    layer.build(QUERY.shape, QUERY.shape)
    kernels = to_numpy([layer.query_dense.kernel, layer.key_dense.kernel])
    assert (kernels[0] != kernels[1]).any()


def test_use_bias_false_creates_no_biases():
    layer = MultiHeadAttention(2, 3, use_bias=False)
    layer.build(QUERY.shape, VALUE.shape)
    assert len(layer.weights) == 4


def test_gate_is_invariant_to_position():
    layer = MultiHeadAttention(2, 4, gate="sentinel", bias="rotary")
    x = np.random.default_rng(0).normal(size=(1, 7, 8)).astype("float32")
    causal = np.tril(np.ones((7, 7), bool))
    shifted = np.concatenate(
        [np.zeros_like(x[:, :5]), x[:, :2]], axis=1
    )  # the same two queries, five positions later
    mask = causal & (np.arange(7) >= 5)
    first = layer(x[:, :2], x[:, :2], use_causal_mask=True, return_decisions=True)[1]["gate"]
    shifted_gate = layer(shifted, shifted, attention_mask=mask, return_decisions=True)[1]["gate"]
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(shifted_gate)[..., 5:], keras.ops.convert_to_numpy(first), atol=1e-5
    )
