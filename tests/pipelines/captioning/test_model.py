"""Every kind of model: its decoder, step by step, is the model that was trained."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.captioning.config import ModelConfig
from foveal.pipelines.captioning.model import build, build_decoder
from foveal.pipelines.captioning.networks.lstm import build_lstm
from foveal.pipelines.text.codec import PAD, START

SIDE = 32
CAPTIONS = np.array([[START, 7, 265, 9], [START, 262, 5, 5]], np.int32)


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(0, 255, (2, SIDE, SIDE, 3)).astype(np.float32)


def memory_of(untrained, pictures):
    return untrained.network.projection(untrained.network.encoder(pictures))


def stepwise(untrained, memory, captions, beams=1, focus_keys=()):
    """Logits of every step `(batch, beams, time, vocabulary)`, and what was told of the focus."""
    start = build_decoder(untrained.network, untrained.config.model).start
    step, state, focus = start(memory, beams, captions.shape[-1], focus_keys)
    logits, told = [], []
    for index in range(captions.shape[-1]):
        tokens = tf.reshape(tf.constant(captions[..., index]), [len(captions), beams])
        out, state, focus = step(tokens, state, tf.constant(index))
        logits.append(out)
        told.append(focus)
    return tf.stack(logits, axis=2).numpy(), told


def test_step_by_step_is_all_at_once(untrained, pictures):
    whole = untrained.network.model({"image": pictures, "caption": CAPTIONS}).numpy()
    stepped, _ = stepwise(untrained, memory_of(untrained, pictures), CAPTIONS)
    np.testing.assert_allclose(stepped[:, 0], whole, atol=1e-5)


def test_beams_that_share_a_picture_are_examples_of_their_own(untrained, pictures):
    beams = np.stack([CAPTIONS, CAPTIONS[:, [0, 3, 2, 1]], CAPTIONS[::-1]], axis=1)  # (2, 3, 4)
    together, _ = stepwise(untrained, memory_of(untrained, pictures), beams, beams=3)
    for beam in range(3):
        alone = untrained.network.model({"image": pictures, "caption": beams[:, beam]}).numpy()
        np.testing.assert_allclose(together[:, beam], alone, atol=1e-5)


def test_the_future_cannot_change_the_past(untrained, pictures):
    later = CAPTIONS.copy()
    later[:, 3] = 100
    before = untrained.network.model({"image": pictures, "caption": CAPTIONS}).numpy()
    after = untrained.network.model({"image": pictures, "caption": later}).numpy()
    np.testing.assert_allclose(after[:, :3], before[:, :3], atol=1e-6)
    assert np.abs(after[:, 3] - before[:, 3]).max() > 1e-4


def test_the_focus_told_step_by_step_is_the_attention_that_training_sees(untrained, pictures):
    memory = memory_of(untrained, pictures)
    trained = untrained.network.decoder({"memory": memory, "caption": tf.constant(CAPTIONS)})[
        "attention"
    ].numpy()
    _, told = stepwise(untrained, memory, CAPTIONS, focus_keys=("attention", "gate"))
    attention = np.stack([focus["attention"].numpy()[:, 0] for focus in told], axis=1)
    gate = np.stack([focus["gate"].numpy()[:, 0] for focus in told], axis=1)
    np.testing.assert_allclose(attention, trained[:, -1], atol=1e-5)
    np.testing.assert_allclose(attention.sum(-1), 1, atol=1e-5)
    assert (gate > 0).all() == (untrained.config.model.attention == "adaptive")
    assert gate.max() <= 1


def test_hard_attention_looks_at_one_cell(untrained, pictures):
    if untrained.config.model.attention != "hard":
        pytest.skip("it may look at several")
    _, told = stepwise(untrained, memory_of(untrained, pictures), CAPTIONS, focus_keys=("attention",))
    assert all(sorted(focus["attention"].numpy()[0, 0])[-2:] == [0, 1] for focus in told)


def test_every_cell_knows_where_it_is(untrained):
    memory = memory_of(untrained, np.full((1, SIDE, SIDE, 3), 99.0, np.float32)).numpy()[0]
    cells = untrained.network.grid[0] * untrained.network.grid[1]
    assert len(np.unique(memory.round(5), axis=0)) == cells


def test_the_memory_is_of_the_picture(untrained, pictures):
    both = memory_of(untrained, pictures).numpy()
    np.testing.assert_allclose(memory_of(untrained, pictures[1:]).numpy()[0], both[1], atol=1e-5)
    assert np.abs(both[0] - both[1]).max() > 0.1


def test_spatial_attention_is_adaptive_attention_without_the_sentinel():
    cells = []
    for attention in ("spatial", "adaptive"):
        config = ModelConfig(architecture="lstm", attention=attention, hidden_dim=8)
        cells.append(build_lstm(config, 300).get_layer("decoder").cell)
    spatial, adaptive = cells
    assert (spatial.attend, adaptive.attend) == ("after", "after")
    sentinel = adaptive.attention.sentinel.count_params() + adaptive.attention.sentinel_dense.count_params()
    assert adaptive.count_params() - spatial.count_params() == sentinel


@pytest.mark.parametrize("attention", ["hard", "spatial"])
def test_what_a_transformer_cannot_do_is_refused(attention):
    with pytest.raises(ValueError, match=f"received attention='{attention}'"):
        build(ModelConfig(architecture="transformer", attention=attention), SIDE, 300)


def test_the_keras_model_loads_with_the_layers_alone_and_fits(exported, adaptive, pictures):
    model = keras.models.load_model(exported / "model.keras")
    inputs = {"image": pictures, "caption": CAPTIONS}
    np.testing.assert_allclose(model(inputs), adaptive.network.model(inputs), atol=1e-6)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=PAD)
    model.compile("adam", loss, run_eagerly=True)
    history = model.fit(inputs, CAPTIONS, epochs=3, verbose=0).history["loss"]
    assert history[-1] < history[0]
