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


def layer(**kwargs):
    return Monotonic(**{"noise": 0.0, "initial_offset": 0.0, **kwargs})


def expected_walk(scores, mask=None, previous=None):
    """Key after key, in probability: `alpha` of the paper's equations 8 and 9 as nested loops."""
    probabilities = 1 / (1 + np.exp(-scores.astype("float64")))
    probabilities = probabilities if mask is None else probabilities * mask
    expected = np.zeros_like(probabilities)
    for row in np.ndindex(probabilities.shape[:-2]):
        stands = np.eye(scores.shape[-1])[0] if previous is None else previous[row]
        for query, chance in enumerate(probabilities[row]):
            for start, at_start in enumerate(stands):
                for key in range(start, len(chance)):
                    expected[(*row, query, key)] += at_start * chance[key]
                    at_start *= 1 - chance[key]
            stands = expected[(*row, query)]
    return expected


def hard_walk(scores, mask=None):
    """The keys at which a walk stops that accepts scores above 0; -1 once it has passed all."""
    accepted = (scores > 0) & (True if mask is None else mask)
    keys = np.full(scores.shape[:-1], -1)
    for *row, query in np.ndindex(keys.shape):
        start = keys[(*row, query - 1)] if query else 0
        found = np.flatnonzero(accepted[(*row, query)][start:]) + start
        keys[(*row, query)] = found[0] if start >= 0 and len(found) else -1
    return keys


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
def test_in_training_the_weights_are_expected_ones(mask):
    weights, _ = to_numpy(layer()(SCORES, mask=mask, training=True))
    np.testing.assert_allclose(weights, expected_walk(SCORES, mask), atol=1e-6)


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
def test_at_inference_stops_at_the_first_key_from_the_last_that_it_accepts(mask):
    weights, decisions = to_numpy(layer()(SCORES, mask=mask))
    keys = hard_walk(SCORES, mask)
    assert {-1, 0, 4} < set(keys.ravel())
    np.testing.assert_array_equal(decisions["sample"], keys)
    np.testing.assert_array_equal(weights, np.where(keys[..., None] < 0, 0, np.eye(5)[keys]))


@pytest.mark.parametrize("training", [False, True])
def test_goes_on_from_where_it_stood(training):
    first, _ = layer()(SCORES[..., :2, :], training=training)
    rest, _ = layer()(SCORES[..., 2:, :], training=training, previous=first[..., -1, :])
    whole, _ = to_numpy(layer()(SCORES, training=training))
    np.testing.assert_allclose(to_numpy(rest), whole[..., 2:, :], atol=1e-6)


@pytest.mark.parametrize("training", [False, True])
def test_a_query_without_keys_is_zero_and_leaves_the_walk_where_it_stands(training):
    counts = np.array([True, False, True, False])[:, None]
    weights, decisions = to_numpy(layer()(SCORES, mask=counts, training=training))
    among, _ = to_numpy(layer()(SCORES[..., ::2, :], training=training))
    np.testing.assert_array_equal(weights[..., 1::2, :], 0)
    np.testing.assert_allclose(weights[..., ::2, :], among, atol=1e-6)
    np.testing.assert_array_equal(decisions["sample"][..., 1::2], -1)


def test_the_offset_is_learned_for_each_head_and_added_to_its_scores():
    part = layer(initial_offset=-1.5)
    weights, _ = to_numpy(part(SCORES, training=True))
    np.testing.assert_array_equal(to_numpy(part.offset.value), [-1.5, -1.5, -1.5])
    np.testing.assert_allclose(weights, expected_walk(SCORES - 1.5), atol=1e-6)
    part.offset.assign([0, 9, -9])
    weights, _ = to_numpy(part(SCORES))
    np.testing.assert_array_equal(weights[:, 0], to_numpy(layer()(SCORES[:, :1])[0])[:, 0])
    np.testing.assert_array_equal(weights[:, 1, :, 0], 1)
    np.testing.assert_array_equal(weights[:, 2], 0)


def test_noise_is_normal_drawn_anew_at_every_call_and_in_training_alone():
    scores = np.zeros((1, 100, 1000), "float32")
    parts = [Monotonic(noise=0.5, initial_offset=0.0, seed=seed) for seed in (1, 1, 2)]
    for part in parts:
        part.build(scores.shape)
    first, same, other = (to_numpy(part.selection_probabilities(scores, training=True)) for part in parts)
    np.testing.assert_array_equal(first, same)
    assert (first != other).mean() > 0.99
    assert (first != to_numpy(parts[0].selection_probabilities(scores, training=True))).mean() > 0.99
    noise = np.log(first) - np.log1p(-first)
    assert abs(noise.mean()) < 0.01
    assert abs(noise.std() - 0.5) < 0.01
    np.testing.assert_array_equal(to_numpy(parts[0].selection_probabilities(scores + 1)), 1)
    assert parts[0].is_stochastic
    assert not layer().is_stochastic


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("training", [False, True])
def test_half_precision_walks_in_float32(dtype, training):
    scores = keras.ops.cast(SCORES, dtype)
    weights, _ = layer(dtype=dtype)(scores, mask=MASK, training=training)
    assert keras.backend.standardize_dtype(weights.dtype) == dtype
    wide, _ = layer()(keras.ops.cast(scores, "float32"), mask=MASK, training=training)
    np.testing.assert_allclose(to_numpy(keras.ops.cast(weights, "float32")), to_numpy(wide), atol=0.004)


