"""REINFORCE loss layer: loss, baseline, gradient, masks, saving and errors."""

import keras
import numpy as np
import pytest

from foveal.layers import (
    AttentionCell,
    AttentionRNN,
    HardAttention,
    MultiHeadAttention,
    Reinforce,
    ReinforceLoss,
)

rng = np.random.default_rng(0)
LABELS = np.array([[1, 0, 2, 1], [2, 2, 0, 0]])
PREDICTIONS = rng.dirichlet(np.ones(3), size=(2, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)
DECISIONS = {name: rng.normal(size=(2, 5)).astype("float32") for name in ("log_prob", "entropy")}
CROSS_ENTROPY = "sparse_categorical_crossentropy"


def last_loss(layer):
    """Return the loss that the last call added, as a number."""
    (loss,) = layer.losses
    return float(keras.ops.convert_to_numpy(loss))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    "weight", [None, MASK, np.array([0.5, 2.0], "float32"), MASK * 0.7], ids=["no", "mask", "example", "word"]
)
def test_reinforce_loss_matches_weighted_mean_of_keras(weight, training):
    layer = ReinforceLoss(CROSS_ENTROPY)
    layer(PREDICTIONS, LABELS, DECISIONS, sample_weight=weight, training=training)
    mean = keras.losses.SparseCategoricalCrossentropy(reduction="mean_with_sample_weight")
    word_weights = np.broadcast_to(1 if weight is None else weight.reshape(2, -1), (2, 4)).astype("float32")
    expected = float(mean(LABELS, PREDICTIONS, sample_weight=word_weights))
    np.testing.assert_allclose(last_loss(layer), expected, rtol=1e-5)


def test_reinforce_loss_accepts_loss_instance_of_any_reduction():
    logits = np.log(PREDICTIONS) + 3
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
    layer, by_name = ReinforceLoss(loss), ReinforceLoss(CROSS_ENTROPY)
    layer(logits, LABELS, DECISIONS)
    by_name(PREDICTIONS, LABELS, DECISIONS)
    np.testing.assert_allclose(last_loss(layer), last_loss(by_name), rtol=1e-5)


def test_reinforce_loss_uses_keras_mask_of_predictions():
    embedding = keras.layers.Embedding(2, 3, mask_zero=True)
    predictions = keras.layers.Activation("softmax")(embedding(MASK.astype("int32")))
    layer = ReinforceLoss(CROSS_ENTROPY)
    layer(predictions, LABELS, DECISIONS)
    actual = last_loss(layer)
    layer(keras.ops.convert_to_numpy(predictions), LABELS, DECISIONS, sample_weight=MASK)
    np.testing.assert_allclose(actual, last_loss(layer), rtol=1e-6)


def test_reinforce_loss_returns_predictions_unchanged():
    actual = ReinforceLoss(CROSS_ENTROPY)(PREDICTIONS, LABELS, DECISIONS, training=True)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(actual), PREDICTIONS)


def test_baseline_starts_at_first_loss_and_averages_in_training_only():
    layer = ReinforceLoss("mean_squared_error", baseline_decay=0.75)
    decisions = {name: np.zeros((2, 1), "float32") for name in ("log_prob", "entropy")}
    baselines = []
    for labels, training in (([2, 4], True), ([0, 2], True), ([9, 9], False), ([0, 0], True)):
        layer(np.zeros((2, 1)), np.array(labels)[:, None], decisions, training=training)
        baselines.append(float(layer.baseline.numpy()))
    np.testing.assert_allclose(baselines, [10, 8, 8, 6])  # mean losses 10, 2, -, 0


def model_with_decision_weights(num_examples, num_words):
    """Model whose log-probabilities are weights, so that a training step gives their gradient."""
    initializer = keras.initializers.Constant(-0.5)
    ids, weight = keras.Input((1,), dtype="int32"), keras.Input((num_words,))
    predictions, labels = keras.Input((num_words, 1)), keras.Input((num_words, 1))
    log_prob = keras.layers.Embedding(num_examples, 1, embeddings_initializer=initializer)
    decision = log_prob(ids)[..., 0]
    loss = ReinforceLoss("mean_squared_error", reward_weight=2.0, entropy_weight=0.0)
    outputs = loss(predictions, labels, {"log_prob": decision, "entropy": decision}, sample_weight=weight)
    model = keras.Model([ids, predictions, labels, weight], outputs)
    model.compile(keras.optimizers.SGD(1.0), run_eagerly=keras.backend.backend() == "torch")
    return model, log_prob


