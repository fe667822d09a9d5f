"""It learns a tiny world, with an encoder that learns and with one whose grids are kept."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.captioning import train as module
from foveal.pipelines.captioning.config import CaptioningConfig, DataConfig, ModelConfig
from foveal.pipelines.captioning.data import plain, prepare
from foveal.pipelines.captioning.image_decoding import read_images
from foveal.pipelines.captioning.objectives.self_critical import FALSE_CAPTION_REWARD
from foveal.pipelines.captioning.train import IndexedRows, train_captioner
from foveal.pipelines.saved_model.export import export
from foveal.pipelines.training.trainer import TrainingConfig


@pytest.fixture(scope="module")
def config(folder):
    return CaptioningConfig(
        data=DataConfig(
            data=str(folder),
            image_size=32,
            vocabulary_size=340,
            max_sequence_length=12,
            captions_per_image=2,
            horizontal_flip=False,
        ),
        model=ModelConfig(hidden_dim=16, num_heads=2, num_layers=1, intermediate_dim=24),
        training=TrainingConfig(
            steps=120,
            validation_freq=60,
            batch_tokens=512,
            num_buckets=1,
            jit_compile=False,
            learning_rate=0.01,
            warmup_steps=10,
            ema_momentum=0.9,
        ),
        self_critical=0,
    )


@pytest.fixture(scope="module")
def data(config):
    return prepare(config.data)


def test_rows_are_shared_by_the_examples_that_name_them():
    rows = IndexedRows(np.array([[1, 2], [3, 4], [5, 6]]), np.array([2, 2, 0]))
    assert rows[np.array([1, 2, 0])].tolist() == [[5, 6], [1, 2], [5, 6]]
    assert rows[np.array([], int)].shape == (0, 2)


@pytest.mark.slow
def test_it_learns_what_is_in_the_pictures(config, data, tmp_path):
    config = dataclasses.replace(config, runs=tmp_path)
    network, captioner, told = train_captioner(config, data)
    assert told["parameters"] == network.model.count_params()
    captions = captioner.describe(module.look(config, network, data.validation, "validation"))
    right = [c in map(plain, own) for c, own in zip(captions, data.validation.references, strict=True)]
    assert np.mean(right) > 0.7


def test_it_goes_on_from_an_exported_model(config, data, tmp_path):
    training = dataclasses.replace(config.training, steps=1, learning_rate=0.0)
    short = dataclasses.replace(config, training=training, runs=tmp_path / "runs")
    first, captioner, _ = train_captioner(short, data)
    export(tmp_path / "saved", captioner, captioner.signatures(), first.model, {})
    seeded = dataclasses.replace(short, training=dataclasses.replace(training, seed=1))
    again, _, _ = train_captioner(dataclasses.replace(seeded, warm_start_from=tmp_path / "saved"), data)
    for one, other in zip(first.model.trainable_weights, again.model.trainable_weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_frozen_encoder_is_asked_once_and_does_not_learn(config, data, tmp_path, monkeypatch):
    asked = []
    original = module.see
    monkeypatch.setattr(module, "trains_encoder", lambda model: False)
    monkeypatch.setattr(module, "see", lambda *args: asked.append(args[-1]) or original(*args))
    training = dataclasses.replace(config.training, steps=2, validation_freq=2)
    config = dataclasses.replace(config, runs=tmp_path, training=training)
    seen = module.look(config, module.build(config.model, 32, 340), data.train, "train")
    assert seen.dtype == np.float16
    assert seen.shape == (len(data.train), 2, 2, 128)
    assert asked == [f"{Path(config.data.data).name}-train-small"]


def test_a_frozen_encoder_is_shown_mirrors(config, data, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "trains_encoder", lambda model: False)
    config = dataclasses.replace(
        config, runs=tmp_path, data=dataclasses.replace(config.data, horizontal_flip=True)
    )
    network = module.build(config.model, 32, 340)
    rows = module.features_with_flips(config, network, data)
    first = read_images(tf.stack(list(data.train.images.take(1))), 32)[0]
    turned = network.encoder(tf.cast(first[:, :, ::-1], tf.float32))
    np.testing.assert_allclose(rows[np.array([len(data.train)])], turned, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("better", [True, False])
def test_drawn_captions_are_kept_only_where_they_made_it_better(config, data, tmp_path, monkeypatch, better):
    """The second training moves every weight to 7, and says how good that is."""

    def fit(folder, training, model, batches, losses, validate, metric):
        if not folder.name.startswith("self-critical"):
            return {f"best_{metric}": 0.5}
        model.set_weights([np.full_like(weight, 7) for weight in model.get_weights()])
        return {f"best_{metric}": 0.6 if better else 0.4}

    monkeypatch.setattr(module, "fit", fit)
    network, _, told = train_captioner(dataclasses.replace(config, runs=tmp_path, self_critical=3), data)
    assert told["self_critical_best_cider"] == (0.6 if better else 0.4)
    weights = network.decoder.trainable_weights
    assert all(np.all(weight.numpy() == 7) for weight in weights) == better


def test_where_truth_is_known_the_best_captions_are_those_worth_most(config, data, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(module, "fit", lambda *args: asked.append(args) or {})
    table = {name: np.array([name]) for name in ("shape", "colour", "size", "texture")}
    table |= {"bbox": np.array([[0.1, 0.1, 0.3, 0.3]]), "hidden_by": np.array([-1])}
    seen = dataclasses.replace(data.validation, objects=[table] * len(data.validation))
    train_captioner(dataclasses.replace(config, runs=tmp_path), dataclasses.replace(data, validation=seen))
    [(*_, validate, metric)] = asked
    told = validate()
    assert metric == "worth"
    assert (told["worth"], told["true"]) == (FALSE_CAPTION_REWARD, 0)  # before it has learned anything
