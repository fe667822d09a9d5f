"""Training of the encoder on object detection."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.captioning import train
from foveal.pipelines.captioning.data import prepare
from foveal.pipelines.captioning.model import build
from foveal.pipelines.captioning.train import train_captioner
from foveal.pipelines.captioning.train_encoder import freeze_encoder, train_encoder


def halves(pixels):
    """Return the objects of an image of two colours: the colour of each half, by its brightest channel."""
    names = np.array(["red", "green", "blue"])
    colours = [names[np.argmax(half.mean((0, 1)))] for half in np.split(pixels, 2, axis=1)]
    boxes = np.array([[0.0, 0.0, 1.0, 0.5], [0.0, 0.5, 1.0, 1.0]])
    return {"colour": np.array(colours), "bbox": boxes}


def with_objects(split):
    tables = [halves(tf.io.decode_image(encoded).numpy()) for encoded in split.images]
    return dataclasses.replace(split, objects=tables)


@pytest.fixture(scope="module")
def data(tiny_config):
    data = prepare(tiny_config.data)
    splits = {name: with_objects(getattr(data, name)) for name in ("train", "validation")}
    return dataclasses.replace(data, **splits)


def test_encoder_learns_the_objects(tiny_config, data, tmp_path):
    model = dataclasses.replace(tiny_config.model, object_steps=40)
    config = dataclasses.replace(tiny_config, model=model, runs=tmp_path)
    network = build(config.model, config.data.image_size, len(data.codec.vocabulary))
    before = network.decoder.get_weights()
    metrics = train_encoder(config, network, data, tmp_path)
    assert metrics["best_objects"] > 0.9  # by chance one third
    for weight, old in zip(network.decoder.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_captions_do_not_change_an_encoder_that_knows_the_objects(tiny_config, data, tmp_path, monkeypatch):
    encoders = []

    def freeze(network):
        encoders.append(network.encoder.get_weights())
        return freeze_encoder(network)

    monkeypatch.setattr(train, "freeze_encoder", freeze)
    training = dataclasses.replace(tiny_config.training, steps=3)
    network, captioner, metrics = train_captioner(
        dataclasses.replace(tiny_config, training=training, runs=tmp_path), data
    )
    assert metrics["encoder_steps"] == metrics["steps"] == 3
    for weight, after_objects in zip(network.encoder.get_weights(), *encoders, strict=True):
        np.testing.assert_array_equal(weight, after_objects)
    pixels = np.stack([tf.io.decode_image(image) for image in data.validation.images.take(4)])
    grids = network.encoder(tf.cast(pixels, tf.float32)).numpy().astype(np.float16)
    images = tf.stack(list(data.validation.images.take(4)))
    texts = [text.decode() for text in captioner.signatures()["fast"](images)["text"].numpy()]
    assert captioner.describe(grids) == texts


@pytest.mark.parametrize("steps", [0, None])
def test_encoder_is_trained_with_captions_without_objects(tiny_config, tmp_path, steps):
    training = dataclasses.replace(tiny_config.training, steps=2)
    model = dataclasses.replace(tiny_config.model, object_steps=steps)
    config = dataclasses.replace(tiny_config, model=model, training=training, runs=tmp_path)
    network, _, metrics = train_captioner(config, prepare(config.data))
    assert network.trains_encoder
    assert "encoder_steps" not in metrics
