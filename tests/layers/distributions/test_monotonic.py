"""Monotonic attention against nested loops, in layers and recurrent decoders (Raffel et al. 2017)."""

import keras
import numpy as np
import pytest

from foveal.layers import (
    AttentionCell,
    AttentionRNN,
    Monotonic,
    MultiHeadAttention,
    SoftAttention,
    distributions,
)

rng = np.random.default_rng(0)
SCORES = rng.normal(size=(2, 3, 4, 5)).astype("float32")  # batch, heads, queries, keys
MASK = np.array([[1, 1, 0, 1, 1], [1, 1, 1, 0, 0]], bool)[:, None, None]


def to_numpy(x):
    return keras.tree.map_structure(keras.ops.convert_to_numpy, x)


def make_monotonic(**kwargs):
    return Monotonic(**{"noise": 0.0, "initial_offset": 0.0, **kwargs})


def expected_alignment(scores, mask=None, previous=None):
    """Compute `alpha` of the paper's equations 8 and 9 in nested loops."""
    probabilities = 1 / (1 + np.exp(-scores.astype("float64")))
    probabilities = probabilities if mask is None else probabilities * mask
    expected = np.zeros_like(probabilities)
    for row in np.ndindex(probabilities.shape[:-2]):
        alignment = np.eye(scores.shape[-1])[0] if previous is None else previous[row]
        for query, stop in enumerate(probabilities[row]):
            for start, arrival in enumerate(alignment):
                for key in range(start, len(stop)):
                    expected[(*row, query, key)] += arrival * stop[key]
                    arrival *= 1 - stop[key]
            alignment = expected[(*row, query)]
    return expected


def hard_alignment(scores, mask=None):
    """Compute the keys at which queries stop that select scores above 0; -1 after the last key."""
    selected = (scores > 0) & (True if mask is None else mask)
    keys = np.full(scores.shape[:-1], -1)
    for *row, query in np.ndindex(keys.shape):
        start = keys[(*row, query - 1)] if query else 0
        candidates = np.flatnonzero(selected[(*row, query)][start:]) + start
        keys[(*row, query)] = candidates[0] if start >= 0 and len(candidates) else -1
    return keys


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
def test_monotonic_weights_in_training_match_expected_alignment(mask):
    weights, _ = to_numpy(make_monotonic()(SCORES, mask=mask, training=True))
    np.testing.assert_allclose(weights, expected_alignment(SCORES, mask), atol=1e-6)


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
def test_monotonic_weights_at_inference_match_hard_alignment(mask):
    weights, decisions = to_numpy(make_monotonic()(SCORES, mask=mask))
    keys = hard_alignment(SCORES, mask)
    assert {-1, 0, 4} < set(keys.ravel())
    np.testing.assert_array_equal(decisions["sample"], keys)
    np.testing.assert_array_equal(weights, np.where(keys[..., None] < 0, 0, np.eye(5)[keys]))


@pytest.mark.parametrize("training", [False, True])
def test_monotonic_continues_from_previous_weights(training):
    first, _ = make_monotonic()(SCORES[..., :2, :], training=training)
    second, _ = make_monotonic()(SCORES[..., 2:, :], training=training, previous=first[..., -1, :])
    expected, _ = to_numpy(make_monotonic()(SCORES, training=training))
    np.testing.assert_allclose(to_numpy(second), expected[..., 2:, :], atol=1e-6)


@pytest.mark.parametrize("training", [False, True])
def test_monotonic_query_without_keys_is_zero_and_keeps_position(training):
    mask = np.array([True, False, True, False])[:, None]
    weights, decisions = to_numpy(make_monotonic()(SCORES, mask=mask, training=training))
    expected, _ = to_numpy(make_monotonic()(SCORES[..., ::2, :], training=training))
    np.testing.assert_array_equal(weights[..., 1::2, :], 0)
    np.testing.assert_allclose(weights[..., ::2, :], expected, atol=1e-6)
    np.testing.assert_array_equal(decisions["sample"][..., 1::2], -1)


def test_monotonic_offset_of_each_head_is_added_to_scores():
    layer = make_monotonic(initial_offset=-1.5)
    weights, _ = to_numpy(layer(SCORES, training=True))
    np.testing.assert_array_equal(to_numpy(layer.offset.value), [-1.5, -1.5, -1.5])
    np.testing.assert_allclose(weights, expected_alignment(SCORES - 1.5), atol=1e-6)
    layer.offset.assign([0, 9, -9])
    weights, _ = to_numpy(layer(SCORES))
    np.testing.assert_array_equal(weights[:, 0], to_numpy(make_monotonic()(SCORES[:, :1])[0])[:, 0])
    np.testing.assert_array_equal(weights[:, 1, :, 0], 1)
    np.testing.assert_array_equal(weights[:, 2], 0)


