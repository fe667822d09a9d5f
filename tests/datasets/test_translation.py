import numpy as np
import pytest
import tensorflow_datasets as tfds

from foveal.datasets import ParallelText, load_translation
from foveal.datasets.phrases import builder
from foveal.datasets.phrases.corpus import splits

SMALL = {"train": 1500, "validation": 7, "test": 11, "test_compositions": 13}


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setattr(builder, "splits", lambda: splits(sizes=SMALL))
    return str(tmp_path)


def words(text, spans):
    return [text.encode()[a:b].decode() for a, b in spans]


def test_phrases_with_gold_alignment_in_either_direction(home):
    drawn = splits(sizes=SMALL)["train"]
    there = load_translation("phrases", "train", data_dir=home)
    back = load_translation("phrases", "train", source="pt", data_dir=home)
    assert len(there) == len(back) == SMALL["train"]  # more than one batch of the reader
    assert there.alignment is not None
    assert back.alignment is not None
    assert there.source_spans is not None
    assert there.target_spans is not None
    assert back.target_spans is not None
    for i, pair in enumerate(drawn):
        assert (there.source[i], there.target[i]) == (pair.en.text, pair.pt.text)
        assert words(there.source[i], there.source_spans[i]) == pair.en.words
        assert words(there.target[i], there.target_spans[i]) == pair.pt.words
        np.testing.assert_array_equal(there.alignment[i], pair.alignment)
        np.testing.assert_array_equal(back.alignment[i][:, ::-1], pair.alignment)
        assert (back.source[i], back.target[i]) == (pair.pt.text, pair.en.text)
        np.testing.assert_array_equal(back.target_spans[i], there.source_spans[i])


def test_a_slice_of_a_split(home):
    assert len(load_translation("phrases", "test[:3]", data_dir=home)) == 3


class TinyPairs(tfds.core.GeneratorBasedBuilder):
    """A set with a Translation feature beneath another one."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        pair = tfds.features.Translation(languages=("de", "en"))
        features = tfds.features.FeaturesDict({"id": tfds.features.Text(), "translation": pair})
        return tfds.core.DatasetInfo(builder=self, features=features)

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for i in range(5):
            yield i, {"id": str(i), "translation": {"de": f"Wort {i}", "en": f"word {i}"}}


def test_any_set_with_a_translation_feature_by_name(tmp_path):
    loaded = load_translation("tiny_pairs", "train", "en", data_dir=str(tmp_path))
    assert sorted(loaded.source) == [f"word {i}" for i in range(5)]
    assert [line[-1] for line in loaded.target] == [line[-1] for line in loaded.source]
    assert loaded.alignment is None
    backwards = load_translation("tiny_pairs", "train", data_dir=str(tmp_path))
    assert (backwards.source, backwards.target) == (loaded.target, loaded.source)


def test_a_users_own_file(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("one\teins\n" * 20)
    assert len(load_translation(str(path), "validation")) == 1


def test_an_unprepared_set_without_a_network_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr("foveal.datasets.preparation.reachable", lambda url: False)
    with pytest.raises(FileNotFoundError, match=r"make translation DATA=multi30k/en_de") as error:
        load_translation("multi30k/en_de", "train", data_dir=str(tmp_path))
    assert "train.en.gz, train.de.gz, val.en.gz" in str(error.value)
    assert ".fr.gz" not in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"data": "no_such_set", "split": "train"}, "received 'no_such_set'"),
        ({"data": "mnist", "split": "train"}, "Translation feature, mnist has"),
        ({"data": "phrases", "split": "train", "source": "fr"}, "en, pt, received fr to"),
        ({"data": "phrases", "split": "dev"}, "dev"),
        (
            {"data": "phrases", "split": "test[:0]"},
            "split 'test\\[:0\\]' of phrases, received none",
        ),
    ],
)
def test_what_cannot_be_loaded_is_refused(home, arguments, message):
    with pytest.raises(ValueError, match=message):
        load_translation(**arguments, data_dir=home)


def test_an_empty_split_of_a_file_is_refused(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("")
    with pytest.raises(ValueError, match=r"'train' of .*pairs\.tsv, received none"):
        load_translation(str(path), "train")


def test_some_of_the_pairs_keep_what_belongs_to_them(home):
    whole = load_translation("phrases", "test", data_dir=home)
    some = whole.select([2, 0, 99])
    assert (some.source, some.target) == (
        [whole.source[2], whole.source[0]],
        [whole.target[2], whole.target[0]],
    )
    assert whole.alignment is not None
    assert some.alignment is not None
    np.testing.assert_array_equal(some.alignment[0], whole.alignment[2])
    assert ParallelText(["a"], ["b"]).select([0]) == ParallelText(["a"], ["b"])
