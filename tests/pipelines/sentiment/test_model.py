"""Every kind of model: what it may see, what it learns, what it tells."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.sentiment.config import ModelConfig
from foveal.pipelines.sentiment.model import build, watch
from foveal.pipelines.text.codec import PAD

IDS = np.array([[270, 261, 262, 5, 261], [263, 5, 262, PAD, PAD]], np.int32)


def test_padding_changes_nothing(untrained):
    watched = watch(untrained.model)
    narrow, wide = watched(IDS), watched(np.pad(IDS, [(0, 0), (0, 4)]))
    for name, expected in narrow.items():
        inside = wide[name][..., :5] if name.startswith("attention") else wide[name]
        np.testing.assert_allclose(inside, expected, atol=1e-5, err_msg=name)


def test_watching_changes_nothing(untrained):
    np.testing.assert_array_equal(watch(untrained.model)(IDS)["logits"], untrained.model(IDS))


def test_order_counts(untrained):
    mixed = IDS[:1, [3, 0, 2, 4, 1]]
    assert not np.allclose(untrained.model(mixed), untrained.model(IDS[:1]), atol=1e-5)


def test_every_weight_learns_and_rows_that_fill_up_a_batch_do_no_harm(untrained):
    weights = [v.value for v in untrained.model.trainable_variables]
    filled = np.pad(IDS, [(0, 1), (0, 0)])
    with tf.GradientTape() as tape:
        logits = untrained.model(filled, training=True)
        loss = tf.reduce_sum(tf.square(logits[:2] - [1.0, 2.0, 4.0]))
    gradients = tape.gradient(loss, weights)
    for variable, gradient in zip(untrained.model.trainable_variables, gradients, strict=True):
        gradient = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(gradient).all(), variable.path
        # softmax does not feel a constant added to all keys, so a key's bias never learns
        assert gradient.any() or "key" in variable.path, variable.path


def test_the_keras_model_loads_with_the_layers_alone_and_fits(exported, untrained):
    model = keras.models.load_model(exported / "model.keras")
    np.testing.assert_allclose(model(IDS), untrained.model(IDS), atol=1e-6)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, run_eagerly=True)
    history = model.fit(IDS, np.array([0, 2]), epochs=4, verbose=0).history["loss"]
    assert history[-1] < history[0]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"width": 6, "heads": 4}, "width must be a multiple of heads, 4. Received: 6"),
        ({"architecture": "hierarchical"}, "expected pieces that end a sentence"),
    ],
)
def test_what_makes_no_sense_is_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        build(ModelConfig(**changed), vocabulary_size=300, classes=2)


@pytest.mark.parametrize(("window", "seen"), [(1, [0, 1, 2]), (2, [0, 1, 2, 3, 4]), (0, list(range(7)))])
def test_a_window_ends_how_far_two_blocks_of_self_attention_see(window, seen):
    config = ModelConfig(
        "transformer", hidden_dim=8, num_heads=2, num_layers=2, intermediate_dim=12, window=window
    )
    model = build(config, vocabulary_size=300, classes=2)
    states = keras.Model(model.input, model.get_layer("encoder_norm").output)
    ids = np.array([[270, 261, 262, 5, 261, 280, 7]], np.int32)
    other = np.where(np.arange(7) == 0, 271, ids)
    changed = np.abs(states(ids) - states(other)).max(axis=-1)[0]
    assert np.flatnonzero(changed > 1e-6).tolist() == seen
