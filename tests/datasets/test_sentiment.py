"""Loader of labelled text."""

import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds

from foveal.datasets import load_sentiment
from foveal.datasets.columns import BATCH_SIZE
from foveal.datasets.reviews import builder
from foveal.datasets.reviews.corpus import splits

SIZES = {"train": 1100, "validation": 7, "test": 11, "test_compositions": 13}
UPSTREAM = Path(os.environ.get("FOVEAL_DATA", "")) / "movie_rationales"


@pytest.fixture(scope="module")
def corpus():
    return splits(sizes=SIZES)


@pytest.fixture(scope="module")
def data_dir(corpus, prepare_small):
    return prepare_small("reviews", builder, corpus)


def test_load_sentiment_reviews_have_gold_rationales(corpus, data_dir):
    assert SIZES["train"] > BATCH_SIZE
    for split in SIZES:
        loaded = load_sentiment("reviews", split, data_dir=data_dir)
        assert len(loaded) == SIZES[split]
        assert loaded.classes == ["negative", "positive"]
        assert loaded.rationales is not None
        assert loaded.sentences is not None
        assert loaded.phenomena is not None
        for index, review in enumerate(corpus[split]):
            assert (loaded.text[index], loaded.label[index]) == (review.text, review.positive)
            assert [tuple(span) for span in loaded.rationales[index]] == review.rationales
            assert [tuple(span) for span in loaded.sentences[index]] == review.sentences
            assert loaded.phenomena[index] == review.phenomena


class TinySet(tfds.core.GeneratorBasedBuilder):
    """A set with `sizes` texts in its splits; the splits in `unlabelled` have no labels."""

    VERSION = tfds.core.Version("1.0.0")
    sizes = {"train": 100, "validation": 20, "test": 10}
    unlabelled = ()
    has_passages = False

    def _info(self):
        features = {
            "sentence": tfds.features.Text(),
            "stars": tfds.features.ClassLabel(names=["bad", "fair", "good"]),
            "id": tfds.features.Scalar(np.int32),
        }
        if self.has_passages:
            features["evidences"] = tfds.features.Sequence(tfds.features.Text())
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {name: self._generate_examples(name) for name in self.sizes}

    def _generate_examples(self, split):
        for index in range(self.sizes[split]):
            stars = -1 if split in self.unlabelled else index % 3
            row = {"sentence": f"{split} {index}", "stars": stars, "id": index}
            yield index, row | ({"evidences": [str(index)]} if self.has_passages else {})


class TinyTrainAndTest(TinySet):
    sizes = {"train": 100, "test": 10}


class TinyTrainOnly(TinySet):
    sizes = {"train": 100}


class TinyUnlabelledTest(TinySet):
    unlabelled = ("test",)


class TinyPassages(TinySet):
    has_passages = True


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tiny_set", {"train": ("train", 100), "validation": ("validation", 20), "test": ("test", 10)}),
        ("tiny_train_and_test", {"train": ("train", 95), "validation": ("train", 5), "test": ("test", 10)}),
        ("tiny_train_only", {"train": ("train", 90), "validation": ("train", 5), "test": ("train", 5)}),
        (
            "tiny_unlabelled_test",
            {"train": ("train", 95), "validation": ("train", 5), "test": ("validation", 20)},
        ),
    ],
)
def test_load_sentiment_holds_out_missing_splits(tmp_path, name, expected):
    loaded = {split: load_sentiment(name, split, str(tmp_path)) for split in expected}
    texts = [text for split in loaded.values() for text in split.text]
    assert len(set(texts)) == len(texts) == sum(count for _, count in expected.values())
    for split, (source, count) in expected.items():
        assert len(loaded[split]) == count
        for text, label in zip(loaded[split].text, loaded[split].label, strict=True):
            assert text.split()[0] == source
            assert label == int(text.split()[1]) % 3
        assert loaded[split].classes == ["bad", "fair", "good"]
        assert loaded[split].rationales is None
        assert load_sentiment(name, split, str(tmp_path)).text == loaded[split].text