def test_monotonic_noise_is_normal_and_new_in_each_training_call():
    scores = np.zeros((1, 100, 1000), "float32")
    layers = [Monotonic(noise=0.5, initial_offset=0.0, seed=seed) for seed in (1, 1, 2)]
    for layer in layers:
        layer.build(scores.shape)
    first, same_seed, other_seed = (
        to_numpy(layer.selection_probabilities(scores, training=True)) for layer in layers
    )
    np.testing.assert_array_equal(first, same_seed)
    assert (first != other_seed).mean() > 0.99
    assert (first != to_numpy(layers[0].selection_probabilities(scores, training=True))).mean() > 0.99
    noise = np.log(first) - np.log1p(-first)
    assert abs(noise.mean()) < 0.01
    assert abs(noise.std() - 0.5) < 0.01
    np.testing.assert_array_equal(to_numpy(layers[0].selection_probabilities(scores + 1)), 1)
    assert layers[0].is_stochastic
    assert not make_monotonic().is_stochastic


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("training", [False, True])
def test_monotonic_in_half_precision_computes_in_float32(dtype, training):
    scores = keras.ops.cast(SCORES, dtype)
    weights, _ = make_monotonic(dtype=dtype)(scores, mask=MASK, training=training)
    assert keras.backend.standardize_dtype(weights.dtype) == dtype
    expected, _ = make_monotonic()(keras.ops.cast(scores, "float32"), mask=MASK, training=training)
    np.testing.assert_allclose(to_numpy(keras.ops.cast(weights, "float32")), to_numpy(expected), atol=0.004)


class ScoreModel(keras.Model):
    """Model that learns scores and an offset for target weights."""

    def __init__(self, distribution, mask=None):
        super().__init__()
        self.distribution, self.mask = distribution, mask
        self.scores = self.add_weight(shape=SCORES.shape, initializer=lambda *_, **__: SCORES)

    def call(self, targets, training=None):
        weights, _ = self.distribution(self.scores.value, mask=self.mask, training=training)
        self.add_loss(keras.ops.mean((weights - targets) ** 2))
        return weights


def test_monotonic_learns_in_training_what_inference_needs():
    keys = np.array([0, 2, 2, 4])
    targets = np.broadcast_to(np.eye(5, dtype="float32")[keys], SCORES.shape)
    model = ScoreModel(Monotonic(seed=1))
    model.compile(keras.optimizers.Adam(0.3), run_eagerly=keras.backend.backend() == "torch")
    for _ in range(60):
        model.train_on_batch(targets)
    np.testing.assert_array_equal(to_numpy(model(targets)), targets)
    assert (to_numpy(model.distribution.offset.value) != -4).all()


def test_monotonic_gradient_of_masked_scores_is_zero():
    mask = np.concatenate([np.broadcast_to(MASK, (2, 1, 3, 5)), np.zeros((2, 1, 1, 5), bool)], axis=2)
    model = ScoreModel(make_monotonic(), mask)
    model.compile(keras.optimizers.SGD(1.0), run_eagerly=keras.backend.backend() == "torch")
    model.train_on_batch(np.ones_like(SCORES))
    changed = to_numpy(model.scores.value) != SCORES
    unmasked = np.broadcast_to(mask, SCORES.shape)
    assert not changed[~unmasked].any()
    assert changed[unmasked].mean() > 0.9


def test_monotonic_heads_differ_and_step_by_step_matches_one_call():
    keras.utils.set_random_seed(1)
    query, value = (4 * rng.normal(size=(2, length, 6)).astype("float32") for length in (4, 7))
    attention = MultiHeadAttention(3, 2, distribution=make_monotonic())
    expected, weights = to_numpy(attention(query, value, return_attention_scores=True))
    assert len({tuple(head.argmax(-1)) for head in weights[0]}) > 1
    state, steps = attention.get_initial_state(2, 7), []
    for t in range(4):
        step, state = attention(query[:, t : t + 1], value, state=state)
        steps.append(to_numpy(step))
    np.testing.assert_allclose(np.concatenate(steps, 1), expected, atol=1e-5)


@pytest.mark.parametrize("training", [False, True])
def test_monotonic_in_attention_rnn_matches_attention_over_its_hidden_states(training):
    memory = 4 * rng.normal(size=(2, 7, 6)).astype("float32")
    inputs = rng.normal(size=(2, 4, 3)).astype("float32")
    keras.utils.set_random_seed(1)
    attention = SoftAttention("additive", distribution=make_monotonic())
    rnn = AttentionRNN(AttentionCell(keras.layers.GRUCell(6), attention, attend="after"))
    outputs, _, weights, _ = to_numpy(rnn(inputs, memory, training=training))
    hidden = outputs[..., :6]  # attention after the step does not change these
    _, expected = attention(hidden, memory, return_attention_scores=True, training=training)
    np.testing.assert_allclose(weights, to_numpy(expected), atol=1e-5)
    if not training:
        assert (weights.argmax(-1)[:, 1:] >= weights.argmax(-1)[:, :-1])[weights[:, 1:].sum(-1) > 0].all()


def test_monotonic_negative_noise_raises():
    with pytest.raises(ValueError, match=r"`noise` must be at least 0\. Received: noise=-1\.0"):
        Monotonic(noise=-1.0)


def test_monotonic_with_gate_raises():
    with pytest.raises(ValueError, match=r"(?i)sentinel.*Received: .*Monotonic"):
        MultiHeadAttention(2, 3, gate="sentinel", distribution="monotonic")


def test_monotonic_name_and_config_round_trip():
    layer = Monotonic(noise=0.5, initial_offset=-1.0, seed=3)
    assert Monotonic.from_config(layer.get_config()).get_config() == layer.get_config()
    assert isinstance(distributions.get("monotonic"), Monotonic)
