"""TFDS builder of `phrases`."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from foveal.datasets.phrases import Phrases, builder
from foveal.datasets.phrases.corpus import splits

SMALL = {"train": 400, "validation": 7, "test": 11, "test_compositions": 13}


@pytest.fixture
def small_splits(monkeypatch):
    monkeypatch.setattr(builder, "splits", lambda: splits(sizes=SMALL))


def test_builder_writes_words_and_gold_alignment(small_splits, tmp_path):
    phrases = Phrases(data_dir=tmp_path)
    phrases.download_and_prepare()
    assert {name: info.num_examples for name, info in phrases.info.splits.items()} == SMALL
    for row in tfds.as_numpy(phrases.as_dataset(split="test")):
        words = {
            language: [row[language][start:end] for start, end in row[f"{language}_spans"]]
            for language in ("en", "pt")
        }
        assert b"".join(words["en"]) == row["en"].replace(b" ", b"")
        assert row["alignment"].dtype == np.int32
        assert (row["alignment"] < [len(words["en"]), len(words["pt"])]).all()
