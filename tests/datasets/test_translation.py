"""Loader of parallel text."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from foveal.datasets import ParallelText, load_translation
from foveal.datasets.columns import BATCH_SIZE
from foveal.datasets.phrases import builder
from foveal.datasets.phrases.corpus import splits

SIZES = {"train": 1500, "validation": 7, "test": 11, "test_compositions": 13}


@pytest.fixture(scope="module")
def corpus():
    return splits(sizes=SIZES)


@pytest.fixture(scope="module")
def data_dir(corpus, prepare_small):
    return prepare_small("phrases", builder, corpus)


def words(text, spans):
    return [text.encode()[start:end].decode() for start, end in spans]


def test_load_translation_phrases_have_gold_alignment_in_both_directions(corpus, data_dir):
    forward = load_translation("phrases", "train", data_dir=data_dir)
    backward = load_translation("phrases", "train", source="pt", data_dir=data_dir)
    assert len(forward) == len(backward) == SIZES["train"] > BATCH_SIZE
    assert forward.alignment is not None
    assert backward.alignment is not None
    assert forward.source_spans is not None
    assert forward.target_spans is not None
    assert backward.target_spans is not None
    for index, pair in enumerate(corpus["train"]):
        assert (forward.source[index], forward.target[index]) == (pair.en.text, pair.pt.text)
        assert words(forward.source[index], forward.source_spans[index]) == pair.en.words
        assert words(forward.target[index], forward.target_spans[index]) == pair.pt.words
        np.testing.assert_array_equal(forward.alignment[index], pair.alignment)
        np.testing.assert_array_equal(backward.alignment[index][:, ::-1], pair.alignment)
        assert (backward.source[index], backward.target[index]) == (pair.pt.text, pair.en.text)
        np.testing.assert_array_equal(backward.target_spans[index], forward.source_spans[index])


def test_load_translation_slice_of_a_split(data_dir):
    assert len(load_translation("phrases", "test[:3]", data_dir=data_dir)) == 3


class TinyPairs(tfds.core.GeneratorBasedBuilder):
    """A set with a nested Translation feature."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        pair = tfds.features.Translation(languages=("de", "en"))
        features = tfds.features.FeaturesDict({"id": tfds.features.Text(), "translation": pair})
        return tfds.core.DatasetInfo(builder=self, features=features)

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for index in range(5):
            yield index, {"id": str(index), "translation": {"de": f"Wort {index}", "en": f"word {index}"}}


def test_load_translation_reads_any_set_with_a_translation_feature(tmp_path):
    loaded = load_translation("tiny_pairs", "train", "en", data_dir=str(tmp_path))
    assert sorted(loaded.source) == [f"word {index}" for index in range(5)]
    assert [line[-1] for line in loaded.target] == [line[-1] for line in loaded.source]
    assert loaded.alignment is None
    backward = load_translation("tiny_pairs", "train", data_dir=str(tmp_path))
    assert (backward.source, backward.target) == (loaded.target, loaded.source)


def test_load_translation_reads_local_files(tmp_path):
    (tmp_path / "pairs.tsv").write_text("one\teins\n" * 20)
    assert len(load_translation(str(tmp_path / "pairs.tsv"), "validation")) == 1
    (tmp_path / "train.jsonl").write_text('{"en": "one", "de": "eins"}\n')
    loaded = load_translation(f"{tmp_path}/{{split}}.jsonl", "train", "de", "en")
    assert (loaded.source, loaded.target) == (["eins"], ["one"])


def test_load_translation_unreachable_set_raises_with_files_and_command(tmp_path, monkeypatch):
    monkeypatch.setattr("foveal.datasets.downloads.is_reachable", lambda url: False)
    with pytest.raises(FileNotFoundError, match=r"make translation DATA=multi30k/en_de") as error:
        load_translation("multi30k/en_de", "train", data_dir=str(tmp_path))
    assert "test_2016_flickr.de.gz, test_2016_flickr.en.gz, train.de.gz" in str(error.value)
    assert ".fr.gz" not in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"data": "no_such_set", "split": "train"}, "`data` must be phrases.*Received: data='no_such_set'"),
        ({"data": "mnist", "split": "train"}, "Translation feature. Received: mnist"),
        ({"data": "phrases", "split": "train", "source": "fr"}, "en, pt. Received: source='fr'"),
        ({"data": "phrases", "split": "train", "source": "pt", "target": "pt"}, "target='pt'"),
        ({"data": "phrases", "split": "dev"}, "dev"),
        ({"data": "phrases", "split": "test[:0]"}, r"an empty split='test\[:0\]' of data='phrases'"),
    ],
)
def test_load_translation_invalid_argument_raises(data_dir, arguments, message):
    with pytest.raises(ValueError, match=message):
        load_translation(**arguments, data_dir=data_dir)


def test_load_translation_file_with_too_few_pairs_raises(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("")
    with pytest.raises(ValueError, match=r"an empty file .*pairs\.tsv"):
        load_translation(str(path), "train")
    path.write_text("one\teins\n")
    with pytest.raises(ValueError, match=r"at least 3 examples, .* Received: 1"):
        load_translation(str(path), "test")


def test_parallel_text_select_keeps_all_columns(data_dir):
    pairs = load_translation("phrases", "test", data_dir=data_dir)
    selected = pairs.select([2, 0, 99])
    assert (selected.source, selected.target) == (
        [pairs.source[2], pairs.source[0]],
        [pairs.target[2], pairs.target[0]],
    )
    assert pairs.alignment is not None
    assert selected.alignment is not None
    np.testing.assert_array_equal(selected.alignment[0], pairs.alignment[2])
    assert ParallelText(["a"], ["b"]).select([0]) == ParallelText(["a"], ["b"])
