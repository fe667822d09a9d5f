"""Self-attention against multi-head attention; incremental decoding with caches."""

import keras
import numpy as np
import pytest

from foveal.layers import MultiHeadAttention, SelfAttention

X = np.random.default_rng(0).normal(size=(2, 4, 6)).astype("float32")
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)
HEADS, KEY_DIM, VALUE_DIM = 2, 4, 3


def to_numpy(results):
    return keras.tree.map_structure(lambda x: keras.ops.convert_to_numpy(x), results)


def run_layer(layer, *args, **kwargs):
    return to_numpy(layer(*args, return_attention_scores=True, **kwargs))


def make_layers():
    layer = SelfAttention(HEADS, KEY_DIM, VALUE_DIM, bias_initializer="random_normal")
    peer = MultiHeadAttention(HEADS, KEY_DIM, VALUE_DIM)
    layer.build(X.shape)
    peer.build(X.shape, X.shape)
    ends = (HEADS * KEY_DIM, 2 * HEADS * KEY_DIM)
    fused = layer.query_key_value_dense
    parts = (peer.query_dense, peer.key_dense, peer.value_dense)
    for dense, kernel, bias in zip(
        parts,
        np.split(to_numpy(fused.kernel), ends, 1),
        np.split(to_numpy(fused.bias), ends),
        strict=True,
    ):
        dense.kernel.assign(kernel.reshape(dense.kernel.shape))
        dense.bias.assign(bias.reshape(dense.bias.shape))
    peer.output_dense.set_weights(layer.output_dense.get_weights())
    return layer, peer


@pytest.mark.parametrize("causal", [False, True])
def test_self_attention_matches_multi_head_attention(causal):
    layer, peer = make_layers()
    actual = run_layer(layer, X, query_mask=MASK, use_causal_mask=causal)
    expected = run_layer(peer, X, X, query_mask=MASK, value_mask=MASK, use_causal_mask=causal)
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, e, atol=1e-6)


@pytest.mark.parametrize("score", ["scaled_dot", "additive"])
@pytest.mark.parametrize("steps", [(1, 1, 1, 1), (2, 1, 1), (3, 1)])
@pytest.mark.parametrize("cache_length", [5, 0])
def test_incremental_decoding_matches_full_sequence(score, steps, cache_length):
    layer = SelfAttention(HEADS, KEY_DIM, VALUE_DIM, score=score)
    expected, weights = run_layer(layer, X, use_causal_mask=True)
    cache, start = layer.init_cache(2, cache_length), 0
    for step in steps:
        rows = slice(start, start + step)
        output, step_weights, cache = layer(
            X[:, rows],
            use_causal_mask=True,
            return_attention_scores=True,
            cache=cache,
            cache_index=start if cache_length else "end",
        )
        np.testing.assert_allclose(to_numpy(output), expected[:, rows], atol=1e-6)
        key_count = cache_length or start + step
        assert step_weights.shape[-1] == key_count
        np.testing.assert_allclose(
            to_numpy(step_weights)[..., :4], weights[:, :, rows, :key_count], atol=1e-6
        )
        start += step


@pytest.mark.parametrize("bias", [None, "alibi", "rotary", "relative", "predicted_gaussian"])
@pytest.mark.parametrize("with_cache", [False, True])
def test_interleaved_sequences_match_separate_sequences(bias, with_cache):
    """Two sequences take turns in one row; positions and mask separate them."""
    layer = SelfAttention(HEADS, KEY_DIM, VALUE_DIM, bias=bias)
    layer.build(X.shape)
    for variable in layer.trainable_variables:
        variable.assign(keras.random.normal(variable.shape, seed=1))
    expected, _ = run_layer(layer, X, use_causal_mask=True)
    row = X.swapaxes(0, 1).reshape(1, 8, 6)
    positions = np.repeat(np.arange(4), 2)
    same = np.arange(8)[:, None] % 2 == np.arange(8) % 2
    arguments = {"use_causal_mask": True, "positions": positions, "attention_mask": same}
    if not with_cache:
        output = to_numpy(layer(row, **arguments))
    else:
        cache, outputs = layer.init_cache(1, 8), []
        for start in range(0, 8, 2):
            rows = slice(start, start + 2)
            step = {"positions": positions[rows], "attention_mask": same[rows], "cache_index": start}
            step |= {"key_positions": positions, "use_causal_mask": True, "cache": cache}
            output, cache = layer(row[:, rows], **step)
            outputs.append(to_numpy(output))
        output = np.concatenate(outputs, axis=1)
    np.testing.assert_allclose(output.reshape(4, 2, -1).swapaxes(0, 1), expected, atol=1e-5)


def test_attention_mask_applies_to_cache():
    layer = SelfAttention(HEADS, KEY_DIM)
    expected, _ = run_layer(layer, X, attention_mask=MASK[:, None], use_causal_mask=True)
    cache = layer.init_cache(2, 4)
    for t in range(4):
        output, cache = layer(X[:, t : t + 1], attention_mask=MASK[:, None], cache=cache, cache_index=t)
        np.testing.assert_allclose(to_numpy(output)[:, 0], expected[:, t], atol=1e-6)


def test_reordered_cache_matches_reordered_beams():
    layer = SelfAttention(HEADS, KEY_DIM)
    expected = to_numpy(layer(X, use_causal_mask=True))
    _, cache = layer(X[:, :3], use_causal_mask=True, cache=layer.init_cache(2, 4), cache_index=0)
    order = [1, 0, 1]
    gathered = {name: keras.ops.take(leaf, order, axis=0) for name, leaf in cache.items()}
    output, _ = layer(X[order, 3:], use_causal_mask=True, cache=gathered, cache_index=3)
    np.testing.assert_allclose(to_numpy(output)[:, 0], expected[order, 3], atol=1e-6)


def test_shared_key_value_heads_match_repeated_heads():
    heads, dim, x = 4, 3, np.random.default_rng(0).normal(size=(2, 5, 6)).astype("float32")
    grouped = SelfAttention(heads, dim, num_key_value_heads=2)
    repeated = SelfAttention(heads, dim)
    grouped(x)
    repeated(x)
    kernel, bias, *output = grouped.get_weights()
    repeat = [*range(heads * dim)]
    for start in (heads * dim, (heads + 2) * dim):  # keys, then values
        repeat += [start + head // 2 * dim + unit for head in range(heads) for unit in range(dim)]
    repeated.set_weights([kernel[:, repeat], bias[repeat], *output])
    actual, expected = (
        layer(x, return_attention_scores=True, use_causal_mask=True) for layer in (grouped, repeated)
    )
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_allclose(*(keras.ops.convert_to_numpy(t) for t in (a, e)), atol=1e-6)


def test_key_value_heads_that_do_not_divide_heads_raise():
    with pytest.raises(
        ValueError, match=r"`num_key_value_heads` must divide `num_heads`, 4\. Received: .*=3"
    ):
        SelfAttention(4, 3, num_key_value_heads=3)
