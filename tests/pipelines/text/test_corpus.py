"""Tests of the loading of splits and the length filter."""

import numpy as np
import pytest

from foveal.pipelines.text.corpus import load_splits, short_examples


def test_load_splits_loads_training_validation_and_tests():
    train, validation, tests = load_splits(str.upper, ["test", "test_compositions"])
    assert (train, validation) == ("TRAIN", "VALIDATION")
    assert tests == {"test": "TEST", "test_compositions": "TEST_COMPOSITIONS"}


def test_short_examples_keeps_examples_up_to_max_sequence_length():
    assert short_examples(np.array([5, 4, 1, 6]), 5, "pairs").tolist() == [0, 1, 2]


def test_only_longer_examples_raise():
    with pytest.raises(ValueError, match="max_sequence_length=2, and 3 captions, all longer"):
        short_examples(np.array([3, 4, 5]), 2, "captions")
