import pytest
import tensorflow_datasets as tfds

from foveal.datasets.reviews import Reviews, builder
from foveal.datasets.reviews.corpus import splits

SMALL = {"train": 500, "validation": 7, "test": 11, "test_compositions": 13}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(builder, "splits", lambda: splits(sizes=SMALL))


def test_prepares_its_splits_with_labels_and_gold_rationales(small, tmp_path):
    reviews = Reviews(data_dir=tmp_path)
    reviews.download_and_prepare()
    assert {name: info.num_examples for name, info in reviews.info.splits.items()} == SMALL
    assert reviews.info.features["label"].names == ["negative", "positive"]
    name_of = reviews.info.features["phenomena"].feature.int2str
    drawn = splits(sizes=SMALL)["test"]
    for row, review in zip(tfds.as_numpy(reviews.as_dataset(split="test")), drawn, strict=True):
        assert (row["text"].decode(), row["label"]) == (review.text, review.positive)
        assert [tuple(span) for span in row["rationales"]] == review.rationales
        assert b" ".join(row["text"][a:b] for a, b in row["sentences"]) == row["text"]
        assert [name_of(i) for i in row["phenomena"]] == review.phenomena


def test_the_same_bytes_twice(small, tmp_path):
    files = []
    for name in ("once", "twice"):
        reviews = Reviews(data_dir=tmp_path / name)
        reviews.download_and_prepare()
        records = sorted(reviews.data_path.glob("*.tfrecord*"))
        files.append({path.name: path.read_bytes() for path in records})
    assert files[0] == files[1]
    assert len(files[0]) == 4


def test_is_known_by_name(tmp_path):
    assert tfds.builder("reviews", data_dir=tmp_path).name == "reviews"
