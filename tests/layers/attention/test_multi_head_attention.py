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


def look(layer, *args, **kwargs):
    return to_numpy(layer(*args, return_attention_scores=True, **kwargs))


def copy_weights(layer, peer):
    for name in ("query", "key", "value"):
        dense, other = getattr(layer, f"{name}_dense"), getattr(peer, f"_{name}_dense")
        dense.kernel.assign(keras.ops.reshape(other.kernel, dense.kernel.shape))
        dense.bias.assign(keras.ops.reshape(other.bias, dense.bias.shape))
    layer.output_dense.kernel.assign(
        keras.ops.reshape(peer._output_dense.kernel, layer.output_dense.kernel.shape)
    )
    layer.output_dense.bias.assign(peer._output_dense.bias)


def for_keras(query_mask=None, **masks):
    """Keras replaces an explicit `query_mask` by the one attached to the query."""
    if query_mask is None:
        return masks
    seen = masks.get("attention_mask", np.ones((2, 3, 4), bool))
    return {**masks, "attention_mask": seen & query_mask[:, :, None]}


@pytest.mark.parametrize("masks", MASKS.values(), ids=MASKS.keys())
def test_equals_keras_multi_head_attention(masks):
    peer = keras.layers.MultiHeadAttention(
        HEADS, KEY_DIM, VALUE_DIM, output_shape=8, bias_initializer="random_normal"
    )
    layer = MultiHeadAttention(HEADS, KEY_DIM, VALUE_DIM, output_shape=8)
    for attention in (peer, layer):
        attention.build(QUERY.shape, VALUE.shape, KEY.shape)
    copy_weights(layer, peer)
    expected = look(peer, QUERY, VALUE, KEY, **for_keras(**masks))
    output, weights = look(layer, QUERY, VALUE, KEY, **masks)
    np.testing.assert_allclose(output, expected[0], atol=1e-5)
    np.testing.assert_allclose(weights, expected[1], atol=1e-6)


@pytest.mark.parametrize("masks", MASKS.values(), ids=MASKS.keys())
@pytest.mark.parametrize("groups", [1, 3, 6])
def test_equals_keras_group_query_attention(groups, masks):
    peer = keras.layers.GroupQueryAttention(KEY_DIM, 6, groups, bias_initializer="random_normal")
    layer = MultiHeadAttention(6, KEY_DIM, num_key_value_heads=groups)
    for attention in (peer, layer):
        attention.build(QUERY.shape, VALUE.shape, KEY.shape)
    copy_weights(layer, peer)
    expected = look(peer, QUERY, VALUE, KEY, **for_keras(**masks))
    output, weights = look(layer, QUERY, VALUE, KEY, **masks)
    np.testing.assert_allclose(output, expected[0], atol=1e-5)
    np.testing.assert_allclose(weights, expected[1], atol=1e-6)


def softmax(x):
    x = np.exp(x - x.max())
    return x / x.sum()


def dense(layer, x):
    return x @ to_numpy(layer.kernel) + to_numpy(layer.bias)


def test_the_gate_adds_the_sentinel_as_one_more_key_whose_value_is_itself():
    layer = MultiHeadAttention(HEADS, KEY_DIM, gate="sentinel")
    output, weights, decisions = look(layer, QUERY, VALUE, value_mask=VALUE_MASK, return_decisions=True)
    query, key, value = (
        dense(d, x)
        for d, x in (
            (layer.query_dense, QUERY),
            (layer.key_dense, VALUE),
            (layer.value_dense, VALUE),
        )
    )
    open_gate = 1 / (1 + np.exp(-dense(layer.gate.gate_dense, QUERY)))
    sentinel = open_gate * np.tanh(dense(layer.gate.memory_dense, QUERY))
    mixed = np.zeros((2, 3, HEADS * KEY_DIM))
    for b, h, t in np.ndindex(2, HEADS, 3):
        head = slice(h * KEY_DIM, (h + 1) * KEY_DIM)
        seen = VALUE_MASK[b]
        q, s = query[b, t, head], sentinel[b, t, head]
        z, z_s = key[b, seen][:, head] @ q / 2, s @ q / 2
        alpha, beta = softmax(z), softmax(np.append(z, z_s))[-1]
        mixed[b, t, head] = beta * s + (1 - beta) * alpha @ value[b, seen][:, head]
        np.testing.assert_allclose(weights[b, h, t, seen], alpha, atol=1e-5)
        np.testing.assert_allclose(decisions["gate"][b, h, t], beta, atol=1e-5)
    np.testing.assert_allclose(output, dense(layer.output_dense, mixed), atol=1e-5)


