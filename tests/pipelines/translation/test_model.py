"""Tests of every architecture: step-by-step decoding matches the model, causality, padding, gradients."""

from typing import get_args

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.networks.position_encoding import PositionEncoding
from foveal.pipelines.saved_model.quantization import quantize_copy
from foveal.pipelines.text.codec import END, PAD, START
from foveal.pipelines.translation.config import ModelConfig
from foveal.pipelines.translation.model import build, build_decoder

SOURCE = np.array([[5, 9, 260, END, PAD], [270, 8, END, PAD, PAD]], np.int32)
TARGET = np.array([[START, 7, 265, 9], [START, 262, 5, 5]], np.int32)
FOCUS_KEYS = ("attention", "gate", "attention_heads", "gate_heads")


def decode_stepwise(network, source, target, num_beams=1, focus_keys=(), parents=None):
    """Return the logits `(batch, num_beams, time, vocabulary)` and the focus of each step.

    `parents` `(batch, num_beams, time)` reorders the beams after each step.
    """
    decoding = build_decoder(network).initialize(tf.constant(source), num_beams, focus_keys)
    state = decoding.extend(decoding.state, 2)
    logits, focus_of_steps = [], []
    for index in range(target.shape[-1]):
        state = decoding.extend(state, target.shape[-1]) if index == 2 else state
        tokens = tf.reshape(tf.constant(target[..., index]), [len(source), num_beams])
        step_logits, state, focus = decoding.step(tokens, state, tf.constant(index))
        logits.append(step_logits)
        focus_of_steps.append(focus)
        if parents is not None:
            reordered = [
                tf.gather(x, parents[..., index], batch_dims=1) for x in tf.nest.flatten(state.beams)
            ]
            state = state._replace(beams=tf.nest.pack_sequence_as(state.beams, reordered))
    return tf.stack(logits, axis=2).numpy(), focus_of_steps


def compute_logits(network, source, target):
    return network.model({"source": source, "target": target})["logits"].numpy()


def test_stepwise_decoding_matches_model(untrained):
    expected = compute_logits(untrained.network, SOURCE, TARGET)
    logits, _ = decode_stepwise(untrained.network, SOURCE, TARGET)
    np.testing.assert_allclose(logits[:, 0], expected, atol=1e-5)


def test_stepwise_decoding_matches_model_in_int8(untrained):
    network = build(untrained.config.model, len(untrained.codec.vocabulary))
    quantize_copy(network.model, untrained.model)
    expected = compute_logits(network, SOURCE, TARGET)
    logits, _ = decode_stepwise(network, SOURCE, TARGET)
    np.testing.assert_allclose(logits[:, 0], expected, atol=1e-3)  # a state can be rounded otherwise
    float32_logits = compute_logits(untrained.network, SOURCE, TARGET)
    assert 1e-3 < np.abs(expected - float32_logits).max() < 0.05 * np.abs(float32_logits).max()


@pytest.fixture(scope="module", params=get_args(PositionEncoding))
def position_network(request, codec):
    """A Transformer of each position encoding, and its tables of learned biases."""
    keras.utils.set_random_seed(1)
    config = ModelConfig(
        hidden_dim=8,
        num_heads=2,
        num_encoder_layers=1,
        num_decoder_layers=2,
        intermediate_dim=12,
        position_encoding=request.param,
    )
    network = build(config, len(codec.vocabulary))
    tables = [variable for variable in network.model.variables if variable.name == "table"]
    assert len(tables) == (3 if request.param in ("learned", "relative") else 0)
    return network, tables


def test_stepwise_decoding_matches_model_with_position_encoding(position_network):
    network, tables = position_network
    for table in tables:  # initially zeros
        table.assign(keras.random.normal(table.shape, stddev=3.0))
    logits, _ = decode_stepwise(network, SOURCE, TARGET)
    np.testing.assert_allclose(logits[:, 0], compute_logits(network, SOURCE, TARGET), atol=1e-5)
    swapped, _ = decode_stepwise(network, SOURCE[:, [1, 0, 2, 3, 4]], TARGET)
    assert np.abs(swapped - logits).max() > 1e-3
    for table in tables:
        table.assign(keras.ops.zeros(table.shape))
    without_tables, _ = decode_stepwise(network, SOURCE, TARGET)
    assert (np.abs(without_tables - logits).max() > 1e-3) == bool(tables)


def test_stepwise_attention_matches_model(untrained):
    expected = untrained.model({"source": SOURCE, "target": TARGET})["attention"].numpy()
    _, focus_of_steps = decode_stepwise(untrained.network, SOURCE, TARGET, focus_keys=("attention",))
    attention = np.stack([focus["attention"].numpy()[:, 0] for focus in focus_of_steps], axis=1)
    np.testing.assert_allclose(attention, expected, atol=1e-5)


def test_beams_match_separate_examples(untrained):
    beams = np.stack([TARGET, TARGET[:, [0, 3, 2, 1]], TARGET[::-1]], axis=1)  # (2, 3, 4)
    logits, _ = decode_stepwise(untrained.network, SOURCE, beams, num_beams=3)
    for beam in range(3):
        expected = compute_logits(untrained.network, SOURCE, beams[:, beam])
        np.testing.assert_allclose(logits[:, beam], expected, atol=1e-5)


