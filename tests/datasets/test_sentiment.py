import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds

from foveal.datasets import load_sentiment
from foveal.datasets.reviews import builder
from foveal.datasets.reviews.corpus import splits

SMALL = {"train": 1100, "validation": 7, "test": 11, "test_compositions": 13}
REAL = Path(os.environ.get("FOVEAL_DATA", "")) / "movie_rationales"


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setattr(builder, "splits", lambda: splits(sizes=SMALL))
    return str(tmp_path)


def test_reviews_with_gold_rationales(home):
    drawn = splits(sizes=SMALL)
    for split in SMALL:  # train is more than one batch of the reader
        loaded = load_sentiment("reviews", split, data_dir=home)
        assert len(loaded) == SMALL[split]
        assert loaded.classes == ["negative", "positive"]
        assert loaded.rationales is not None
        assert loaded.sentences is not None
        assert loaded.phenomena is not None
        for i, review in enumerate(drawn[split]):
            assert (loaded.text[i], loaded.label[i]) == (review.text, review.positive)
            assert [tuple(span) for span in loaded.rationales[i]] == review.rationales
            assert [tuple(span) for span in loaded.sentences[i]] == review.sentences
            assert loaded.phenomena[i] == review.phenomena


class TinySet(tfds.core.GeneratorBasedBuilder):
    """A set whose splits, by name, hold so many texts; those of `blank` have no labels."""

    VERSION = tfds.core.Version("1.0.0")
    sizes, blank, passages = {"train": 100, "validation": 20, "test": 10}, (), False

    def _info(self):
        features = {
            "sentence": tfds.features.Text(),
            "stars": tfds.features.ClassLabel(names=["bad", "fair", "good"]),
            "id": tfds.features.Scalar(np.int32),
        }
        if self.passages:
            features["evidences"] = tfds.features.Sequence(tfds.features.Text())
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {name: self._generate_examples(name) for name in self.sizes}

    def _generate_examples(self, split):
        for i in range(self.sizes[split]):
            row = {"sentence": f"{split} {i}", "stars": -1 if split in self.blank else i % 3, "id": i}
            yield i, row | ({"evidences": [str(i)]} if self.passages else {})


class TinyTrainAndTest(TinySet):
    sizes = {"train": 100, "test": 10}


class TinyTrainAlone(TinySet):
    sizes = {"train": 100}


class TinyBlankTest(TinySet):
    blank = ("test",)


class TinyPassages(TinySet):
    passages = True


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tiny_set", {"train": ("train", 100), "validation": ("validation", 20), "test": ("test", 10)}),
        ("tiny_train_and_test", {"train": ("train", 95), "validation": ("train", 5), "test": ("test", 10)}),
        ("tiny_train_alone", {"train": ("train", 90), "validation": ("train", 5), "test": ("train", 5)}),
        (
            "tiny_blank_test",
            {"train": ("train", 95), "validation": ("train", 5), "test": ("validation", 20)},
        ),
    ],
)
def test_a_missing_split_is_held_out_of_another(tmp_path, name, expected):
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


def test_passages_become_spans(tmp_path):
    loaded = load_sentiment("tiny_passages", "test", str(tmp_path))
    assert loaded.rationales is not None
    for text, spans in zip(loaded.text, loaded.rationales, strict=True):
        assert [text[a:b] for a, b in spans] == [text.split()[1]]


def test_a_slice_is_taken_as_it_is(tmp_path):
    assert len(load_sentiment("tiny_train_alone", "train[:30]", str(tmp_path))) == 30


def test_a_users_own_file(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("text,label\n" + "one,b\ntwo,a\n" * 30)
    loaded = load_sentiment(str(path), "validation")
    assert loaded.classes == ["a", "b"]
    assert [loaded.classes[i] for i in loaded.label] == [{"one": "b", "two": "a"}[t] for t in loaded.text]
    assert len(loaded) == 3


def test_an_unprepared_set_without_a_network_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr("foveal.datasets.preparation.reachable", lambda url: False)
    with pytest.raises(FileNotFoundError, match=r"make sentiment DATA=imdb_reviews") as error:
        load_sentiment("imdb_reviews", "train", data_dir=str(tmp_path))
    assert "aclImdb_v1.tar.gz" in str(error.value)


@pytest.mark.parametrize(
    ("data", "split", "message"),
    [
        ("no_such_set", "train", "received 'no_such_set'"),
        ("mnist", "train", "one Text and one ClassLabel feature, mnist has"),
        ("glue/mnli", "train", "one Text and one ClassLabel feature, glue has"),
        ("tiny_set", "dev", "dev"),
        ("tiny_set", "test[:0]", r"texts in split 'test\[:0\]' of tiny_set, received none"),
        ("tiny_blank_test", "test[:2]", r"a label for each text of split 'test\[:2\]'.*, received -1"),
    ],
)
def test_what_cannot_be_loaded_is_refused(tmp_path, data, split, message):
    with pytest.raises(ValueError, match=message):
        load_sentiment(data, split, str(tmp_path))


@pytest.mark.skipif(not REAL.is_dir(), reason="the archive of movie_rationales is not here")
def test_rationales_of_the_real_set_are_found(tmp_path):
    loaded = load_sentiment("movie_rationales", "validation", str(tmp_path), str(REAL))
    assert loaded.rationales is not None
    assert sum(len(spans) > 0 for spans in loaded.rationales) > 0.98 * len(loaded)


def test_some_of_the_texts_keep_what_belongs_to_them(home):
    whole = load_sentiment("reviews", "test", data_dir=home)
    some = whole.select([2, 0, 99])
    assert some.text == [whole.text[2], whole.text[0]]
    assert some.label.tolist() == whole.label[[2, 0]].tolist()
    assert whole.rationales is not None
    assert some.rationales is not None
    np.testing.assert_array_equal(some.rationales[1], whole.rationales[0])
    assert some.phenomena == [(whole.phenomena or [])[2], (whole.phenomena or [])[0]]
