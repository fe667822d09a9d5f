"""Tests of captioner training on images of two colours."""

import dataclasses

import numpy as np
import pytest

from foveal.pipelines.captioning import train
from foveal.pipelines.captioning.columns import image_features
from foveal.pipelines.captioning.data import normalize_caption, prepare
from foveal.pipelines.captioning.objectives.caption_reward import FALSE_FACT_REWARD
from foveal.pipelines.captioning.train import train_captioner
from foveal.pipelines.training.warm_start import load_codec


@pytest.fixture(scope="module")
def data(tiny_config):
    return prepare(tiny_config.data)


@pytest.mark.slow
def test_captioner_learns_two_colours(tiny_config, data, tmp_path):
    config = dataclasses.replace(tiny_config, runs=tmp_path)
    network, captioner, metrics = train_captioner(config, data)
    assert metrics["parameters"] == network.model.count_params()
    captions = captioner.describe(image_features(config, network, data.validation, "validation", tmp_path))
    is_correct = [
        caption in map(normalize_caption, references)
        for caption, references in zip(captions, data.validation.references, strict=True)
    ]
    assert np.mean(is_correct) > 0.7


def test_warm_start_loads_the_exported_weights(tiny_config, adaptive, exported, tmp_path):
    config = dataclasses.replace(
        tiny_config,
        model=adaptive.config.model,
        training=dataclasses.replace(tiny_config.training, steps=1, learning_rate=0.0),
        runs=tmp_path,
        warm_start_from=exported,
    )
    network, _, _ = train_captioner(config, prepare(config.data, load_codec(exported)))
    expected = adaptive.network.model.trainable_weights
    for weight, exported_weight in zip(network.model.trainable_weights, expected, strict=True):
        np.testing.assert_array_equal(weight, exported_weight)


@pytest.mark.parametrize("is_better", [True, False])
def test_self_critical_weights_are_kept_only_if_better(tiny_config, data, tmp_path, monkeypatch, is_better):
    """The stub of the second phase sets every weight to 7 and reports its metric."""

    def fit(folder, training, model, batches, losses, validate, monitor):
        if not folder.name.startswith("self-critical"):
            return {"best_cider": 0.5, "best_chrf": 0.9}
        model.set_weights([np.full_like(weight, 7) for weight in model.get_weights()])
        return {"best_cider": 0.5, "best_chrf": 0.95 if is_better else 0.8}

    monkeypatch.setattr(train, "fit", fit)
    config = dataclasses.replace(tiny_config, runs=tmp_path, self_critical_steps=3)
    network, _, metrics = train_captioner(config, data)
    assert metrics["self_critical_best_chrf"] == (0.95 if is_better else 0.8)
    weights = network.decoder.trainable_weights
    assert all(np.all(weight.numpy() == 7) for weight in weights) == is_better


def test_reward_selects_the_model_with_gold_objects(tiny_config, data, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(train, "fit", lambda *args: calls.append(args) or {})
    table = {name: np.array([name]) for name in ("shape", "colour", "size", "texture")}
    table |= {"bbox": np.array([[0.1, 0.1, 0.3, 0.3]]), "hidden_by": np.array([-1])}
    validation = dataclasses.replace(data.validation, objects=[table] * len(data.validation))
    train_captioner(
        dataclasses.replace(tiny_config, runs=tmp_path), dataclasses.replace(data, validation=validation)
    )
    [(*_, validate, monitor)] = calls
    metrics = validate()
    assert monitor == ["reward", "chrf"]
    assert (metrics["reward"], metrics["true"]) == (FALSE_FACT_REWARD, 0)  # of an untrained model