def test_where_all_keys_are_masked_the_output_is_the_sentinel():
    layer = MultiHeadAttention(HEADS, KEY_DIM, gate="sentinel")
    output = to_numpy(layer(QUERY, VALUE, value_mask=np.zeros((2, 4), bool)))
    expected = layer.output_dense(layer.gate(QUERY))
    np.testing.assert_allclose(output, to_numpy(expected), atol=1e-6)


def test_a_gate_needs_values_as_wide_as_keys():
    with pytest.raises(ValueError, match=r"`value_dim` equal to `key_dim`, 4\. Received: 3"):
        MultiHeadAttention(2, 4, 3, gate="sentinel")


@pytest.mark.parametrize("score", ["scaled_dot", "additive"])
@pytest.mark.parametrize("gate", [None, "sentinel"])
def test_a_memory_projected_once_gives_the_same(score, gate):
    layer = MultiHeadAttention(HEADS, KEY_DIM, score=score, gate=gate)
    expected = look(layer, QUERY, VALUE, KEY, value_mask=VALUE_MASK, return_decisions=True)
    cache = layer.memory_cache(VALUE, KEY)
    actual = look(layer, QUERY, cache=cache, value_mask=VALUE_MASK, return_decisions=True)
    keras.tree.map_structure(np.testing.assert_array_equal, actual, expected)


@pytest.mark.parametrize("score", ["scaled_dot", "additive"])
@pytest.mark.parametrize("steps", [(1, 1, 1, 1), (2, 1, 1), (3, 1)])
@pytest.mark.parametrize("room", [6, 0])
def test_step_by_step_equals_all_at_once(score, steps, room):
    layer = MultiHeadAttention(HEADS, KEY_DIM, VALUE_DIM, score=score)
    expected, weights = look(layer, VALUE, VALUE, use_causal_mask=True)
    cache, start = layer.init_cache(2, room), 0
    for step in steps:
        new = VALUE[:, start : start + step]
        output, seen, cache = layer(
            new,
            new,
            use_causal_mask=True,
            return_attention_scores=True,
            cache=cache,
            cache_index=keras.ops.convert_to_tensor(start, "int32") if room else "end",
        )
        rows = slice(start, start + step)
        np.testing.assert_allclose(to_numpy(output), expected[:, rows], atol=1e-6)
        now = room or start + step
        assert seen.shape[-1] == now
        np.testing.assert_allclose(to_numpy(seen)[..., :4], weights[:, :, rows, :now], atol=1e-6)
        np.testing.assert_array_equal(to_numpy(seen)[..., start + step :], 0)
        start += step


def test_another_width_than_it_was_built_for_is_refused():
    layer = MultiHeadAttention(HEADS, KEY_DIM)
    layer(QUERY, VALUE)
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 5"):
        layer(QUERY, KEY)
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 5"):
        layer(keras.Input((3, 6)), keras.Input((4, 7)))


def test_two_kernels_of_one_initializer_differ():
    layer = MultiHeadAttention(2, 3, kernel_initializer=keras.initializers.GlorotUniform())
    layer.build(QUERY.shape, QUERY.shape)
    kernels = to_numpy([layer.query_dense.kernel, layer.key_dense.kernel])
    assert (kernels[0] != kernels[1]).any()


def test_no_bias_where_none_is_wanted():
    layer = MultiHeadAttention(2, 3, use_bias=False)
    layer.build(QUERY.shape, VALUE.shape)
    assert len(layer.weights) == 4


def test_a_gate_does_not_ask_where_in_the_sequence_it_is():
    layer = MultiHeadAttention(2, 4, gate="sentinel", bias="rotary")
    x = np.random.default_rng(0).normal(size=(1, 7, 8)).astype("float32")
    causal = np.tril(np.ones((7, 7), bool))
    late = np.concatenate([np.zeros_like(x[:, :5]), x[:, :2]], axis=1)  # the same two, five positions on
    seen = causal & (np.arange(7) >= 5)
    first = layer(x[:, :2], x[:, :2], use_causal_mask=True, return_decisions=True)[1]["gate"]
    later = layer(late, late, attention_mask=seen, return_decisions=True)[1]["gate"]
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(later)[..., 5:], keras.ops.convert_to_numpy(first), atol=1e-5
    )
