"""Local attention against its oracle, `SelfAttention` with a `SlidingWindow`."""

import keras
import numpy as np
import pytest

from foveal.layers import (
    AdaptiveSpan,
    AlibiBias,
    CoverageBias,
    DiagonalBias,
    LearnedBias,
    LocalAttention,
    Location,
    MonotonicAttention,
    PriorBias,
    Rotary,
    SelfAttention,
    SlidingWindow,
)
from foveal.layers.functional import local_blocks

BATCH, DIM, HEADS, KEY_DIM, VALUE_DIM = 2, 6, 3, 4, 5
LENGTHS = (1, 7, 12, 13, 30)
FLAGS = {"return_attention_scores": True, "return_decisions": True}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Use short blocks, so that short sequences have several."""
    monkeypatch.setattr(local_blocks, "_MIN_BLOCK_SIZE", 4)
    keras.utils.set_random_seed(1)


def sample_inputs(length, seed=0):
    return np.random.default_rng(seed).normal(size=(BATCH, length, DIM)).astype("float32")


def to_numpy(results):
    return keras.tree.map_structure(lambda x: keras.ops.convert_to_numpy(x), results)


def run_layer(layer, x, **kwargs):
    return to_numpy(layer(x, **FLAGS, **kwargs))


def make_layers(back, ahead, bias=(), **kwargs):
    """Make a layer and its oracle with the same weights."""
    layer = LocalAttention(HEADS, KEY_DIM, (back, ahead), value_dim=VALUE_DIM, bias=list(bias), **kwargs)
    oracle = SelfAttention(
        HEADS, KEY_DIM, value_dim=VALUE_DIM, bias=[*bias, SlidingWindow(back, ahead)], **kwargs
    )
    layer.build((None, None, DIM))
    oracle.build((None, None, DIM))
    oracle.set_weights(layer.get_weights())
    return layer, oracle


def assert_close(actual, expected, atol=1e-5):
    keras.tree.map_structure(lambda a, e: np.testing.assert_allclose(a, e, atol=atol), actual, expected)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(("back", "ahead"), [(0, 0), (3, 0), (2, 2), (1, 5), (40, 40)])
@pytest.mark.parametrize("causal", [False, True])
def test_local_attention_matches_windowed_self_attention(length, back, ahead, causal):
    layer, oracle = make_layers(back, ahead)
    x = sample_inputs(length)
    assert_close(
        run_layer(layer, x, use_causal_mask=causal),
        run_layer(oracle, x, use_causal_mask=causal),
    )


def masks_of(length):
    rng = np.random.default_rng(length)
    mask = rng.random((BATCH, length)) < 0.7
    mask[0, :4] = False  # a window without any key
    return {
        "queries": {"query_mask": mask},
        "keys": {"attention_mask": mask[:, None]},
        "pairs": {"attention_mask": rng.random((BATCH, length, length)) < 0.7},
        "shared": {"attention_mask": rng.random((length, length)) < 0.7},
        "heads": {"attention_mask": rng.random((BATCH, HEADS, length, length)) < 0.7},
        "all": {"query_mask": mask, "attention_mask": rng.random((1, length, length)) < 0.7},
    }


@pytest.mark.parametrize("length", [3, 13])
@pytest.mark.parametrize("kind", masks_of(3))
@pytest.mark.parametrize("causal", [False, True])
def test_masks_match_self_attention(length, kind, causal):
    layer, oracle = make_layers(3, 1)
    call = {**masks_of(length)[kind], "use_causal_mask": causal}
    actual, expected = (run_layer(attention, sample_inputs(length), **call) for attention in (layer, oracle))
    assert_close(actual, expected)
    np.testing.assert_array_equal(actual[1] == 0, expected[1] == 0)
    assert np.isfinite(actual[0]).all()


def normal():
    return keras.initializers.RandomNormal(stddev=1.0, seed=1)


BIASES = {
    "alibi": lambda: [AlibiBias()],
    "rotary": lambda: [Rotary()],
    "learned": lambda: [LearnedBias(3, initializer=normal())],
    "span": lambda: [AdaptiveSpan(4, ramp=2, initial_span=1.5)],
    "several": lambda: [Rotary(), AlibiBias(), SlidingWindow(2, 1)],
}


@pytest.mark.parametrize("name", BIASES)
@pytest.mark.parametrize("length", [4, 13])
def test_biases_match_self_attention(name, length):
    layer, oracle = make_layers(3, 2, BIASES[name]())
    assert_close(run_layer(layer, sample_inputs(length)), run_layer(oracle, sample_inputs(length)))


@pytest.mark.parametrize("shape", [(BATCH, 13, 13), (1, 1, 13), (BATCH, HEADS, 13, 13), (1, HEADS, 1, 13)])
def test_prior_matches_self_attention(shape):
    layer, oracle = make_layers(3, 2, [PriorBias()])
    prior = np.random.default_rng(1).random(shape).astype("float32")
    assert_close(*(run_layer(attention, sample_inputs(13), prior=prior) for attention in (layer, oracle)))


@pytest.mark.parametrize("score", ["additive", "cosine", "general", "dot"])
@pytest.mark.parametrize("distribution", ["softmax", "sparsemax", "straight_through"])
def test_components_match_self_attention(score, distribution):
    layer, oracle = make_layers(3, 1, score=score, distribution=distribution)
    mask = masks_of(13)["queries"]
    assert_close(*(run_layer(attention, sample_inputs(13), **mask) for attention in (layer, oracle)))


def test_sampled_keys_are_indices_of_sequence():
    layer, oracle = make_layers(2, 0, distribution="straight_through")
    (_, weights, actual), (_, _, expected) = (
        run_layer(attention, sample_inputs(14)) for attention in (layer, oracle)
    )
    sampled = [name for name, value in actual.items() if value.dtype.kind == "i"]
    assert sampled
    for name in sampled:
        np.testing.assert_array_equal(actual[name], expected[name])
        np.testing.assert_array_equal(actual[name], weights.argmax(-1))


@pytest.mark.parametrize("length", [5, 6, 30])
@pytest.mark.parametrize("steps", [(1,), (2, 1), (30,)])
@pytest.mark.parametrize("grows", [False, True])
def test_incremental_decoding_matches_full_sequence(length, steps, grows):
    layer, _ = make_layers(3, 2, [Rotary(), AlibiBias()])
    x = sample_inputs(length)
    expected, weights, _ = run_layer(layer, x, use_causal_mask=True)
    cache, start = layer.init_cache(BATCH, 0 if grows else length + 2), 0
    while start < length:
        rows = slice(start, min(start + steps[start % len(steps)], length))
        output, step_weights, cache = to_numpy(
            layer(
                x[:, rows],
                use_causal_mask=True,
                return_attention_scores=True,
                cache=cache,
                cache_index="end" if grows else start,
            )
        )
        key_count = rows.stop if grows else length
        assert_close(
            (output, step_weights[..., :key_count]), (expected[:, rows], weights[:, :, rows, :key_count])
        )
        assert step_weights.shape[-1] == (rows.stop if grows else length + 2)
        np.testing.assert_array_equal(step_weights[..., length:], 0)
        start = rows.stop


def test_cached_step_reads_only_window():
    layer, _ = make_layers(3, 0)
    x = sample_inputs(20)
    cache, expected = layer.init_cache(BATCH, 24), to_numpy(layer(x, use_causal_mask=True))
    _, cache = layer(x[:, :16], use_causal_mask=True, cache=cache, cache_index=0)
    corrupted = {name: np.array(to_numpy(tensor)) for name, tensor in cache.items()}
    for tensor in corrupted.values():
        tensor[:, :, :13] = np.nan
    output, _ = layer(x[:, 16:17], use_causal_mask=True, cache=corrupted, cache_index=16)
    assert_close(to_numpy(output)[:, 0], expected[:, 16])


def test_attention_mask_applies_to_cache():
    layer, oracle = make_layers(3, 0)
    x, mask = sample_inputs(9), np.random.default_rng(1).random((BATCH, 1, 11)) < 0.7
    caches = [attention.init_cache(BATCH, 11) for attention in (layer, oracle)]
    for t in range(9):
        results = []
        for i, attention in enumerate((layer, oracle)):
            output, weights, caches[i] = attention(
                x[:, t : t + 1],
                attention_mask=mask,
                return_attention_scores=True,
                cache=caches[i],
                cache_index=t,
            )
            results.append(to_numpy((output, weights)))
        assert_close(*results)


def test_state_returns_position():
    layer, _ = make_layers(3, 0, [AlibiBias()])
    *_, state = layer(sample_inputs(5), state=layer.get_initial_state(BATCH, 5))
    np.testing.assert_array_equal(to_numpy(state["position"]), [[5], [5]])


def test_inputs_outside_window_have_no_effect():
    layer, _ = make_layers(3, 1)
    x = sample_inputs(20)
    changed = x.copy()
    changed[:, 10] += 100
    differs = np.abs(to_numpy(layer(x)) - to_numpy(layer(changed))).max((0, 2)) > 1e-4
    np.testing.assert_array_equal(np.flatnonzero(differs), np.arange(9, 14))


def test_longer_padding_has_no_effect():
    layer, _ = make_layers(3, 2)
    x = sample_inputs(9)
    longer = np.pad(x, [(0, 0), (0, 12), (0, 0)], constant_values=50)
    mask = np.arange(21)[None] < np.array([[9], [9]])
    output, weights, _ = run_layer(layer, longer, query_mask=mask)
    expected = run_layer(layer, x)
    assert_close((output[:, :9], weights[:, :, :9, :9]), expected[:2])
    np.testing.assert_array_equal(weights[..., 9:], 0)


def test_reach_of_bias_is_window():
    span = AdaptiveSpan(64, ramp=2, initial_span=3)
    layer = LocalAttention(HEADS, KEY_DIM, bias=[span, SlidingWindow(100, 5)])
    oracle = SelfAttention(HEADS, KEY_DIM, bias=[span, SlidingWindow(100, 5)])
    layer.build((None, None, DIM))
    oracle.build((None, None, DIM))
    oracle.set_weights(layer.get_weights())
    assert layer.reach == (65, 5)
    expected = run_layer(oracle, sample_inputs(30))
    assert_close(run_layer(layer, sample_inputs(30)), expected)
    span.trim()
    assert layer.reach == (4, 4)
    assert_close(run_layer(layer, sample_inputs(30)), expected)


def test_reach_is_minimum_of_window_and_biases():
    layer = LocalAttention(HEADS, KEY_DIM, window=(3, 8), bias=SlidingWindow(5, 1))
    assert layer.reach == (3, 1)
    assert LocalAttention(HEADS, KEY_DIM, window=2).reach == (2, 2)


def test_causal_mask_needs_only_backward_window():
    layer = LocalAttention(HEADS, KEY_DIM, bias=SlidingWindow(2, 0))
    assert layer(sample_inputs(7), use_causal_mask=True).shape == (BATCH, 7, DIM)


def test_matmul_size_is_linear_in_length(monkeypatch):
    """Four times the length makes each product four times as large."""
    sizes, matmul = [], keras.ops.matmul

    def spy(a, b):
        product = matmul(a, b)
        sizes.append(int(np.prod(product.shape)))
        return product

    monkeypatch.setattr(keras.ops, "matmul", spy)
    layer, _ = make_layers(8, 8)
    layer(sample_inputs(64))
    once, sizes = sizes, []
    layer(sample_inputs(256))
    assert len(sizes) == len(once) >= 2
    assert [size / before for size, before in zip(sizes, once, strict=True)] == [4.0] * len(once)


def test_unknown_lengths_match_self_attention():
    layer, oracle = make_layers(3, 1, [AlibiBias()])
    symbol, mask = keras.Input((None, DIM)), keras.Input((None,), dtype="bool")
    outputs = layer(symbol, query_mask=mask, return_attention_scores=True)
    model = keras.Model([symbol, mask], outputs)
    for length in (1, 3, 13):
        query_mask = masks_of(max(length, 5))["queries"]["query_mask"][:, :length]
        expected = run_layer(oracle, sample_inputs(length), query_mask=query_mask)
        assert_close(to_numpy(model([sample_inputs(length), query_mask])), expected[:2])
    assert outputs[0].shape[2:] == (DIM,)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16"])
def test_half_precision_matches_self_attention(dtype):
    layer, oracle = make_layers(3, 1, [AlibiBias()], dtype=dtype)
    mask = masks_of(13)["queries"]
    actual, expected = (
        to_numpy(keras.ops.cast(attention(sample_inputs(13), **mask), "float32"))
        for attention in (layer, oracle)
    )
    np.testing.assert_allclose(actual, expected, atol=0.03)


def test_dropout_changes_output_but_not_returned_weights():
    layer, _ = make_layers(3, 1, dropout=0.7)
    still, dropped = (run_layer(layer, sample_inputs(13), training=training) for training in (False, True))
    assert np.abs(still[0] - dropped[0]).max() > 1e-3
    assert_close(still[1], dropped[1])


@pytest.mark.parametrize("window", [2, (3, 0), None])
def test_loaded_model_matches_saved_model(window, tmp_path):
    bias = SlidingWindow(1, 2) if window is None else "alibi"
    layer = LocalAttention(HEADS, KEY_DIM, window, bias=bias)
    assert LocalAttention.from_config(layer.get_config()).get_config() == layer.get_config()
    symbol = keras.Input((13, DIM))
    model = keras.Model(symbol, layer(symbol))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert_close(to_numpy(loaded(sample_inputs(13))), to_numpy(model(sample_inputs(13))))


@pytest.mark.parametrize("length", [5, 13])
def test_gradient_matches_self_attention(length):
    layer, oracle = make_layers(3, 1, [LearnedBias(2, initializer=normal())])
    mask, updates, before = masks_of(length)["queries"]["query_mask"], [], layer.get_weights()
    for attention in (layer, oracle):
        attention.set_weights(before)  # they share the bias
        symbol, symbolic_mask = keras.Input((length, DIM)), keras.Input((length,), dtype="bool")
        model = keras.Model([symbol, symbolic_mask], attention(symbol, query_mask=symbolic_mask))
        model.compile(keras.optimizers.SGD(1.0), "mse", run_eagerly=keras.backend.backend() != "jax")
        model.train_on_batch([sample_inputs(length), mask], np.ones((BATCH, length, DIM)))
        updates.append([a - b for a, b in zip(attention.get_weights(), before, strict=True)])
    assert_close(*updates)
    assert all(np.abs(weight).max() > 0 for weight in updates[0])


UNFIT = {
    "coverage": lambda: {"bias": CoverageBias()},
    "diagonal": lambda: {"bias": DiagonalBias()},
    "predicted gaussian": lambda: {"bias": "predicted_gaussian"},
    "monotonic": lambda: {"distribution": MonotonicAttention().distribution},
    "location": lambda: {"score": Location()},
}


@pytest.mark.parametrize("name", UNFIT)
def test_component_that_needs_other_keys_raises(name):
    with pytest.raises(ValueError, match="must need neither keys outside the window nor earlier queries"):
        LocalAttention(HEADS, KEY_DIM, 3, **UNFIT[name]())


def test_missing_window_raises():
    layer = LocalAttention(HEADS, KEY_DIM, bias="alibi")
    for x in (sample_inputs(5), keras.Input((5, DIM))):
        with pytest.raises(ValueError, match=r"`window` must be given.*Received: window=None"):
            layer(x)


@pytest.mark.parametrize("window", [-1, (2, -3)])
def test_negative_window_raises(window):
    with pytest.raises(ValueError, match="`window` must not be negative"):
        LocalAttention(HEADS, KEY_DIM, window)


def test_invalid_inputs_raise():
    layer, _ = make_layers(3, 1)
    with pytest.raises(ValueError, match=r"`query` must have shape \(batch, length, dim\)"):
        layer(sample_inputs(5)[:, 0])
    for mask in ({"query_mask": np.ones((BATCH, 9), bool)}, {"attention_mask": np.ones((BATCH, 5, 9), bool)}):
        with pytest.raises(ValueError, match="must have shape"):
            layer(sample_inputs(5), **mask)
    with pytest.raises(ValueError, match="The cache is full"):
        layer(sample_inputs(5), cache=layer.init_cache(BATCH, 6), cache_index=3)
    with pytest.raises(ValueError, match="`bias` must contain a bias that reads `prior`"):
        layer(sample_inputs(5), prior=np.ones((1, 5, 5), "float32"))


def test_positions_raise():
    layer = LocalAttention(HEADS, KEY_DIM, window=2)
    with pytest.raises(ValueError, match=r"without `positions` and `key_positions`\. Received: positions="):
        layer(sample_inputs(7), positions=np.arange(7))
