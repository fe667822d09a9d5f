import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from foveal.datasets.scenes import Scenes, builder
from foveal.datasets.scenes.corpus import splits
from foveal.datasets.scenes.rendering import render_scene

SMALL = {"train": 8, "validation": 2, "test": 5, "test_compositions": 3}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(builder, "splits", lambda: splits(sizes=SMALL))


def test_prepares_its_splits_with_pictures_captions_boxes_and_phrases(small, tmp_path):
    scenes = Scenes(data_dir=tmp_path)
    scenes.download_and_prepare()
    assert {name: info.num_examples for name, info in scenes.info.splits.items()} == SMALL
    drawn = splits(sizes=SMALL)["test"]
    for row, scene in zip(tfds.as_numpy(scenes.as_dataset(split="test")), drawn, strict=True):
        exact = render_scene(scene.placed, scene.seed).astype(float)
        assert row["image"].shape == (128, 128, 3)
        assert np.abs(row["image"] - exact).mean() < 4  # JPEG
        assert [text.decode() for text in row["captions"]] == [caption.text for caption in scene.captions]
        np.testing.assert_array_equal(row["objects"]["bbox"] * 128, [item.box for item in scene.items])
        labels = scenes.info.features["objects"].feature["shape"]
        assert [labels.int2str(label) for label in row["objects"]["shape"]] == [i.shape for i in scene.items]
        np.testing.assert_allclose(
            row["objects"]["visible"], [item.visible for item in scene.items], rtol=1e-6
        )
        gold = [
            (index, phrase.start, phrase.end, named)
            for index, caption in enumerate(scene.captions)
            for phrase in caption.phrases
            for named in phrase.objects
        ]
        found = [row["phrases"][name] for name in ("caption", "start", "end", "object")]
        assert list(zip(*found, strict=True)) == gold


def test_the_same_bytes_twice(small, tmp_path):
    files = []
    for name in ("once", "twice"):
        scenes = Scenes(data_dir=tmp_path / name)
        scenes.download_and_prepare()
        records = sorted(scenes.data_path.glob("*.tfrecord*"))
        files.append({path.name: path.read_bytes() for path in records})
    assert files[0] == files[1]
    assert len(files[0]) == 4


def test_pictures_are_small_jpeg_files(small):
    encoded = builder.example(splits(sizes=SMALL)["train"][0])["image"].getvalue()
    assert tf.io.is_jpeg(encoded)
    assert len(encoded) < 20_000


def test_is_known_by_name(tmp_path):
    assert tfds.builder("scenes", data_dir=tmp_path).name == "scenes"
