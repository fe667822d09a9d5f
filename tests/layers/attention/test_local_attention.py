"""The oracle is `SelfAttention` with a `SlidingWindow`: the same, but for what it costs."""

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
ASKED = {"return_attention_scores": True, "return_decisions": True}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Blocks as short as the windows allow, for the shortest of sequences too."""
    monkeypatch.setattr(local_blocks, "_MIN_BLOCK_SIZE", 4)
    keras.utils.set_random_seed(1)


def draw(length, seed=0):
    return np.random.default_rng(seed).normal(size=(BATCH, length, DIM)).astype("float32")


def to_numpy(results):
    return keras.tree.map_structure(lambda x: keras.ops.convert_to_numpy(x), results)


def look(layer, x, **kwargs):
    return to_numpy(layer(x, **ASKED, **kwargs))


def pair(back, ahead, bias=(), **kwargs):
    """A layer, and its oracle with the same weights."""
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
def test_equals_self_attention_with_a_window(length, back, ahead, causal):
    layer, oracle = pair(back, ahead)
    x = draw(length)
    assert_close(
        look(layer, x, use_causal_mask=causal),
        look(oracle, x, use_causal_mask=causal),
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
        "all": {"query_mask": mask, "attention_mask": rng.random((1, length, length)) < 0.7},
    }


@pytest.mark.parametrize("length", [3, 13])
@pytest.mark.parametrize("kind", masks_of(3))
@pytest.mark.parametrize("causal", [False, True])
def test_masks_hide_what_they_hide_from_self_attention(length, kind, causal):
    layer, oracle = pair(3, 1)
    call = {**masks_of(length)[kind], "use_causal_mask": causal}
    actual, expected = (look(one, draw(length), **call) for one in (layer, oracle))
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
def test_biases_know_where_queries_and_keys_stand(name, length):
    layer, oracle = pair(3, 2, BIASES[name]())
    assert_close(look(layer, draw(length)), look(oracle, draw(length)))


@pytest.mark.parametrize("shape", [(BATCH, 13, 13), (1, 1, 13), (BATCH, HEADS, 13, 13), (1, HEADS, 1, 13)])
def test_a_prior_is_cut_like_the_scores(shape):
    layer, oracle = pair(3, 2, [PriorBias()])
    prior = np.random.default_rng(1).random(shape).astype("float32")
    assert_close(*(look(one, draw(13), prior=prior) for one in (layer, oracle)))


@pytest.mark.parametrize("score", ["additive", "cosine", "general", "dot"])
@pytest.mark.parametrize("distribution", ["softmax", "sparsemax", "straight_through"])
def test_scores_and_distributions_are_those_of_self_attention(score, distribution):
    layer, oracle = pair(3, 1, score=score, distribution=distribution)
    mask = masks_of(13)["queries"]
    assert_close(*(look(one, draw(13), **mask) for one in (layer, oracle)))


def test_a_key_that_was_chosen_is_counted_from_the_first():
    layer, oracle = pair(2, 0, distribution="straight_through")
    (_, weights, actual), (_, _, expected) = (look(one, draw(14)) for one in (layer, oracle))
    whole = [name for name, value in actual.items() if value.dtype.kind == "i"]
    assert whole
    for name in whole:
        np.testing.assert_array_equal(actual[name], expected[name])
        np.testing.assert_array_equal(actual[name], weights.argmax(-1))


@pytest.mark.parametrize("length", [5, 6, 30])
@pytest.mark.parametrize("steps", [(1,), (2, 1), (30,)])
@pytest.mark.parametrize("grows", [False, True])
def test_step_by_step_equals_all_at_once(length, steps, grows):
    layer, _ = pair(3, 2, [Rotary(), AlibiBias()])
    x = draw(length)
    expected, weights, _ = look(layer, x, use_causal_mask=True)
    cache, start = layer.init_cache(BATCH, 0 if grows else length + 2), 0
    while start < length:
        rows = slice(start, min(start + steps[start % len(steps)], length))
        output, seen, cache = to_numpy(
            layer(
                x[:, rows],
                use_causal_mask=True,
                return_attention_scores=True,
                cache=cache,
                cache_index="end" if grows else start,
            )
        )
        now = rows.stop if grows else length
        assert_close((output, seen[..., :now]), (expected[:, rows], weights[:, :, rows, :now]))
        assert seen.shape[-1] == (rows.stop if grows else length + 2)
        np.testing.assert_array_equal(seen[..., length:], 0)
        start = rows.stop


def test_a_step_reads_the_window_alone():
    layer, _ = pair(3, 0)
    x = draw(20)
    cache, expected = layer.init_cache(BATCH, 24), to_numpy(layer(x, use_causal_mask=True))
    _, cache = layer(x[:, :16], use_causal_mask=True, cache=cache, cache_index=0)
    spoiled = {name: np.array(to_numpy(room)) for name, room in cache.items()}
    for room in spoiled.values():
        room[:, :, :13] = np.nan
    output, _ = layer(x[:, 16:17], use_causal_mask=True, cache=spoiled, cache_index=16)
    assert_close(to_numpy(output)[:, 0], expected[:, 16])


def test_a_cache_is_masked_by_an_attention_mask_over_its_length():
    layer, oracle = pair(3, 0)
    x, mask = draw(9), np.random.default_rng(1).random((BATCH, 1, 11)) < 0.7
    caches = [one.init_cache(BATCH, 11) for one in (layer, oracle)]
    for t in range(9):
        results = []
        for i, one in enumerate((layer, oracle)):
            output, weights, caches[i] = one(
                x[:, t : t + 1],
                attention_mask=mask,
                return_attention_scores=True,
                cache=caches[i],
                cache_index=t,
            )
            results.append(to_numpy((output, weights)))
        assert_close(*results)


def test_a_position_is_carried_through_the_state():
    layer, _ = pair(3, 0, [AlibiBias()])
    *_, state = layer(draw(5), state=layer.get_initial_state(BATCH, 5))
    np.testing.assert_array_equal(to_numpy(state["position"]), [[5], [5]])


def test_beyond_the_window_nothing_changes_anything():
    layer, _ = pair(3, 1)
    x = draw(20)
    changed = x.copy()
    changed[:, 10] += 100
    differs = np.abs(to_numpy(layer(x)) - to_numpy(layer(changed))).max((0, 2)) > 1e-4
    np.testing.assert_array_equal(np.flatnonzero(differs), np.arange(9, 14))


def test_longer_padding_changes_nothing():
    layer, _ = pair(3, 2)
    x = draw(9)
    longer = np.pad(x, [(0, 0), (0, 12), (0, 0)], constant_values=50)
    mask = np.arange(21)[None] < np.array([[9], [9]])
    output, weights, _ = look(layer, longer, query_mask=mask)
    expected = look(layer, x)
    assert_close((output[:, :9], weights[:, :, :9, :9]), expected[:2])
    np.testing.assert_array_equal(weights[..., 9:], 0)


def test_the_reach_of_a_bias_is_a_window():
    span = AdaptiveSpan(64, ramp=2, initial_span=3)
    layer = LocalAttention(HEADS, KEY_DIM, bias=[span, SlidingWindow(100, 5)])
    oracle = SelfAttention(HEADS, KEY_DIM, bias=[span, SlidingWindow(100, 5)])
    layer.build((None, None, DIM))
    oracle.build((None, None, DIM))
    oracle.set_weights(layer.get_weights())
    assert layer.reach == (65, 5)
    expected = look(oracle, draw(30))
    assert_close(look(layer, draw(30)), expected)
    span.trim()
    assert layer.reach == (4, 4)
    assert_close(look(layer, draw(30)), expected)


def test_the_nearest_limit_counts_on_each_side():
    layer = LocalAttention(HEADS, KEY_DIM, window=(3, 8), bias=SlidingWindow(5, 1))
    assert layer.reach == (3, 1)
    assert LocalAttention(HEADS, KEY_DIM, window=2).reach == (2, 2)


def test_one_window_is_enough_behind_a_causal_mask():
    layer = LocalAttention(HEADS, KEY_DIM, bias=SlidingWindow(2, 0))
    assert layer(draw(7), use_causal_mask=True).shape == (BATCH, 7, DIM)


def test_no_tensor_grows_with_the_square_of_the_length(monkeypatch):
    """Four times the length, four times the elements of every product."""
    sizes, matmul = [], keras.ops.matmul

    def spy(a, b):
        product = matmul(a, b)
        sizes.append(int(np.prod(product.shape)))
        return product

    monkeypatch.setattr(keras.ops, "matmul", spy)
    layer, _ = pair(8, 8)
    layer(draw(64))
    once, sizes = sizes, []
    layer(draw(256))
    assert len(sizes) == len(once) >= 2
    assert [size / before for size, before in zip(sizes, once, strict=True)] == [4.0] * len(once)


def test_lengths_that_a_graph_does_not_know():
    layer, oracle = pair(3, 1, [AlibiBias()])
    symbol, mask = keras.Input((None, DIM)), keras.Input((None,), dtype="bool")
    outputs = layer(symbol, query_mask=mask, return_attention_scores=True)
    model = keras.Model([symbol, mask], outputs)
    for length in (1, 3, 13):
        seen = masks_of(max(length, 5))["queries"]["query_mask"][:, :length]
        expected = look(oracle, draw(length), query_mask=seen)
        assert_close(to_numpy(model([draw(length), seen])), expected[:2])
    assert outputs[0].shape[2:] == (DIM,)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16"])
def test_half_precision(dtype):
    layer, oracle = pair(3, 1, [AlibiBias()], dtype=dtype)
    mask = masks_of(13)["queries"]
    actual, expected = (to_numpy(keras.ops.cast(one(draw(13), **mask), "float32")) for one in (layer, oracle))
    np.testing.assert_allclose(actual, expected, atol=0.03)


def test_dropout_changes_the_output_and_not_the_weights():
    layer, _ = pair(3, 1, dropout=0.7)
    still, dropped = (look(layer, draw(13), training=training) for training in (False, True))
    assert np.abs(still[0] - dropped[0]).max() > 1e-3
    assert_close(still[1], dropped[1])


@pytest.mark.parametrize("window", [2, (3, 0), None])
def test_saved_and_loaded_gives_the_same(window, tmp_path):
    bias = SlidingWindow(1, 2) if window is None else "alibi"
    layer = LocalAttention(HEADS, KEY_DIM, window, bias=bias)
    assert LocalAttention.from_config(layer.get_config()).get_config() == layer.get_config()
    symbol = keras.Input((13, DIM))
    model = keras.Model(symbol, layer(symbol))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert_close(to_numpy(loaded(draw(13))), to_numpy(model(draw(13))))


@pytest.mark.parametrize("length", [5, 13])
def test_the_gradient_is_that_of_self_attention(length):
    layer, oracle = pair(3, 1, [LearnedBias(2, initializer=normal())])
    mask, moved, before = masks_of(length)["queries"]["query_mask"], [], layer.get_weights()
    for one in (layer, oracle):
        one.set_weights(before)  # they share the bias
        symbol, seen = keras.Input((length, DIM)), keras.Input((length,), dtype="bool")
        model = keras.Model([symbol, seen], one(symbol, query_mask=seen))
        model.compile(keras.optimizers.SGD(1.0), "mse", run_eagerly=keras.backend.backend() != "jax")
        model.train_on_batch([draw(length), mask], np.ones((BATCH, length, DIM)))
        moved.append([a - b for a, b in zip(one.get_weights(), before, strict=True)])
    assert_close(*moved)
    assert all(np.abs(weight).max() > 0 for weight in moved[0])


UNFIT = {
    "coverage": lambda: {"bias": CoverageBias()},
    "diagonal": lambda: {"bias": DiagonalBias()},
    "predicted gaussian": lambda: {"bias": "predicted_gaussian"},
    "monotonic": lambda: {"distribution": MonotonicAttention().distribution},
    "location": lambda: {"score": Location()},
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_part_that_must_know_more_than_the_window_is_refused(name):
    with pytest.raises(ValueError, match="expected parts that need neither other keys nor earlier queries"):
        LocalAttention(HEADS, KEY_DIM, 3, **UNFIT[name]())


def test_a_view_without_limits_is_refused():
    layer = LocalAttention(HEADS, KEY_DIM, bias="alibi")
    for x in (draw(5), keras.Input((5, DIM))):
        with pytest.raises(ValueError, match=r"Expected a `window`.*Received: window=None"):
            layer(x)


@pytest.mark.parametrize("window", [-1, (2, -3)])
def test_a_negative_window_is_refused(window):
    with pytest.raises(ValueError, match="`window` must not be negative"):
        LocalAttention(HEADS, KEY_DIM, window)


def test_bad_inputs_are_refused_as_by_self_attention():
    layer, _ = pair(3, 1)
    with pytest.raises(ValueError, match=r"`query` must be of shape \(batch, length, dim\)"):
        layer(draw(5)[:, 0])
    for mask in ({"query_mask": np.ones((BATCH, 9), bool)}, {"attention_mask": np.ones((BATCH, 5, 9), bool)}):
        with pytest.raises(ValueError, match="does not fit the inputs"):
            layer(draw(5), **mask)
    with pytest.raises(ValueError, match="The cache is full"):
        layer(draw(5), cache=layer.init_cache(BATCH, 6), cache_index=3)
    with pytest.raises(ValueError, match="Expected a bias that reads `prior`"):
        layer(draw(5), prior=np.ones((1, 5, 5), "float32"))
