"""Every kind of model: its decoder, step by step, is the model that was trained."""

from types import SimpleNamespace
from typing import get_args, get_type_hints

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.text.codec import END, PAD, START
from foveal.pipelines.translation.config import ModelConfig
from foveal.pipelines.translation.model import build, decoder

SOURCE = np.array([[5, 9, 260, END, PAD], [270, 8, END, PAD, PAD]], np.int32)
TARGET = np.array([[START, 7, 265, 9], [START, 262, 5, 5]], np.int32)


def stepwise(untrained, source, target, beams=1, focus_keys=(), grows=False):
    """Logits of every step `(batch, beams, time, vocabulary)`, and what was told of the focus."""
    step, state, focus = decoder(untrained.model, untrained.config.model).start(
        tf.constant(source), beams, None if grows else target.shape[-1], focus_keys
    )
    logits, told = [], []
    for index in range(target.shape[-1]):
        tokens = tf.reshape(tf.constant(target[..., index]), [len(source), beams])
        out, state, focus = step(tokens, state, tf.constant(index))
        logits.append(out)
        told.append(focus)
    return tf.stack(logits, axis=2).numpy(), told


def logits_of(untrained, source, target):
    return untrained.model({"source": source, "target": target})["logits"].numpy()


@pytest.mark.parametrize("grows", [False, True])
def test_step_by_step_with_caches_is_all_at_once(untrained, grows):
    whole = logits_of(untrained, SOURCE, TARGET)
    stepped, _ = stepwise(untrained, SOURCE, TARGET, grows=grows)
    np.testing.assert_allclose(stepped[:, 0], whole, atol=1e-5)


@pytest.mark.parametrize("positions", get_args(get_type_hints(ModelConfig)["positions"]))
@pytest.mark.parametrize("grows", [False, True])
def test_positions_are_the_same_step_by_step(positions, grows, codec):
    keras.utils.set_random_seed(1)
    config = ModelConfig(
        hidden_dim=8,
        num_heads=2,
        num_encoder_layers=1,
        num_decoder_layers=2,
        intermediate_dim=12,
        positions=positions,
    )
    model = build(config, len(codec.vocabulary))
    tables = [variable for variable in model.variables if variable.name == "table"]
    assert len(tables) == (3 if positions in ("learned", "relative") else 0)
    for table in tables:  # zeros at first
        table.assign(keras.random.normal(table.shape, stddev=3.0))
    kind = SimpleNamespace(model=model, config=SimpleNamespace(model=config))
    stepped, _ = stepwise(kind, SOURCE, TARGET, grows=grows)
    np.testing.assert_allclose(stepped[:, 0], logits_of(kind, SOURCE, TARGET), atol=1e-5)
    mixed, _ = stepwise(kind, SOURCE[:, [1, 0, 2, 3, 4]], TARGET)
    assert np.abs(mixed - stepped).max() > 1e-3
    for table in tables:
        table.assign(keras.ops.zeros(table.shape))
    straight, _ = stepwise(kind, SOURCE, TARGET)
    assert (np.abs(straight - stepped).max() > 1e-3) == bool(tables)


def test_it_tells_where_it_looked_as_its_decoder_does(untrained):
    whole = untrained.model({"source": SOURCE, "target": TARGET})["attention"].numpy()
    _, told = stepwise(untrained, SOURCE, TARGET, focus_keys=("attention",))
    stepped = np.stack([focus["attention"].numpy()[:, 0] for focus in told], axis=1)
    np.testing.assert_allclose(stepped, whole, atol=1e-5)


def test_beams_that_share_a_source_are_examples_of_their_own(untrained):
    beams = np.stack([TARGET, TARGET[:, [0, 3, 2, 1]], TARGET[::-1]], axis=1)  # (2, 3, 4)
    together, _ = stepwise(untrained, SOURCE, beams, beams=3)
    for beam in range(3):
        alone = logits_of(untrained, SOURCE, beams[:, beam])
        np.testing.assert_allclose(together[:, beam], alone, atol=1e-5)


