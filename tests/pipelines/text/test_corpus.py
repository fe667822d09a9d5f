"""Tests of the loading of splits, normalization and the length filter."""

import numpy as np
import pytest

from foveal.pipelines.text.corpus import load_splits, normalize_texts, short_examples


def test_load_splits_loads_training_validation_and_tests():
    train, validation, tests = load_splits(str.upper, ["test", "test_compositions"])
    assert (train, validation) == ("TRAIN", "VALIDATION")
    assert tests == {"test": "TEST", "test_compositions": "TEST_COMPOSITIONS"}


def test_normalize_texts_converts_spans_to_bytes_of_normal_texts():
    texts = ["\ufeffa\u00a0big\r\n dog", "cafe\u0301 e\u0301", "plain"]
    spans = [np.array([(3, 4), (6, 9), (12, 15)]), np.array([(0, 6)]), np.zeros((0, 2), int)]
    normal, converted, missing = normalize_texts(texts, spans, None)
    assert converted is not None
    assert normal == ["a big dog", "caf\u00e9 \u00e9", "plain"]
    words = [
        [text.encode()[start:end].decode() for start, end in rows]
        for text, rows in zip(normal, converted, strict=True)
    ]
    assert words == [["a", "big", "dog"], ["caf\u00e9"], []]
    assert missing is None


def test_load_splits_warns_of_few_examples(capsys):
    sizes = {"train": 100, "validation": 1, "test": 99}
    load_splits(lambda name: range(sizes[name]), ["test"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[1] for line in lines] == [
        " only 1 example in validation",
        " only 99 examples in test",
    ]


def test_short_examples_keeps_examples_up_to_max_sequence_length():
    assert short_examples(np.array([5, 4, 1, 6]), 5, "pairs").tolist() == [0, 1, 2]


def test_only_longer_examples_raise():
    with pytest.raises(ValueError, match="max_sequence_length=2, and 3 captions, all longer"):
        short_examples(np.array([3, 4, 5]), 2, "captions")
