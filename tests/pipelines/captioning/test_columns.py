"""Tests of the training columns: cached features, flips and gold annotations."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.captioning import columns
from foveal.pipelines.captioning.columns import IndexedRows, features_with_flips, image_features
from foveal.pipelines.captioning.data import EncodedCaption, prepare
from foveal.pipelines.captioning.image_decoding import decode_images
from foveal.pipelines.captioning.model import build


@pytest.fixture(scope="module")
def data(tiny_config):
    return prepare(tiny_config.data)


@pytest.fixture(scope="module")
def frozen(tiny_config):
    """Return a network whose encoder is frozen."""
    network = build(tiny_config.model, tiny_config.data.image_size, tiny_config.data.vocabulary_size)
    return dataclasses.replace(network, trains_encoder=False)


def test_indexed_rows_are_shared_by_examples():
    rows = IndexedRows(np.array([[1, 2], [3, 4], [5, 6]]), np.array([2, 2, 0]))
    assert rows[np.array([1, 2, 0])].tolist() == [[5, 6], [1, 2], [5, 6]]
    assert rows[np.array([], int)].shape == (0, 2)


def test_frozen_encoder_is_cached_by_name(tiny_config, data, frozen, tmp_path, monkeypatch):
    names = []
    original = columns.cache_features
    monkeypatch.setattr(columns, "cache_features", lambda *args: names.append(args[-1]) or original(*args))
    features = image_features(tiny_config, frozen, data.train, "train", tmp_path)
    assert features.dtype == np.float16
    assert features.shape == (len(data.train), 2, 2, 128)
    assert names == [f"{Path(tiny_config.data.data).name}-train-small"]


def test_frozen_encoder_encodes_flipped_images(tiny_config, data, frozen, tmp_path):
    flip = EncodedCaption(len(data.train), 0, data.examples[0][0].ids)
    with_flip = dataclasses.replace(data, examples=[*data.examples, [flip]])
    rows = features_with_flips(tiny_config, frozen, with_flip, tmp_path)
    pixels = decode_images(tf.stack(list(data.train.images.take(1))), tiny_config.data.image_size)[0]
    expected = frozen.encoder(tf.cast(pixels[:, :, ::-1], tf.float32))
    np.testing.assert_allclose(rows[np.array([len(data.train)])], expected, rtol=2e-3, atol=2e-3)
