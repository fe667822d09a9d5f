import dataclasses

import numpy as np
import pytest

from foveal.pipelines.translation.data import prepare
from foveal.pipelines.translation.train import train_translator


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
        validate_every=100,
        learning_rate=0.01,
        warmup=20,
        label_smoothing=0.0,
    )
    model = dataclasses.replace(config.model, width=32, dropout=0.0)
    _, _, told = train_translator(dataclasses.replace(config, model=model), data)
    assert told["best_bleu"] > 60
    assert told["steps"] == 200


def test_a_finished_run_is_not_trained_again(toy_config, data, tmp_path):
    config = with_training(toy_config, tmp_path)
    first, _, told = train_translator(config, data)
    again, _, told_again = train_translator(config, data)
    assert told == told_again
    np.testing.assert_array_equal(first.get_weights()[0], again.get_weights()[0])