def test_load_sentiment_passages_become_spans(tmp_path):
    loaded = load_sentiment("tiny_passages", "test", str(tmp_path))
    assert loaded.rationales is not None
    for text, spans in zip(loaded.text, loaded.rationales, strict=True):
        assert [text[start:end] for start, end in spans] == [text.split()[1]]


def test_load_sentiment_slice_is_read_unchanged(tmp_path):
    assert len(load_sentiment("tiny_train_only", "train[:30]", str(tmp_path))) == 30


def test_load_sentiment_reads_local_files(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("text,label\n" + "one,b\ntwo,a\n" * 30)
    loaded = load_sentiment(str(path), "validation")
    assert loaded.classes == ["a", "b"]
    labels = [loaded.classes[index] for index in loaded.label]
    assert labels == [{"one": "b", "two": "a"}[text] for text in loaded.text]
    assert len(loaded) == 3


def test_load_sentiment_selects_columns_of_files_and_features_of_sets(tmp_path, monkeypatch):
    path = tmp_path / "own.csv"
    path.write_text("stars,Review\n" + "b,one\na,two\n" * 30)
    loaded = load_sentiment(str(path), "test", text_column="review", label_column="stars")
    assert set(loaded.text) <= {"one", "two"}
    monkeypatch.setattr("foveal.datasets.downloads.is_reachable", lambda url: False)
    with pytest.raises(FileNotFoundError, match="Missing files"):  # its features are valid
        load_sentiment("glue/mnli", "train", str(tmp_path), text_column="premise")
    for columns in ({"text_column": "label"}, {"text_column": "premise", "label_column": "stars"}):
        with pytest.raises(ValueError, match="must name one of each"):
            load_sentiment("glue/mnli", "train", str(tmp_path), **columns)


def test_load_sentiment_unreachable_set_raises_with_files_and_command(tmp_path, monkeypatch):
    monkeypatch.setattr("foveal.datasets.downloads.is_reachable", lambda url: False)
    with pytest.raises(FileNotFoundError, match=r"make sentiment DATA=imdb_reviews") as error:
        load_sentiment("imdb_reviews", "train", data_dir=str(tmp_path))
    assert "Missing files: aclImdb_v1.tar.gz." in str(error.value)
    with pytest.raises(FileNotFoundError, match=r"Missing files: SST-2\.zip\."):
        load_sentiment("glue/sst2", "train", data_dir=str(tmp_path))


@pytest.mark.parametrize(
    ("data", "split", "message"),
    [
        ("no_such_set", "train", "`data` must be reviews.*Received: data='no_such_set'"),
        ("mnist", "train", "one Text and one ClassLabel feature, or .* Received: mnist"),
        ("glue/mnli", "train", "one Text and one ClassLabel feature, or .* Received: glue"),
        ("tiny_set", "dev", "dev"),
        ("tiny_set", "test[:0]", r"an empty split='test\[:0\]' of data='tiny_set'"),
        ("tiny_unlabelled_test", "test[:2]", r"must have labels. Received: label=-1 in split='test\[:2\]'"),
    ],
)
def test_load_sentiment_invalid_argument_raises(tmp_path, data, split, message):
    with pytest.raises(ValueError, match=message):
        load_sentiment(data, split, str(tmp_path))


@pytest.mark.skipif(
    not UPSTREAM.is_dir(), reason="FOVEAL_DATA names no folder that contains movie_rationales"
)
def test_load_sentiment_locates_the_rationales_of_movie_rationales(tmp_path):
    loaded = load_sentiment("movie_rationales", "validation", str(tmp_path), str(UPSTREAM))
    assert loaded.rationales is not None
    assert sum(len(spans) > 0 for spans in loaded.rationales) > 0.98 * len(loaded)


def test_labelled_text_select_keeps_all_columns(data_dir):
    texts = load_sentiment("reviews", "test", data_dir=data_dir)
    selected = texts.select([2, 0, 99])
    assert selected.text == [texts.text[2], texts.text[0]]
    assert selected.label.tolist() == texts.label[[2, 0]].tolist()
    assert texts.rationales is not None
    assert selected.rationales is not None
    np.testing.assert_array_equal(selected.rationales[1], texts.rationales[0])
    assert selected.phenomena == [(texts.phenomena or [])[2], (texts.phenomena or [])[0]]