def test_padding_changes_nothing(untrained):
    wide = np.pad(SOURCE, [(0, 0), (0, 3)])
    narrow = logits_of(untrained, SOURCE, TARGET)
    np.testing.assert_allclose(logits_of(untrained, wide, TARGET), narrow, atol=1e-5)


def test_the_future_cannot_change_the_past(untrained):
    later = TARGET.copy()
    later[:, 3] = 100
    before = logits_of(untrained, SOURCE, TARGET)
    after = logits_of(untrained, SOURCE, later)
    np.testing.assert_allclose(after[:, :3], before[:, :3], atol=1e-6)
    assert np.abs(after[:, 3] - before[:, 3]).max() > 1e-3


def test_the_focus_is_a_distribution_over_the_source_and_a_gate_in_0_1(untrained):
    names = ("attention", "gate", "attention_heads", "gate_heads")
    _, told = stepwise(untrained, SOURCE, TARGET, focus_keys=names)
    for focus in told:
        attention, gate = focus["attention"].numpy()[:, 0], focus["gate"].numpy()
        np.testing.assert_allclose(attention.sum(-1), 1, atol=1e-5)
        assert not attention[SOURCE == PAD].any()
        assert gate.min() >= 0
        assert gate.max() <= 1
        assert (gate > 0).all() == untrained.config.model.gate
        assert focus["attention_heads"].shape[-1] == SOURCE.shape[1]
        assert focus["attention_heads"].shape[:-1] == focus["gate_heads"].shape


def test_the_first_focus_has_the_shapes_of_those_that_follow(untrained):
    names = ("attention", "gate", "attention_heads", "gate_heads")
    start = decoder(untrained.model, untrained.config.model).start
    step, state, first = start(tf.constant(SOURCE), 2, 4, names)
    _, _, focus = step(tf.fill([2, 2], START), state, tf.constant(0))
    assert first.keys() == set(names)
    assert {name: x.shape for name, x in first.items()} == {name: x.shape for name, x in focus.items()}
    assert not any(x.numpy().any() for x in first.values())


def test_every_weight_learns_and_rows_that_fill_up_a_batch_do_no_harm(untrained):
    weights = [v.value for v in untrained.model.trainable_variables]
    source, target = (np.pad(ids, [(0, 1), (0, 0)]) for ids in (SOURCE, TARGET))
    with tf.GradientTape() as tape:
        logits = untrained.model({"source": source, "target": target}, training=True)["logits"]
        mask = (target != PAD)[..., None]
        loss = tf.reduce_sum(tf.where(mask, tf.square(logits[..., :7]), 0.0))
    for variable, gradient in zip(
        untrained.model.trainable_variables, tape.gradient(loss, weights), strict=True
    ):
        gradient = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(gradient).all(), variable.path
        # softmax does not feel a constant added to all keys, so a key's bias never learns
        assert gradient.any() or "key" in variable.path, variable.path


def test_the_keras_model_loads_with_the_layers_alone_and_fits(exported, untrained):
    model = keras.models.load_model(exported / "model.keras")
    inputs = {"source": SOURCE, "target": TARGET}
    for name, told in model(inputs).items():
        np.testing.assert_allclose(told, untrained.model(inputs)[name], atol=1e-6)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", {"logits": loss}, run_eagerly=True)
    history = model.fit(inputs, {"logits": TARGET}, epochs=3, verbose=0).history["loss"]
    assert history[-1] < history[0]


def test_decoder_depth_is_free_of_encoder_depth(untrained):
    if untrained.config.model.architecture == "rnn":
        pytest.skip("the recurrent decoder is one cell")
    blocks = [layer.name for layer in untrained.model.layers if "coder_" in layer.name]
    assert [name for name in blocks if name[:-1] == "encoder_"] == ["encoder_0"]
    assert [name for name in blocks if name[:-1] == "decoder_"] == ["decoder_0", "decoder_1"]
