"""Tests of words as units of faithfulness tests."""

import numpy as np

from foveal.focus import word_axis
from foveal.pipelines.text.word_units import first_token_of_words, remove_words


def test_remove_words_keeps_the_spaces_of_the_text():
    assert remove_words(word_axis("a b c d"), np.array([False, True, True, False])) == "a d"
    assert remove_words(word_axis("a b"), np.ones(2, bool)) == ""
    assert remove_words(word_axis("a  b\n"), np.zeros(2, bool)) == "a  b"


def test_remove_words_of_unspaced_text_removes_single_words():
    words = word_axis("我不喜欢这部电影。")
    assert len(words) == 8
    assert remove_words(words, np.arange(8) == 1) == "我喜欢这部电影。"


def test_first_token_of_words_of_unspaced_text():
    offsets = [(0, 6), (6, 9), (9, 12), (12, 15), (15, 15)]  # the first token holds two words
    assert first_token_of_words(offsets, word_axis("电影很好。")).tolist() == [0, 1, 2]
