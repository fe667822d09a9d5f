"""TFDS builder of `scenes`."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from foveal.datasets.scenes import Scenes, builder
from foveal.datasets.scenes.corpus import splits
from foveal.datasets.scenes.rendering import render_scene

SMALL = {"train": 8, "validation": 2, "test": 5, "test_compositions": 3}


@pytest.fixture
def small_splits(monkeypatch):
    monkeypatch.setattr(builder, "splits", lambda: splits(sizes=SMALL))


def test_builder_writes_images_captions_boxes_and_phrases(small_splits, tmp_path):
    scenes = Scenes(data_dir=tmp_path)
    scenes.download_and_prepare()
    assert {name: info.num_examples for name, info in scenes.info.splits.items()} == SMALL
    expected = splits(sizes=SMALL)["test"]
    for row, scene in zip(tfds.as_numpy(scenes.as_dataset(split="test")), expected, strict=True):
        rendered = render_scene(scene.sprites, scene.seed).astype(float)
        assert row["image"].shape == (128, 128, 3)
        assert np.abs(row["image"] - rendered).mean() < 4  # JPEG is lossy
        assert [text.decode() for text in row["captions"]] == [caption.text for caption in scene.captions]
        np.testing.assert_array_equal(
            row["objects"]["bbox"] * 128, [scene_object.box for scene_object in scene.objects]
        )
        labels = scenes.info.features["objects"].feature["shape"]
        shapes = [labels.int2str(label) for label in row["objects"]["shape"]]
        assert shapes == [scene_object.shape for scene_object in scene.objects]
        np.testing.assert_allclose(
            row["objects"]["visible"], [scene_object.visible for scene_object in scene.objects], rtol=1e-6
        )
        gold = [
            (index, phrase.start, phrase.end, object_index)
            for index, caption in enumerate(scene.captions)
            for phrase in caption.phrases
            for object_index in phrase.objects
        ]
        columns = [row["phrases"][name] for name in ("caption", "start", "end", "object")]
        assert list(zip(*columns, strict=True)) == gold


def test_images_are_small_jpeg_files():
    encoded = builder.example(splits(sizes=SMALL)["train"][0])["image"].getvalue()
    assert tf.io.is_jpeg(encoded)
    assert len(encoded) < 20_000
