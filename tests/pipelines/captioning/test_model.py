"""Tests of every kind of captioning model: stepwise decoding matches the trained model."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.captioning.config import ModelConfig
from foveal.pipelines.captioning.model import build, build_decoder
from foveal.pipelines.captioning.networks.lstm import build_lstm
from foveal.pipelines.text.codec import PAD, START

IMAGE_SIZE = 32
CAPTIONS = np.array([[START, 7, 265, 9], [START, 262, 5, 5]], np.int32)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 255, (2, IMAGE_SIZE, IMAGE_SIZE, 3)).astype(np.float32)


def encode(untrained, images):
    return untrained.network.projection(untrained.network.encoder(images))


def stepwise(untrained, memory, captions, num_beams=1, focus_keys=()):
    """Decode step by step: logits `(batch, beams, time, vocabulary)` and the focus of every step."""
    decoding = build_decoder(untrained.network).initialize(memory, num_beams, focus_keys)
    state = decoding.extend(decoding.state, captions.shape[-1])
    logits, focuses = [], []
    for index in range(captions.shape[-1]):
        tokens = tf.reshape(tf.constant(captions[..., index]), [len(captions), num_beams])
        step_logits, state, focus = decoding.step(tokens, state, tf.constant(index))
        logits.append(step_logits)
        focuses.append(focus)
    return tf.stack(logits, axis=2).numpy(), focuses


def test_stepwise_decoding_matches_the_model(untrained, images):
    expected = untrained.network.model({"image": images, "caption": CAPTIONS}).numpy()
    decoded, _ = stepwise(untrained, encode(untrained, images), CAPTIONS)
    np.testing.assert_allclose(decoded[:, 0], expected, atol=1e-5)


def test_beams_decode_independently(untrained, images):
    beams = np.stack([CAPTIONS, CAPTIONS[:, [0, 3, 2, 1]], CAPTIONS[::-1]], axis=1)  # (2, 3, 4)
    decoded, _ = stepwise(untrained, encode(untrained, images), beams, num_beams=3)
    for beam in range(3):
        expected = untrained.network.model({"image": images, "caption": beams[:, beam]}).numpy()
        np.testing.assert_allclose(decoded[:, beam], expected, atol=1e-5)


def test_decoder_is_causal(untrained, images):
    later = CAPTIONS.copy()
    later[:, 3] = 100
    before = untrained.network.model({"image": images, "caption": CAPTIONS}).numpy()
    after = untrained.network.model({"image": images, "caption": later}).numpy()
    np.testing.assert_allclose(after[:, :3], before[:, :3], atol=1e-6)
    assert np.abs(after[:, 3] - before[:, 3]).max() > 1e-4


def test_stepwise_attention_matches_the_model(untrained, images):
    memory = encode(untrained, images)
    trained = untrained.network.decoder({"memory": memory, "caption": tf.constant(CAPTIONS)})[
        "attention"
    ].numpy()
    _, focuses = stepwise(untrained, memory, CAPTIONS, focus_keys=("attention", "gate"))
    attention = np.stack([focus["attention"].numpy()[:, 0] for focus in focuses], axis=1)
    gate = np.stack([focus["gate"].numpy()[:, 0] for focus in focuses], axis=1)
    np.testing.assert_allclose(attention, trained[:, -1], atol=1e-5)
    np.testing.assert_allclose(attention.sum(-1), 1, atol=1e-5)
    assert (gate > 0).all() == (untrained.config.model.attention == "adaptive")
    assert gate.max() <= 1


def test_hard_attention_selects_one_cell(untrained, images):
    if untrained.config.model.attention != "hard":
        pytest.skip("soft attention")
    _, focuses = stepwise(untrained, encode(untrained, images), CAPTIONS, focus_keys=("attention",))
    assert all(sorted(focus["attention"].numpy()[0, 0])[-2:] == [0, 1] for focus in focuses)


def test_memory_cells_differ_by_position(untrained):
    memory = encode(untrained, np.full((1, IMAGE_SIZE, IMAGE_SIZE, 3), 99.0, np.float32)).numpy()[0]
    cells = untrained.network.grid[0] * untrained.network.grid[1]
    assert len(np.unique(memory.round(5), axis=0)) == cells


def test_memory_depends_on_its_image_alone(untrained, images):
    memory = encode(untrained, images).numpy()
    np.testing.assert_allclose(encode(untrained, images[1:]).numpy()[0], memory[1], atol=1e-5)
    assert np.abs(memory[0] - memory[1]).max() > 0.1


def test_spatial_attention_is_adaptive_without_sentinel():
    cells = []
    for attention in ("spatial", "adaptive"):
        config = ModelConfig(architecture="lstm", attention=attention, hidden_dim=8)
        cells.append(build_lstm(config, 300)[0].get_layer("decoder").cell)
    spatial, adaptive = cells
    assert (spatial.attend, adaptive.attend) == ("after", "after")
    sentinel = adaptive.attention.sentinel.count_params() + adaptive.attention.sentinel_dense.count_params()
    assert adaptive.count_params() - spatial.count_params() == sentinel


@pytest.mark.parametrize("attention", ["hard", "spatial"])
def test_transformer_with_recurrent_attention_raises(attention):
    with pytest.raises(ValueError, match=f"Received: attention='{attention}'"):
        build(ModelConfig(architecture="transformer", attention=attention), IMAGE_SIZE, 300)


def test_saved_keras_model_loads_and_fits(exported, adaptive, images):
    model = keras.models.load_model(exported / "model.keras")
    inputs = {"image": images, "caption": CAPTIONS}
    np.testing.assert_allclose(model(inputs), adaptive.network.model(inputs), atol=1e-6)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=PAD)
    model.compile("adam", loss, run_eagerly=True)
    history = model.fit(inputs, CAPTIONS, epochs=3, verbose=0).history["loss"]
    assert history[-1] < history[0]


def test_model_returns_the_gate_of_stepwise_decoding(untrained, images):
    memory = encode(untrained, images)
    outputs = untrained.network.decoder({"memory": memory, "caption": tf.constant(CAPTIONS)})
    _, focuses = stepwise(untrained, memory, CAPTIONS, focus_keys=("gate_heads",))
    gates = np.stack([focus["gate_heads"][:, 0] for focus in focuses], axis=2)  # (batch, layers, T, heads)
    if untrained.config.model.attention == "adaptive":
        np.testing.assert_allclose(outputs["gate"], gates.mean(axis=-1), atol=1e-5)
    else:
        assert "gate" not in outputs
        assert not gates.any()
