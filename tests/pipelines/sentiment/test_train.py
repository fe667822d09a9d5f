import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.sentiment.data import prepare
from foveal.pipelines.sentiment.evaluate import evaluate
from foveal.pipelines.sentiment.model import build, watch
from foveal.pipelines.sentiment.train import losses, train_classifier
from foveal.pipelines.training.trainer import common_input_spec


@pytest.fixture(scope="module")
def data(toy_config):
    return prepare(toy_config.data)


def with_training(config, runs, **training):
    changed = dataclasses.replace(config.training, **training)
    return dataclasses.replace(config, training=changed, runs=runs)


def test_it_learns_and_a_finished_run_is_not_trained_again(toy_config, data, tmp_path):
    config = with_training(
        toy_config, tmp_path, steps=120, validation_freq=60, learning_rate=0.02, warmup_steps=10
    )
    model = dataclasses.replace(config.model, hidden_dim=16, dropout=0.0)
    config = dataclasses.replace(config, model=model)
    model, classifier, told = train_classifier(config, data)
    assert told["best_accuracy"] == 100
    assert 0.05 <= told["temperature"] <= 20
    assert evaluate(classifier.serve, data.tests["test"])["accuracy"] == 1
    again, _, told_again = train_classifier(config, data)
    assert told == told_again
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_same_seed_gives_the_same_weights_and_temperature_twice(toy_config, data, tmp_path):
    results = []
    for name in ("one", "other"):
        model, _, told = train_classifier(with_training(toy_config, tmp_path / name), data)
        told.pop("seconds")
        results.append((told, model.get_weights()))
    (told, weights), (told_again, weights_again) = results
    assert told == told_again
    for one, other in zip(weights, weights_again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_loss_is_the_sum_over_texts_and_empty_rows_do_not_count(toy_config):
    text = np.array([[260, 261, 0], [262, 0, 0], [0, 0, 0]], np.int32)
    label = np.array([2, 0, 0], np.int32)
    toy = dataclasses.replace(toy_config.model, dropout=0.0)
    model = build(toy, vocabulary_size=300, classes=3)
    told = losses(lambda batch: watch(model)(batch["text"]), smoothing=0.0)(
        {"text": tf.constant(text), "label": tf.constant(label)}
    )
    likely = tf.math.log_softmax(model(text)).numpy()
    assert float(told["loss"]) == pytest.approx(-likely[0, 2] - likely[1, 0], rel=1e-5)
    assert float(told["tokens"]) == 2
    assert float(told["accuracy"]) == sum(likely[:2].argmax(1) == label[:2])


def test_a_trace_for_all_shapes_gives_the_losses_of_each(untrained):
    if untrained.config.model.attention == "hard":
        pytest.skip("it draws, and other numbers with another batch")
    rng = np.random.default_rng(0)
    batches = [
        {
            "text": tf.constant(rng.integers(260, 290, (rows, pieces)), tf.int32),
            "label": tf.constant(rng.integers(0, 3, rows), tf.int32),
            "gold": tf.constant(rng.integers(0, 2, (rows, 1, 4)), tf.int32),
        }
        for rows, pieces in ((2, 3), (4, 5))
    ]
    watched = watch(untrained.model)
    of = losses(lambda batch: watched(batch["text"]), smoothing=0.1, attention_loss_weight=0.5)
    traced = tf.function(of, input_signature=[common_input_spec(batches)])
    for batch in batches:
        found, expected = traced(batch), of(batch)
        for name in expected:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-4)


def test_guidance_adds_how_far_attention_is_from_the_gold_pieces(toy_config):
    model = build(dataclasses.replace(toy_config.model, dropout=0.0), vocabulary_size=300, classes=3)
    batch = {
        "text": tf.constant([[260, 261, 262], [262, 0, 0]]),
        "label": tf.constant([2, 0]),
        "gold": tf.constant([[[False, True, True]], [[False, False, False]]]),
    }

    def loss(attention_loss_weight):
        return float(losses(lambda b: watch(model)(b["text"]), 0.0, attention_loss_weight)(batch)["loss"])

    attention = watch(model)(batch["text"])["attention"].numpy()
    expected = -np.log(attention[0, 1:]).mean()
    assert loss(0.5) - loss(0.0) == pytest.approx(0.5 * expected, rel=1e-4)
