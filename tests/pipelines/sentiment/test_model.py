"""Tests of every architecture: padding, gradients, attention outputs, n-gram logits, serialization."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.sentiment.config import ModelConfig
from foveal.pipelines.sentiment.model import build, with_attention_outputs, with_ngram_logits_input
from foveal.pipelines.sentiment.networks.hashed_ngrams import ngram_ids
from foveal.pipelines.text.codec import PAD

IDS = np.array([[270, 261, 262, 5, 261], [263, 5, 262, PAD, PAD]], np.int32)


def test_padding_does_not_change_outputs(untrained):
    model = untrained.attention_model
    outputs, padded = model(IDS), model(np.pad(IDS, [(0, 0), (0, 4)]))
    for name, expected in outputs.items():
        actual = padded[name][..., :5] if name.startswith("attention") else padded[name]
        np.testing.assert_allclose(actual, expected, atol=1e-5, err_msg=name)


def test_attention_outputs_do_not_change_logits(untrained):
    np.testing.assert_array_equal(untrained.attention_model(IDS)["logits"], untrained.model(IDS))


def test_attention_outputs_of_loaded_model_match(untrained, tmp_path):
    untrained.model.save(tmp_path / "model.keras")
    keras.utils.clear_session()  # names of operations count from 1 again, as in another process
    loaded = with_attention_outputs(keras.saving.load_model(tmp_path / "model.keras"))
    for name, expected in untrained.attention_model(IDS).items():
        np.testing.assert_allclose(loaded(IDS)[name], expected, atol=1e-6, err_msg=name)


def test_token_order_changes_logits(untrained):
    permuted = IDS[:1, [3, 0, 2, 4, 1]]
    assert not np.allclose(untrained.model(permuted), untrained.model(IDS[:1]), atol=1e-5)


def test_every_weight_has_finite_gradient_with_empty_rows(untrained):
    weights = [v.value for v in untrained.model.trainable_variables]
    with_empty_row = np.pad(IDS, [(0, 1), (0, 0)])
    with tf.GradientTape() as tape:
        logits = untrained.model(with_empty_row, training=True)
        loss = tf.reduce_sum(tf.square(logits[:2] - [1.0, 2.0, 4.0]))
    gradients = tape.gradient(loss, weights)
    for variable, gradient in zip(untrained.model.trainable_variables, gradients, strict=True):
        gradient = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(gradient).all(), variable.path
        # softmax is invariant to a constant added to all keys, so the bias of the keys has no gradient
        assert gradient.any() or "key" in variable.path, variable.path


def test_saved_keras_model_loads_and_fits(untrained, tmp_path):
    untrained.model.save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(model(IDS), untrained.model(IDS), atol=1e-6)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, run_eagerly=True)
    history = model.fit(IDS, np.array([0, 2]), epochs=4, verbose=0).history["loss"]
    assert history[-1] < history[0]


def test_ngram_logits_input_matches_table(untrained):
    if untrained.config.model.architecture != "pooling":
        pytest.skip("only pooling has n-gram logits")
    model, config = untrained.model, untrained.config.model
    table = model.get_layer("ngram_table").embeddings.numpy()
    logits = sum(table[ids] for ids in ngram_ids(IDS, config.ngrams, config.num_bins))
    with_input = with_ngram_logits_input(model)
    for name, expected in untrained.attention_model(IDS).items():
        np.testing.assert_allclose(with_input([IDS, logits])[name], expected, atol=1e-6, err_msg=name)
    assert not np.allclose(with_input([IDS, -logits])["logits"], model(IDS), atol=1e-3)
    own_variables = {id(variable) for variable in model.variables}
    assert {id(variable) for variable in with_input.variables} <= own_variables


def test_pooling_model_saves_after_ngram_logits_input(untrained, tmp_path):
    if untrained.config.model.architecture != "pooling":
        pytest.skip("only pooling has n-gram logits")
    with_ngram_logits_input(untrained.model)
    untrained.model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(IDS), untrained.model(IDS), atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_dim": 6, "num_heads": 4}, "multiple of `num_heads`. Received: hidden_dim=6, num_heads=4"),
        ({"architecture": "hierarchical"}, "`sentence_end_ids` must not be empty"),
    ],
)
def test_invalid_config_raises(settings, message):
    with pytest.raises(ValueError, match=message):
        build(ModelConfig(**settings), vocabulary_size=300, num_classes=2)


@pytest.mark.parametrize(
    ("window_size", "receptive_field"), [(1, [0, 1, 2]), (2, [0, 1, 2, 3, 4]), (0, list(range(7)))]
)
def test_window_size_bounds_receptive_field_of_two_layers(window_size, receptive_field):
    config = ModelConfig(
        architecture="transformer",
        hidden_dim=8,
        num_heads=2,
        num_layers=2,
        intermediate_dim=12,
        window_size=window_size,
    )
    model = build(config, vocabulary_size=300, num_classes=2)
    states = keras.Model(model.input, model.get_layer("encoder_norm").output)
    ids = np.array([[270, 261, 262, 5, 261, 280, 7]], np.int32)
    other_ids = np.where(np.arange(7) == 0, 271, ids)
    difference = np.abs(states(ids) - states(other_ids)).max(axis=-1)[0]
    assert np.flatnonzero(difference > 1e-6).tolist() == receptive_field
