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


def added(layer):
    """The loss that the last call added, as a number."""
    (loss,) = layer.losses
    return float(keras.ops.convert_to_numpy(loss))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    "weight", [None, MASK, np.array([0.5, 2.0], "float32"), MASK * 0.7], ids=["no", "mask", "example", "word"]
)
def test_the_loss_is_the_weighted_mean_of_keras(weight, training):
    layer = ReinforceLoss(CROSS_ENTROPY)
    layer(PREDICTIONS, LABELS, DECISIONS, sample_weight=weight, training=training)
    mean = keras.losses.SparseCategoricalCrossentropy(reduction="mean_with_sample_weight")
    whole = np.broadcast_to(1 if weight is None else weight.reshape(2, -1), (2, 4)).astype("float32")
    expected = float(mean(LABELS, PREDICTIONS, sample_weight=whole))
    np.testing.assert_allclose(added(layer), expected, rtol=1e-5)


def test_a_loss_may_be_an_object_whatever_its_reduction():
    logits = np.log(PREDICTIONS) + 3
    object_ = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
    layer, plain = ReinforceLoss(object_), ReinforceLoss(CROSS_ENTROPY)
    layer(logits, LABELS, DECISIONS)
    plain(PREDICTIONS, LABELS, DECISIONS)
    np.testing.assert_allclose(added(layer), added(plain), rtol=1e-5)


def test_the_mask_of_the_predictions_is_found():
    embedding = keras.layers.Embedding(2, 3, mask_zero=True)
    predictions = keras.layers.Activation("softmax")(embedding(MASK.astype("int32")))
    layer = ReinforceLoss(CROSS_ENTROPY)
    layer(predictions, LABELS, DECISIONS)
    found = added(layer)
    layer(keras.ops.convert_to_numpy(predictions), LABELS, DECISIONS, sample_weight=MASK)
    np.testing.assert_allclose(found, added(layer), rtol=1e-6)


def test_the_predictions_pass_unchanged():
    actual = ReinforceLoss(CROSS_ENTROPY)(PREDICTIONS, LABELS, DECISIONS, training=True)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(actual), PREDICTIONS)


def test_the_baseline_starts_at_the_first_loss_and_follows_slowly_in_training_only():
    layer = ReinforceLoss("mean_squared_error", baseline_decay=0.75)
    decisions = {name: np.zeros((2, 1), "float32") for name in ("log_prob", "entropy")}
    baselines = []
    for labels, training in (([2, 4], True), ([0, 2], True), ([9, 9], False), ([0, 0], True)):
        layer(np.zeros((2, 1)), np.array(labels)[:, None], decisions, training=training)
        baselines.append(float(layer.baseline.numpy()))
    np.testing.assert_allclose(baselines, [10, 8, 8, 6])  # mean losses 10, 2, -, 0


def decide_by_weights(count, words):
    """A model whose decisions are weights, so that a step of training tells their gradient."""
    start = keras.initializers.Constant(-0.5)
    ids, weight = keras.Input((1,), dtype="int32"), keras.Input((words,))
    predictions, labels = keras.Input((words, 1)), keras.Input((words, 1))
    log_prob = keras.layers.Embedding(count, 1, embeddings_initializer=start)
    decided = log_prob(ids)[..., 0]
    loss = ReinforceLoss("mean_squared_error", reward_weight=2.0, entropy_weight=0.0)
    outputs = loss(predictions, labels, {"log_prob": decided, "entropy": decided}, sample_weight=weight)
    model = keras.Model([ids, predictions, labels, weight], outputs)
    model.compile(keras.optimizers.SGD(1.0), run_eagerly=keras.backend.backend() == "torch")
    return model, log_prob


def test_an_example_is_rewarded_for_what_it_is_better_than_as_many_words_of_the_baseline():
    model, log_prob = decide_by_weights(count=2, words=3)
    labels = np.array([[3, 1, 1], [2, 0, 0]])[..., None]  # losses 9, 1, 1 and 4, masked, masked
    weight = np.array([[1, 1, 1], [1, 0, 0]])
    model.train_on_batch([np.array([[0], [1]]), 0 * labels, labels, weight])
    baseline = (9 + 1 + 1 + 4) / 4
    gradient = -0.5 - log_prob.embeddings.numpy()[:, 0]
    np.testing.assert_allclose(gradient, 2 * np.array([11 - 3 * baseline, 4 - baseline]) / 4, rtol=1e-5)


