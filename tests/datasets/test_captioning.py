"""Loader of captioned images."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from foveal.datasets import load_captioning, preparation
from foveal.datasets.scenes import builder
from foveal.datasets.scenes.corpus import splits

SIZES = {"train": 6, "validation": 2, "test": 4, "test_compositions": 3}


@pytest.fixture(scope="module")
def corpus():
    return splits(sizes=SIZES)


@pytest.fixture(scope="module")
def data_dir(corpus, prepare_small):
    return prepare_small("scenes", builder, corpus)


def test_load_captioning_scenes_have_gold_objects_and_phrases(corpus, data_dir):
    loaded = load_captioning("scenes", "test", data_dir=data_dir)
    assert loaded.references == [[caption.text for caption in scene.captions] for scene in corpus["test"]]
    assert loaded.objects is not None
    assert loaded.phrases is not None
    for scene, objects, phrases in zip(corpus["test"], loaded.objects, loaded.phrases, strict=True):
        for name in ("shape", "colour", "size", "texture", "hidden_by"):
            assert objects[name].tolist() == [getattr(item, name) for item in scene.objects]
        np.testing.assert_array_equal(objects["bbox"] * 128, [item.box for item in scene.objects])
        for caption, start, end, row in zip(
            *(phrases[name] for name in ("caption", "start", "end", "object")), strict=True
        ):
            words = scene.captions[caption].text.encode()[start:end].decode().split()
            nouns = (objects["shape"][row], "shape", "object")
            assert words[-1].removesuffix("s") in nouns or words[-1].removesuffix("es") in nouns


def test_load_captioning_images_are_encoded_and_can_be_read_again(data_dir):
    loaded = load_captioning("scenes", "train", data_dir=data_dir)
    first, second = ([image.numpy() for image in loaded.images] for _ in range(2))
    assert first == second
    assert len(first) == len(loaded) == SIZES["train"]
    assert all(image.startswith(b"\xff\xd8\xff") for image in first)


def test_load_captioning_slice_of_a_split(data_dir):
    assert len(load_captioning("scenes", "test[:3]", data_dir=data_dir)) == 3


class TinyCaptions(tfds.core.GeneratorBasedBuilder):
    """The layout of coco_captions: captions with ids, objects with labels, four splits."""

    VERSION = tfds.core.Version("1.0.0")
    SIZES = {"train": 3, "restval": 2, "val": 1, "test": 2}

    def _info(self):
        features = {
            "image": tfds.features.Image(encoding_format="png"),
            "image/filename": tfds.features.Text(),
            "captions": tfds.features.Sequence({"id": np.int64, "text": tfds.features.Text()}),
            "objects": tfds.features.Sequence(
                {"bbox": tfds.features.BBoxFeature(), "label": tfds.features.ClassLabel(names=["cat", "dog"])}
            ),
        }
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split, size) for split, size in self.SIZES.items()}

    def _generate_examples(self, split, size):
        for index in range(size):
            box = tfds.features.BBox(0.1, 0.2, 0.3, 0.4)
            captions = [{"id": i, "text": f"{split} {index} {i}"} for i in range(index + 1)]
            yield (
                index,
                {
                    "image": np.full((2, 3, 3), index, np.uint8),
                    "image/filename": "x.png",
                    "captions": captions,
                    "objects": [{"bbox": box, "label": "dog"}] * index,
                },
            )


class SingleCaption(tfds.core.GeneratorBasedBuilder):
    """An image and its only caption, a text with another name."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {"photo": tfds.features.Image(), "title": tfds.features.Text()}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        yield 0, {"photo": np.zeros((2, 2, 3), np.uint8), "title": "Night."}


def test_load_captioning_reads_any_set_with_an_image_and_captions(tmp_path):
    loaded = load_captioning("tiny_captions", "train", data_dir=str(tmp_path))
    assert sorted(loaded.references) == [[f"train {i} {j}" for j in range(i + 1)] for i in range(3)]
    counts = [int(tf.io.decode_png(image)[0, 0, 0]) + 1 for image in loaded.images]
    assert counts == [len(references) for references in loaded.references]
    assert loaded.objects is not None
    labels = [table["label"].tolist() for table in loaded.objects]
    assert labels == [["dog"] * (count - 1) for count in counts]
    assert [table["bbox"].shape for table in loaded.objects] == [(count - 1, 4) for count in counts]
    assert loaded.phrases is None
    single = load_captioning("single_caption", "train", data_dir=str(tmp_path))
    assert single.references == [["Night."]]
    assert single.objects is None


def test_load_captioning_coco_captions_has_the_splits_of_karpathy(tmp_path, monkeypatch):
    assert tfds.builder_cls("coco_captions").name == "coco_captions"
    monkeypatch.setattr(preparation.tfds, "builder", lambda data, data_dir: TinyCaptions(data_dir=data_dir))
    sources = {
        split: sorted({text.split()[0] for references in loaded.references for text in references})
        for split in ("train", "validation", "val", "test", "restval")
        for loaded in [load_captioning("coco_captions", split, data_dir=str(tmp_path))]
    }
    assert sources == {
        "train": ["restval", "train"],
        "validation": ["val"],
        "val": ["val"],
        "test": ["test"],
        "restval": ["restval"],
    }


def test_load_captioning_reads_a_local_folder(tmp_path):
    png = tf.io.encode_png(np.zeros((2, 3, 3), np.uint8)).numpy()
    for index in range(20):
        (tmp_path / f"{index}.png").write_bytes(png)
    (tmp_path / "c.txt").write_text("".join(f"{index}.png#0\tCaption {index}.\n" for index in range(20)))
    loaded = load_captioning(str(tmp_path), "validation")
    assert (len(loaded), loaded.objects, loaded.phrases) == (1, None, None)
    assert [image.numpy() for image in loaded.images] == [png]


@pytest.mark.parametrize(
    ("data", "split", "message"),
    [
        ("no_such_set", "train", "`data` must be scenes.*Received: data='no_such_set'"),
        ("mnist", "train", "an Image and a caption feature. Received: mnist"),
        ("glue/sst2", "train", "an Image and a caption feature. Received: glue"),
        ("scenes", "dev", "dev"),
        ("scenes", "test[:0]", r"an empty split='test\[:0\]' of data='scenes'"),
    ],
)
def test_load_captioning_invalid_argument_raises(data_dir, data, split, message):
    with pytest.raises(ValueError, match=message):
        load_captioning(data, split, data_dir=data_dir)


def test_load_captioning_file_with_too_few_images_raises(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "c.txt").write_text("a.jpg#0\tOne.\n")
    with pytest.raises(ValueError, match=r"at least 3 examples, .* Received: 1"):
        load_captioning(str(tmp_path), "test")
