import keras
import numpy as np
import pytest

from foveal.layers import Monotonic, MonotonicChunkwise, SelfAttention, SoftAttention

rng = np.random.default_rng(0)
SCORES = (2 * rng.normal(size=(2, 3, 4))).astype("float32")  # batch, queries, keys
MASK = np.array([[[1, 0, 1, 1]], [[1, 1, 1, 0]]], bool)


def to_numpy(x):
    return keras.tree.map_structure(keras.ops.convert_to_numpy, x)


def layer(size, **kwargs):
    return MonotonicChunkwise(size, **{"noise": 0.0, "initial_offset": 0.0, **kwargs})


def all_walks(probabilities, start: int | None = 0):
    """Every way to go over the keys, key after key: `(stops, probability)`; a stop is None at the end."""
    if not len(probabilities):
        return [((), 1.0)]
    walks, left = [], 1.0
    for key in range(len(probabilities[0]) if start is None else start, len(probabilities[0])):
        stop = left * probabilities[0][key]
        walks += [((key, *rest), stop * p) for rest, p in all_walks(probabilities[1:], key)]
        left *= 1 - probabilities[0][key]
    return walks + [((None, *rest), left * p) for rest, p in all_walks(probabilities[1:], None)]


def by_enumeration(scores, seen, size, hard=False):
    """The mean, over all walks of one example, of the softmax over the chunk of each stop."""
    expected = np.zeros(scores.shape)
    scores = scores.astype("float64")
    probabilities = (scores > 0 if hard else 1 / (1 + np.exp(-scores))) * seen
    for stops, probability in all_walks(probabilities):
        for query, end in enumerate(stops):
            if end is not None:
                keys = [k for k in range(max(0, end - size + 1), end + 1) if seen[k]]
                shares = np.exp(scores[query, keys])
                expected[query, keys] += probability * shares / shares.sum()
    return expected


@pytest.mark.parametrize("mask", [np.ones((2, 1, 4), bool), MASK], ids=["all", "masked"])
@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("training", [True, False])
def test_is_the_mean_over_all_walks(mask, size, training):
    weights, _ = to_numpy(layer(size)(SCORES, mask=mask, training=training))
    rows = zip(SCORES, mask[:, 0], strict=True)
    expected = [by_enumeration(scores, seen, size, hard=not training) for scores, seen in rows]
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    assert weights.sum() > 0


@pytest.mark.parametrize("training", [True, False])
def test_a_chunk_of_one_key_is_hard_monotonic(training):
    plain = Monotonic(noise=0.0, initial_offset=0.0)
    actual, expected = (to_numpy(part(SCORES, mask=MASK, training=training)) for part in (layer(1), plain))
    keras.tree.map_structure(np.testing.assert_array_equal, actual, expected)


def test_the_sample_is_the_key_at_which_the_walk_stops():
    scores = np.array([[[5.0, -1.0, 1.0, 3.0], [-1.0, -1.0, -1.0, 3.0], [-1.0, -1.0, -1.0, -1.0]]])
    scores[0, 0, 0] = -5.0
    _, decisions = to_numpy(layer(3)(scores))
    np.testing.assert_array_equal(decisions["sample"], [[2, 3, -1]])


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_the_walk_goes_on_from_a_key_that_got_hardly_any_weight(dtype):
    """The second query stops at key 1 again, but key 0, in the same chunk, leaves it e^-299."""
    scores = [[[-1.0, 1.0, -1.0], [300.0, 1.0, -1.0], [1.0, 1.0, -1.0]]]
    scores = keras.ops.cast(np.array(scores), dtype)
    part = layer(2, dtype=dtype)
    first, _ = part(scores[:, :2])
    weights, decisions = part(scores[:, 2:], previous=first[:, -1])
    np.testing.assert_array_equal(to_numpy(decisions["sample"]), [[1]])
    np.testing.assert_array_equal(to_numpy(keras.ops.cast(weights, "float32")), [[[0.5, 0.5, 0]]])
    np.testing.assert_allclose(to_numpy(keras.ops.cast(first, "float32"))[0, 1], [1, 0, 0], atol=1e-4)


def test_a_query_without_keys_is_zero_and_leaves_the_walk_where_it_stands():
    mask = np.array([True, False, True])[:, None]
    weights, _ = to_numpy(layer(2)(SCORES, mask=mask))
    among, _ = to_numpy(layer(2)(SCORES[:, ::2]))
    np.testing.assert_array_equal(weights[:, 1], 0)
    np.testing.assert_allclose(weights[:, ::2], among, atol=1e-6)


def test_step_by_step_at_inference_equals_all_at_once():
    keras.utils.set_random_seed(1)
    attention = SoftAttention("dot", distribution=layer(3))
    query, value = (rng.normal(size=(2, length, 6)).astype("float32") for length in (5, 9))
    whole, weights = to_numpy(attention(query, value, return_attention_scores=True))
    assert len(np.unique(weights.argmax(-1))) > 2
    state, steps = attention.get_initial_state(2, 9), []
    for start, end in ((0, 2), (2, 3), (3, 5)):
        step, state = attention(query[:, start:end], value, state=state)
        steps.append(to_numpy(step))
    np.testing.assert_allclose(np.concatenate(steps, 1), whole, atol=1e-6)


def test_one_query_at_a_time_is_refused_in_training():
    with pytest.raises(ValueError, match=r"in training expected all queries at once, or .*\(2, 1, 4\)"):
        layer(2)(SCORES[:, :1], training=True)


@pytest.mark.parametrize("argument", [{"chunk_size": 0}, {"noise": -1.0}])
def test_what_makes_no_sense_is_refused(argument):
    with pytest.raises(ValueError, match=rf"`{next(iter(argument))}` must be at least .* Received: "):
        MonotonicChunkwise(**argument)


def test_in_a_layer_it_trains_saves_and_loads(tmp_path):
    part = MonotonicChunkwise(3, noise=0.5, initial_offset=-1.0, seed=3)
    assert MonotonicChunkwise.from_config(part.get_config()).get_config() == part.get_config()
    inputs = keras.Input((None, 6))
    model = keras.Model(inputs, SelfAttention(2, 3, distribution=part)(inputs))
    model.compile("sgd", "mse", run_eagerly=keras.backend.backend() == "torch")
    x = rng.normal(size=(2, 5, 6)).astype("float32")
    before = model.get_weights()
    model.train_on_batch(x, np.ones_like(x))
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(to_numpy(loaded(x)), to_numpy(model(x)))