def assert_reordered_beams_match_histories(network):
    """Reorder the beams at random after each step; each beam must see the history that it has inherited."""
    random = np.random.default_rng(3)
    tokens = random.integers(5, 270, (2, 3, 4), np.int32)
    parents = random.integers(0, 3, tokens.shape, np.int32)
    logits, _ = decode_stepwise(network, SOURCE, tokens, num_beams=3, parents=parents)
    histories = tokens[:, :, :1]
    for index in range(4):
        if index:
            inherited = np.take_along_axis(histories, parents[:, :, index - 1, None], axis=1)
            histories = np.concatenate([inherited, tokens[:, :, index : index + 1]], axis=2)
        for beam in range(3):
            expected = compute_logits(network, SOURCE, histories[:, beam])[:, -1]
            np.testing.assert_allclose(logits[:, beam, index], expected, atol=1e-5)


def test_reordered_beams_match_separate_examples(untrained):
    assert_reordered_beams_match_histories(untrained.network)


def test_reordered_beams_match_separate_examples_with_position_encoding(position_network):
    network, tables = position_network
    for table in tables:
        table.assign(keras.random.normal(table.shape, stddev=3.0))
    assert_reordered_beams_match_histories(network)


def test_padding_does_not_change_logits(untrained):
    padded = np.pad(SOURCE, [(0, 0), (0, 3)])
    expected = compute_logits(untrained.network, SOURCE, TARGET)
    np.testing.assert_allclose(compute_logits(untrained.network, padded, TARGET), expected, atol=1e-5)


def test_logits_do_not_depend_on_later_tokens(untrained):
    changed = TARGET.copy()
    changed[:, 3] = 100
    before = compute_logits(untrained.network, SOURCE, TARGET)
    after = compute_logits(untrained.network, SOURCE, changed)
    np.testing.assert_allclose(after[:, :3], before[:, :3], atol=1e-6)
    assert np.abs(after[:, 3] - before[:, 3]).max() > 1e-3


def test_attention_is_distribution_and_gate_is_in_unit_interval(untrained):
    _, focus_of_steps = decode_stepwise(untrained.network, SOURCE, TARGET, focus_keys=FOCUS_KEYS)
    for focus in focus_of_steps:
        attention, gate = focus["attention"].numpy()[:, 0], focus["gate"].numpy()
        np.testing.assert_allclose(attention.sum(-1), 1, atol=1e-5)
        assert not attention[SOURCE == PAD].any()
        assert gate.min() >= 0
        assert gate.max() <= 1
        assert (gate > 0).all() == untrained.config.model.gate
        assert focus["attention_heads"].shape[-1] == SOURCE.shape[1]
        assert focus["attention_heads"].shape[:-1] == focus["gate_heads"].shape


def test_initial_focus_has_shapes_of_steps(untrained):
    decoder = build_decoder(untrained.network)
    decoding = decoder.initialize(tf.constant(SOURCE), 2, FOCUS_KEYS)
    initial = decoding.focus
    state = decoding.extend(decoding.state, 4)
    _, _, focus = decoding.step(tf.fill([2, 2], START), state, tf.constant(0))
    assert initial.keys() == set(FOCUS_KEYS)
    assert {key: x.shape for key, x in initial.items()} == {key: x.shape for key, x in focus.items()}
    assert not any(x.numpy().any() for x in initial.values())


def test_alignment_layer_selects_block_of_attention(untrained):
    if untrained.config.model.architecture == "rnn":
        pytest.skip("the recurrent decoder has one layer")
    focus = {}
    for layer in (0, -1):
        decoder = build_decoder(untrained.network, alignment_layer=layer)
        decoding = decoder.initialize(tf.constant(SOURCE), 1, FOCUS_KEYS)
        state = decoding.extend(decoding.state, 4)
        _, _, focus[layer] = decoding.step(tf.fill([2, 1], START), state, tf.constant(0))
        expected = focus[layer]["attention_heads"].numpy()[:, :, layer].mean(axis=2)
        np.testing.assert_allclose(focus[layer]["attention"], expected, atol=1e-6)
    assert np.abs(focus[0]["attention"] - focus[-1]["attention"]).max() > 1e-6


def test_every_weight_has_finite_gradient_with_empty_rows(untrained):
    weights = [v.value for v in untrained.model.trainable_variables]
    source, target = (np.pad(ids, [(0, 1), (0, 0)]) for ids in (SOURCE, TARGET))
    with tf.GradientTape() as tape:
        logits = untrained.model({"source": source, "target": target}, training=True)["logits"]
        mask = (target != PAD)[..., None]
        loss = tf.reduce_sum(tf.where(mask, tf.square(logits[..., :7]), 0.0))
    gradients = tape.gradient(loss, weights)
    for variable, gradient in zip(untrained.model.trainable_variables, gradients, strict=True):
        gradient = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(gradient).all(), variable.path
        # softmax is invariant to a constant added to all keys, so the bias of the keys has no gradient
        assert gradient.any() or "key" in variable.path, variable.path


def test_saved_keras_model_loads_and_fits(untrained, tmp_path):
    untrained.model.save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    inputs = {"source": SOURCE, "target": TARGET}
    for name, output in model(inputs).items():
        np.testing.assert_allclose(output, untrained.model(inputs)[name], atol=1e-6)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", {"logits": loss}, run_eagerly=True)
    history = model.fit(inputs, {"logits": TARGET}, epochs=2, verbose=0).history["loss"]
    assert history[-1] < history[0]


def test_encoder_and_decoder_have_separate_depths(untrained):
    if untrained.config.model.architecture == "rnn":
        pytest.skip("the recurrent decoder has one layer")
    blocks = [layer.name for layer in untrained.model.layers if "coder_" in layer.name]
    assert [name for name in blocks if name[:-1] == "encoder_"] == ["encoder_0"]
    assert [name for name in blocks if name[:-1] == "decoder_"] == ["decoder_0", "decoder_1"]
