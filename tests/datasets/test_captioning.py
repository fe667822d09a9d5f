import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from foveal.datasets import captioning, load_captioning
from foveal.datasets.scenes import builder
from foveal.datasets.scenes.corpus import splits

SMALL = {"train": 6, "validation": 2, "test": 4, "test_compositions": 3}


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setattr(builder, "splits", lambda: splits(sizes=SMALL))
    return str(tmp_path)


def test_scenes_with_gold_objects_and_phrases(home):
    drawn = splits(sizes=SMALL)["test"]
    loaded = load_captioning("scenes", "test", data_dir=home)
    assert loaded.references == [[caption.text for caption in scene.captions] for scene in drawn]
    assert loaded.objects is not None
    assert loaded.phrases is not None
    for scene, objects, phrases in zip(drawn, loaded.objects, loaded.phrases, strict=True):
        for name in ("shape", "colour", "size", "texture", "hidden_by"):
            assert objects[name].tolist() == [getattr(item, name) for item in scene.items]
        np.testing.assert_array_equal(objects["bbox"] * 128, [item.box for item in scene.items])
        for index, start, end, named in zip(
            *(phrases[n] for n in ("caption", "start", "end", "object")), strict=True
        ):
            words = scene.captions[index].text.encode()[start:end].decode().split()
            nouns = (objects["shape"][named], "shape", "object")
            assert words[-1].removesuffix("s") in nouns or words[-1].removesuffix("es") in nouns


def test_images_stay_encoded_and_can_be_read_again(home):
    loaded = load_captioning("scenes", "train", data_dir=home)
    once, twice = ([image.numpy() for image in loaded.images] for _ in range(2))
    assert once == twice
    assert len(once) == len(loaded) == SMALL["train"]
    assert all(image.startswith(b"\xff\xd8\xff") for image in once)


def test_a_slice_of_a_split(home):
    assert len(load_captioning("scenes", "test[:3]", data_dir=home)) == 3


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
        for i in range(size):
            box = tfds.features.BBox(0.1, 0.2, 0.3, 0.4)
            yield (
                i,
                {
                    "image": np.full((2, 3, 3), i, np.uint8),
                    "image/filename": "x.png",
                    "captions": [{"id": j, "text": f"{split} {i} {j}"} for j in range(i + 1)],
                    "objects": [{"bbox": box, "label": "dog"}] * i,
                },
            )


class OneCaption(tfds.core.GeneratorBasedBuilder):
    """An image and its only caption, which is called otherwise."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {"photo": tfds.features.Image(), "title": tfds.features.Text()}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        yield 0, {"photo": np.zeros((2, 2, 3), np.uint8), "title": "Night."}


def test_any_set_with_an_image_and_captions_by_name(tmp_path):
    loaded = load_captioning("tiny_captions", "train", data_dir=str(tmp_path))
    assert sorted(loaded.references) == [[f"train {i} {j}" for j in range(i + 1)] for i in range(3)]
    pixels = [int(tf.io.decode_png(image)[0, 0, 0]) + 1 for image in loaded.images]
    assert pixels == [len(references) for references in loaded.references]
    assert loaded.objects is not None
    assert [table["label"].tolist() for table in loaded.objects] == [
        ["dog"] * (count - 1) for count in pixels
    ]
    assert [table["bbox"].shape for table in loaded.objects] == [(count - 1, 4) for count in pixels]
    assert loaded.phrases is None
    single = load_captioning("one_caption", "train", data_dir=str(tmp_path))
    assert single.references == [["Night."]]
    assert single.objects is None


def test_coco_captions_has_the_splits_of_karpathy(tmp_path, monkeypatch):
    assert tfds.builder_cls("coco_captions").name == "coco_captions"
    monkeypatch.setattr(captioning.tfds, "builder", lambda data, data_dir: TinyCaptions(data_dir=data_dir))
    found = {
        split: sorted({text.split()[0] for references in loaded.references for text in references})
        for split in ("train", "validation", "val", "test", "restval")
        for loaded in [load_captioning("coco_captions", split, data_dir=str(tmp_path))]
    }
    assert found == {
        "train": ["restval", "train"],
        "validation": ["val"],
        "val": ["val"],
        "test": ["test"],
        "restval": ["restval"],
    }


def test_a_users_own_folder(tmp_path):
    png = tf.io.encode_png(np.zeros((2, 3, 3), np.uint8)).numpy()
    for i in range(20):
        (tmp_path / f"{i}.png").write_bytes(png)
    (tmp_path / "c.txt").write_text("".join(f"{i}.png#0\tCaption {i}.\n" for i in range(20)))
    loaded = load_captioning(str(tmp_path), "validation")
    assert (len(loaded), loaded.objects, loaded.phrases) == (1, None, None)
    assert [image.numpy() for image in loaded.images] == [png]


@pytest.mark.parametrize(
    ("data", "split", "message"),
    [
        ("no_such_set", "train", "received 'no_such_set'"),
        ("mnist", "train", "Image and a caption feature, mnist has"),
        ("glue/sst2", "train", "Image and a caption feature, glue has"),
        ("scenes", "dev", "dev"),
        ("scenes", "test[:0]", r"split 'test\[:0\]' of scenes, received none"),
    ],
)
def test_what_cannot_be_loaded_is_refused(home, data, split, message):
    with pytest.raises(ValueError, match=message):
        load_captioning(data, split, data_dir=home)


def test_a_split_of_a_file_that_is_too_small_for_it_is_refused(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "c.txt").write_text("a.jpg#0\tOne.\n")
    with pytest.raises(ValueError, match=r"captions in split 'test' of .*, received none"):
        load_captioning(str(tmp_path), "test")