def test_several_layers_and_loops_learn_in_fit():
    """A decoder that looks at one key a word, over an encoder that looks at one word each."""
    keras.utils.set_random_seed(0)
    words, memory, labels = keras.Input((3, 2)), keras.Input((4, 6)), keras.Input((3,), dtype="int32")
    inner = MultiHeadAttention(2, 3, use_bias=False, distribution=Reinforce(seed=1))
    encoded, first = inner(memory, memory, return_decisions=True)
    cell = AttentionCell(keras.layers.SimpleRNNCell(6), HardAttention("dot"))
    outputs, _, _, second = AttentionRNN(cell)(words, encoded)
    predictions = keras.layers.Dense(3, "softmax")(outputs)
    outputs = ReinforceLoss(CROSS_ENTROPY)(predictions, labels, [first, second])
    model = keras.Model([words, memory, labels], outputs)
    model.compile("adam", jit_compile=False)
    data = [rng.normal(size=(2, *x.shape[1:])) for x in (words, memory)]
    before = model.get_weights()
    model.fit([*data, np.array([[0, 1, 2], [2, 2, 0]])], verbose=0)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    moved = [(a != b).any() for a, b in zip(before, model.get_weights(), strict=True)]
    trained = [weight.trainable for weight in model.weights]
    assert all(change for change, trainable in zip(moved, trained, strict=True) if trainable)


def test_saved_and_loaded_goes_on_with_its_baseline(tmp_path):
    predictions, labels = keras.Input((3,)), keras.Input((), dtype="int32")
    decided = {name: keras.Input((5,)) for name in DECISIONS}
    layer = ReinforceLoss(CROSS_ENTROPY, reward_weight=0.3, baseline_decay=0.8)
    model = keras.Model([predictions, labels, decided], layer(predictions, labels, decided))
    layer(PREDICTIONS[:, 0], LABELS[:, 0], DECISIONS, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras").layers[-1]
    assert loaded.get_config() == layer.get_config()
    for actual, expected in zip(loaded.get_weights(), layer.get_weights(), strict=True):
        np.testing.assert_array_equal(actual, expected)


def test_config_makes_the_same_layer():
    for loss in (CROSS_ENTROPY, keras.losses.Huber(delta=0.5)):
        config = ReinforceLoss(loss, entropy_weight=0.4).get_config()
        assert ReinforceLoss.from_config(config).get_config() == config


@pytest.mark.parametrize("decay", [-0.1, 1.0])
def test_a_baseline_that_cannot_move_is_refused(decay):
    with pytest.raises(ValueError, match=rf"`baseline_decay` must be in \[0, 1\). Received: {decay}"):
        ReinforceLoss("mse", baseline_decay=decay)


@pytest.mark.parametrize("shape", [(2, 3), (2, 4, 1)])
def test_weights_of_another_shape_are_refused(shape):
    message = r"`sample_weight` must be of shape .*4\), or of its start. Received: .*" + str(shape[-1])
    with pytest.raises(ValueError, match=message):
        ReinforceLoss(CROSS_ENTROPY)(PREDICTIONS, LABELS, DECISIONS, sample_weight=np.ones(shape))
    symbols = keras.Input((4, 3)), keras.Input((4,), dtype="int32")
    decided = {name: keras.Input((5,)) for name in DECISIONS}
    with pytest.raises(ValueError, match=message):
        ReinforceLoss(CROSS_ENTROPY)(*symbols, decided, sample_weight=keras.Input(shape[1:]))


def test_decisions_of_another_distribution_are_refused():
    decisions = {"sample": np.zeros((2, 5), "int32"), "entropy": DECISIONS["entropy"]}
    with pytest.raises(ValueError, match=r"`Reinforce`.*'log_prob'.*\['entropy', 'sample'\]"):
        ReinforceLoss(CROSS_ENTROPY)(PREDICTIONS, LABELS, decisions, training=True)
    symbols = keras.Input((4, 3)), keras.Input((4,), dtype="int32")
    decided = {"entropy": keras.Input((5,))}
    with pytest.raises(ValueError, match=r"`Reinforce`.*'log_prob'"):
        ReinforceLoss(CROSS_ENTROPY)(*symbols, decided)