class Learner(keras.Model):
    """Learns scores and an offset for a target that a walk can reach."""

    def __init__(self, part, mask=None):
        super().__init__()
        self.part, self.mask = part, mask
        self.scores = self.add_weight(shape=SCORES.shape, initializer=lambda *_, **__: SCORES)

    def call(self, targets, training=None):
        weights, _ = self.part(self.scores.value, mask=self.mask, training=training)
        self.add_loss(keras.ops.mean((weights - targets) ** 2))
        return weights


def test_learns_in_training_what_it_does_at_inference():
    keys = np.array([0, 2, 2, 4])
    targets = np.broadcast_to(np.eye(5, dtype="float32")[keys], SCORES.shape)
    model = Learner(Monotonic(seed=1))
    model.compile(keras.optimizers.Adam(0.3), run_eagerly=keras.backend.backend() == "torch")
    for _ in range(60):
        model.train_on_batch(targets)
    np.testing.assert_array_equal(to_numpy(model(targets)), targets)
    assert (to_numpy(model.part.offset.value) != -4).all()


def test_the_gradient_of_what_is_masked_is_zero():
    mask = np.concatenate([np.broadcast_to(MASK, (2, 1, 3, 5)), np.zeros((2, 1, 1, 5), bool)], axis=2)
    model = Learner(layer(), mask)
    model.compile(keras.optimizers.SGD(1.0), run_eagerly=keras.backend.backend() == "torch")
    model.train_on_batch(np.ones_like(SCORES))
    moved = to_numpy(model.scores.value) != SCORES
    seen = np.broadcast_to(mask, SCORES.shape)
    assert not moved[~seen].any()
    assert moved[seen].mean() > 0.9


def test_heads_walk_each_on_its_own_and_step_by_step_as_all_at_once():
    keras.utils.set_random_seed(1)
    query, value = (4 * rng.normal(size=(2, length, 6)).astype("float32") for length in (4, 7))
    attention = MultiHeadAttention(3, 2, distribution=layer())
    whole, weights = to_numpy(attention(query, value, return_attention_scores=True))
    assert len({tuple(head.argmax(-1)) for head in weights[0]}) > 1
    state, steps = attention.get_initial_state(2, 7), []
    for t in range(4):
        step, state = attention(query[:, t : t + 1], value, state=state)
        steps.append(to_numpy(step))
    np.testing.assert_allclose(np.concatenate(steps, 1), whole, atol=1e-5)


@pytest.mark.parametrize("training", [False, True])
def test_a_recurrent_decoder_carries_the_walk(training):
    memory = 4 * rng.normal(size=(2, 7, 6)).astype("float32")
    inputs = rng.normal(size=(2, 4, 3)).astype("float32")
    keras.utils.set_random_seed(1)
    attention = SoftAttention("additive", distribution=layer())
    run = AttentionRNN(AttentionCell(keras.layers.GRUCell(6), attention, attend="after"))
    outputs, _, weights, _ = to_numpy(run(inputs, memory, training=training))
    hidden = outputs[..., :6]  # attention after the step does not change these
    _, expected = attention(hidden, memory, return_attention_scores=True, training=training)
    np.testing.assert_allclose(weights, to_numpy(expected), atol=1e-5)
    if not training:
        assert (weights.argmax(-1)[:, 1:] >= weights.argmax(-1)[:, :-1])[weights[:, 1:].sum(-1) > 0].all()


@pytest.mark.parametrize(
    ("argument", "message"), [({"noise": -1.0}, "`noise` must be at least 0. Received: -1.0")]
)
def test_what_makes_no_sense_is_refused(argument, message):
    with pytest.raises(ValueError, match=message):
        Monotonic(**argument)


def test_a_sentinel_has_no_place_in_the_order():
    with pytest.raises(ValueError, match=r"A sentinel is no key .* expected .* Received: .*Monotonic"):
        MultiHeadAttention(2, 3, gate="sentinel", distribution="monotonic")


def test_is_known_by_name_and_made_again_by_its_config():
    part = Monotonic(noise=0.5, initial_offset=-1.0, seed=3)
    assert Monotonic.from_config(part.get_config()).get_config() == part.get_config()
    assert isinstance(distributions.get("monotonic"), Monotonic)
