"""Monotonic chunkwise attention against the enumeration of all alignments (Chiu & Raffel 2018)."""

import keras
import numpy as np
import pytest

from foveal.layers import Monotonic, MonotonicChunkwise, SelfAttention, SoftAttention

rng = np.random.default_rng(0)
SCORES = (2 * rng.normal(size=(2, 3, 4))).astype("float32")  # batch, queries, keys
MASK = np.array([[[1, 0, 1, 1]], [[1, 1, 1, 0]]], bool)


def to_numpy(x):
    return keras.tree.map_structure(keras.ops.convert_to_numpy, x)


def make_chunkwise(chunk_size, **kwargs):
    return MonotonicChunkwise(chunk_size, **{"noise": 0.0, "initial_offset": 0.0, **kwargs})


def weights_by_enumeration(scores, mask, chunk_size, all_alignments, hard):
    """Average the softmax over the chunk of each stop over all alignments of one example."""
    expected = np.zeros(scores.shape)
    scores = scores.astype("float64")
    probabilities = (scores > 0 if hard else 1 / (1 + np.exp(-scores))) * mask
    for stops, probability in all_alignments(probabilities, 0):
        for query, end in enumerate(stops):
            if end is not None:
                keys = [k for k in range(max(0, end - chunk_size + 1), end + 1) if mask[k]]
                exponents = np.exp(scores[query, keys])
                expected[query, keys] += probability * exponents / exponents.sum()
    return expected


@pytest.mark.parametrize("mask", [np.ones((2, 1, 4), bool), MASK], ids=["all", "masked"])
@pytest.mark.parametrize("chunk_size", [1, 2, 3])
@pytest.mark.parametrize("training", [True, False])
def test_monotonic_chunkwise_matches_enumeration(mask, chunk_size, training, all_alignments):
    weights, _ = to_numpy(make_chunkwise(chunk_size)(SCORES, mask=mask, training=training))
    expected = [
        weights_by_enumeration(scores, row, chunk_size, all_alignments, hard=not training)
        for scores, row in zip(SCORES, mask[:, 0], strict=True)
    ]
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    assert weights.sum() > 0


@pytest.mark.parametrize("training", [True, False])
def test_monotonic_chunkwise_with_chunk_size_one_matches_monotonic(training):
    layers = make_chunkwise(1), Monotonic(noise=0.0, initial_offset=0.0)
    actual, expected = (to_numpy(layer(SCORES, mask=MASK, training=training)) for layer in layers)
    keras.tree.map_structure(np.testing.assert_array_equal, actual, expected)


def test_monotonic_chunkwise_sample_is_the_stop():
    scores = np.array([[[-5.0, -1.0, 1.0, 3.0], [-1.0, -1.0, -1.0, 3.0], [-1.0, -1.0, -1.0, -1.0]]])
    _, decisions = to_numpy(make_chunkwise(3)(scores))
    np.testing.assert_array_equal(decisions["sample"], [[2, 3, -1]])


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_monotonic_chunkwise_continues_from_key_of_underflowing_weight(dtype):
    """The second query stops at key 1 again, but key 0, in the same chunk, leaves it e^-299."""
    scores = [[[-1.0, 1.0, -1.0], [300.0, 1.0, -1.0], [1.0, 1.0, -1.0]]]
    scores = keras.ops.cast(np.array(scores), dtype)
    layer = make_chunkwise(2, dtype=dtype)
    first, _ = layer(scores[:, :2])
    weights, decisions = layer(scores[:, 2:], previous=first[:, -1])
    np.testing.assert_array_equal(to_numpy(decisions["sample"]), [[1]])
    np.testing.assert_array_equal(to_numpy(keras.ops.cast(weights, "float32")), [[[0.5, 0.5, 0]]])
    np.testing.assert_allclose(to_numpy(keras.ops.cast(first, "float32"))[0, 1], [1, 0, 0], atol=1e-4)


def test_monotonic_chunkwise_query_without_keys_is_zero_and_keeps_position():
    mask = np.array([True, False, True])[:, None]
    weights, _ = to_numpy(make_chunkwise(2)(SCORES, mask=mask))
    expected, _ = to_numpy(make_chunkwise(2)(SCORES[:, ::2]))
    np.testing.assert_array_equal(weights[:, 1], 0)
    np.testing.assert_allclose(weights[:, ::2], expected, atol=1e-6)


def test_monotonic_chunkwise_step_by_step_matches_one_call():
    keras.utils.set_random_seed(1)
    attention = SoftAttention("dot", distribution=make_chunkwise(3))
    query, value = (rng.normal(size=(2, length, 6)).astype("float32") for length in (5, 9))
    expected, weights = to_numpy(attention(query, value, return_attention_scores=True))
    assert len(np.unique(weights.argmax(-1))) > 2
    state, steps = attention.get_initial_state(2, 9), []
    for start, end in ((0, 2), (2, 3), (3, 5)):
        step, state = attention(query[:, start:end], value, state=state)
        steps.append(to_numpy(step))
    np.testing.assert_allclose(np.concatenate(steps, 1), expected, atol=1e-6)


def test_monotonic_chunkwise_single_query_in_training_raises():
    with pytest.raises(ValueError, match=r"`scores` must contain all queries in training.*\(2, 1, 4\)"):
        make_chunkwise(2)(SCORES[:, :1], training=True)


@pytest.mark.parametrize("argument", [{"chunk_size": 0}, {"noise": -1.0}])
def test_monotonic_chunkwise_invalid_arguments_raise(argument):
    with pytest.raises(ValueError, match=rf"`{next(iter(argument))}` must be at least .* Received: "):
        MonotonicChunkwise(**argument)


def test_monotonic_chunkwise_in_layer_trains_saves_and_loads(tmp_path):
    distribution = MonotonicChunkwise(3, noise=0.5, initial_offset=-1.0, seed=3)
    config = distribution.get_config()
    assert MonotonicChunkwise.from_config(config).get_config() == config
    inputs = keras.Input((None, 6))
    model = keras.Model(inputs, SelfAttention(2, 3, distribution=distribution)(inputs))
    model.compile("sgd", "mse", run_eagerly=keras.backend.backend() == "torch")
    x = rng.normal(size=(2, 5, 6)).astype("float32")
    before = model.get_weights()
    model.train_on_batch(x, np.ones_like(x))
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(to_numpy(loaded(x)), to_numpy(model(x)))
