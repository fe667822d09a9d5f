import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.text.codec import END, PAD, START
from foveal.pipelines.training.trainer import common_input_spec
from foveal.pipelines.training.warm_start import load_codec
from foveal.pipelines.translation.data import prepare
from foveal.pipelines.translation.train import losses, train_translator


@pytest.fixture(scope="module")
def data(toy_config):
    return prepare(toy_config.data)


def with_training(config, runs, **training):
    changed = dataclasses.replace(config.training, **training)
    return dataclasses.replace(config, training=changed, runs=runs)


def test_the_same_seed_gives_the_same_metrics_and_weights_twice(toy_config, data, tmp_path):
    results = []
    for name in ("one", "other"):
        model, _, told = train_translator(with_training(toy_config, tmp_path / name), data)
        told.pop("seconds")
        results.append((told, [weight.numpy() for weight in model.trainable_weights]))
    (told, weights), (told_again, weights_again) = results
    assert told == told_again
    for a, b in zip(weights, weights_again, strict=True):
        np.testing.assert_array_equal(a, b)


def test_it_learns(toy_config, data, tmp_path):
    config = with_training(
        toy_config,
        tmp_path,
        steps=200,
        validation_freq=100,
        learning_rate=0.01,
        warmup_steps=20,
        label_smoothing=0.0,
    )
    model = dataclasses.replace(config.model, hidden_dim=32, dropout=0.0)
    _, _, told = train_translator(dataclasses.replace(config, model=model), data)
    assert told["best_bleu"] > 60
    assert told["steps"] == 200


def test_a_finished_run_is_not_trained_again(toy_config, data, tmp_path):
    config = with_training(toy_config, tmp_path)
    first, _, told = train_translator(config, data)
    again, _, told_again = train_translator(config, data)
    assert told == told_again
    np.testing.assert_array_equal(first.get_weights()[0], again.get_weights()[0])


def test_it_goes_on_from_an_exported_model_with_its_pieces(toy_config, data, untrained, exported, tmp_path):
    frozen = with_training(toy_config, tmp_path, steps=1, learning_rate=0.0)
    start = dataclasses.replace(frozen, model=untrained.config.model, start=exported)
    of_other_texts = prepare(toy_config.data, codec=load_codec(exported))
    assert of_other_texts.codec.vocabulary == untrained.codec.vocabulary != data.codec.vocabulary
    model, _, _ = train_translator(start, of_other_texts)
    for one, other in zip(model.trainable_weights, untrained.model.trainable_weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_trace_for_all_shapes_gives_the_losses_of_each(untrained):
    rng = np.random.default_rng(0)
    batches = [
        {
            "source": tf.constant(rng.integers(5, 300, (rows, read)), tf.int32),
            "target": tf.constant(rng.integers(5, 300, (rows, written)), tf.int32),
            "gold": tf.constant(rng.integers(0, 2, (rows, 5, 4)), tf.int32),
        }
        for rows, read, written in ((2, 3, 4), (3, 5, 4), (2, 4, 6))
    ]
    model = dataclasses.replace(untrained.config.model, attention_loss_weight=0.5)
    of = losses(untrained.model, dataclasses.replace(untrained.config, model=model))
    traced = tf.function(of, input_signature=[common_input_spec(batches)])
    for batch in batches:
        found, expected = traced(batch), of(batch)
        for name in expected:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-4)


def test_guidance_adds_how_far_attention_is_from_the_gold_links(untrained):
    batch = {
        "source": tf.constant([[5, 9, 260, END, PAD], [270, 8, END, PAD, PAD]]),
        "target": tf.constant([[START, 7, 265, END], [START, 262, END, PAD]]),
        "gold": tf.constant([[[1, 0, 1, 0], [0, 0, 0, 0]], [[0, 1, 0, 0], [0, 0, 0, 0]]]),
    }

    def loss(attention_loss_weight):
        model = dataclasses.replace(untrained.config.model, attention_loss_weight=attention_loss_weight)
        sums = losses(untrained.model, dataclasses.replace(untrained.config, model=model))
        return float(sums(batch)["loss"])

    inputs = {"source": batch["source"], "target": batch["target"][:, :-1]}
    attention = untrained.model(inputs)["attention"].numpy()
    expected = -(np.log(attention[0, 0, [0, 2]]).mean() + np.log(attention[1, 0, 1]))
    assert loss(0.5) - loss(0.0) == pytest.approx(0.5 * expected, rel=1e-4)
