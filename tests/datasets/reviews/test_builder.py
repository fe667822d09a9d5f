"""TFDS builder of `reviews`."""

import pytest
import tensorflow_datasets as tfds

from foveal.datasets.reviews import Reviews, builder
from foveal.datasets.reviews.corpus import splits

SMALL = {"train": 500, "validation": 7, "test": 11, "test_compositions": 13}


@pytest.fixture
def small_splits(monkeypatch):
    monkeypatch.setattr(builder, "splits", lambda: splits(sizes=SMALL))


def test_builder_writes_labels_and_gold_rationales(small_splits, tmp_path):
    reviews = Reviews(data_dir=tmp_path)
    reviews.download_and_prepare()
    assert {name: info.num_examples for name, info in reviews.info.splits.items()} == SMALL
    assert reviews.info.features["label"].names == ["negative", "positive"]
    name_of = reviews.info.features["phenomena"].feature.int2str
    expected = splits(sizes=SMALL)["test"]
    for row, review in zip(tfds.as_numpy(reviews.as_dataset(split="test")), expected, strict=True):
        assert (row["text"].decode(), row["label"]) == (review.text, review.positive)
        assert [tuple(span) for span in row["rationales"]] == review.rationales
        assert b" ".join(row["text"][start:end] for start, end in row["sentences"]) == row["text"]
        assert [name_of(label) for label in row["phenomena"]] == review.phenomena
