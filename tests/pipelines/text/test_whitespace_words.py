"""Tests of words between whitespace."""

import numpy as np

from foveal.pipelines.text.whitespace_words import remove_words, split_on_whitespace


def test_split_on_whitespace_labels_and_offsets():
    axis = split_on_whitespace("não é  bom")
    assert axis.labels == ["não", "é", "bom"]
    assert axis.offsets.tolist() == [[0, 4], [5, 7], [9, 12]]


def test_remove_words_joins_with_single_spaces():
    assert remove_words(split_on_whitespace("a  b c d"), np.array([False, True, True, False])) == "a d"
    assert remove_words(split_on_whitespace("a b"), np.ones(2, bool)) == ""