def test_reinforce_gradient_matches_advantage_over_baseline_per_word():
    model, log_prob = model_with_decision_weights(num_examples=2, num_words=3)
    labels = np.array([[3, 1, 1], [2, 0, 0]])[..., None]  # losses 9, 1, 1 and 4, masked, masked
    weight = np.array([[1, 1, 1], [1, 0, 0]])
    model.train_on_batch([np.array([[0], [1]]), 0 * labels, labels, weight])
    baseline = (9 + 1 + 1 + 4) / 4
    gradient = -0.5 - log_prob.embeddings.numpy()[:, 0]
    np.testing.assert_allclose(gradient, 2 * np.array([11 - 3 * baseline, 4 - baseline]) / 4, rtol=1e-5)


def test_reinforce_loss_trains_several_layers_in_fit():
    """A decoder with hard attention over an encoder with hard attention."""
    keras.utils.set_random_seed(0)
    words, memory, labels = keras.Input((3, 2)), keras.Input((4, 6)), keras.Input((3,), dtype="int32")
    encoder = MultiHeadAttention(2, 3, use_bias=False, distribution=Reinforce(seed=1))
    encoded, encoder_decisions = encoder(memory, memory, return_decisions=True)
    cell = AttentionCell(keras.layers.SimpleRNNCell(6), HardAttention("dot"))
    outputs, _, _, decoder_decisions = AttentionRNN(cell)(words, encoded)
    predictions = keras.layers.Dense(3, "softmax")(outputs)
    outputs = ReinforceLoss(CROSS_ENTROPY)(predictions, labels, [encoder_decisions, decoder_decisions])
    model = keras.Model([words, memory, labels], outputs)
    model.compile("adam", jit_compile=False)
    data = [rng.normal(size=(2, *x.shape[1:])) for x in (words, memory)]
    before = model.get_weights()
    model.fit([*data, np.array([[0, 1, 2], [2, 2, 0]])], verbose=0)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    changed = [(a != b).any() for a, b in zip(before, model.get_weights(), strict=True)]
    trainable = [weight.trainable for weight in model.weights]
    assert all(change for change, trained in zip(changed, trainable, strict=True) if trained)


def test_reinforce_loss_saved_and_loaded_keeps_baseline(tmp_path):
    predictions, labels = keras.Input((3,)), keras.Input((), dtype="int32")
    decisions = {name: keras.Input((5,)) for name in DECISIONS}
    layer = ReinforceLoss(CROSS_ENTROPY, reward_weight=0.3, baseline_decay=0.8)
    model = keras.Model([predictions, labels, decisions], layer(predictions, labels, decisions))
    layer(PREDICTIONS[:, 0], LABELS[:, 0], DECISIONS, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras").layers[-1]
    assert loaded.get_config() == layer.get_config()
    for actual, expected in zip(loaded.get_weights(), layer.get_weights(), strict=True):
        np.testing.assert_array_equal(actual, expected)


def test_reinforce_loss_config_round_trip():
    for loss in (CROSS_ENTROPY, keras.losses.Huber(delta=0.5)):
        config = ReinforceLoss(loss, entropy_weight=0.4).get_config()
        assert ReinforceLoss.from_config(config).get_config() == config


@pytest.mark.parametrize("decay", [-0.1, 1.0])
def test_reinforce_loss_invalid_baseline_decay_raises(decay):
    with pytest.raises(
        ValueError, match=rf"`baseline_decay` must be in \[0, 1\). Received: baseline_decay={decay}"
    ):
        ReinforceLoss("mse", baseline_decay=decay)


@pytest.mark.parametrize("shape", [(2, 3), (2, 4, 1)])
def test_reinforce_loss_invalid_weight_shape_raises(shape):
    message = r"`sample_weight` must be of shape .*4\), or of its first axes. Received: .*" + str(shape[-1])
    with pytest.raises(ValueError, match=message):
        ReinforceLoss(CROSS_ENTROPY)(PREDICTIONS, LABELS, DECISIONS, sample_weight=np.ones(shape))
    symbols = keras.Input((4, 3)), keras.Input((4,), dtype="int32")
    decisions = {name: keras.Input((5,)) for name in DECISIONS}
    with pytest.raises(ValueError, match=message):
        ReinforceLoss(CROSS_ENTROPY)(*symbols, decisions, sample_weight=keras.Input(shape[1:]))


def test_reinforce_loss_of_other_distribution_raises():
    decisions = {"sample": np.zeros((2, 5), "int32"), "entropy": DECISIONS["entropy"]}
    with pytest.raises(ValueError, match=r"`Reinforce`.*'log_prob'.*\['entropy', 'sample'\]"):
        ReinforceLoss(CROSS_ENTROPY)(PREDICTIONS, LABELS, decisions, training=True)
    symbols = keras.Input((4, 3)), keras.Input((4,), dtype="int32")
    symbolic_decisions = {"entropy": keras.Input((5,))}
    with pytest.raises(ValueError, match=r"`Reinforce`.*'log_prob'"):
        ReinforceLoss(CROSS_ENTROPY)(*symbols, symbolic_decisions)
