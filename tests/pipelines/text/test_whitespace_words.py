import numpy as np

from foveal.pipelines.text.whitespace_words import remove_words, split_on_whitespace


def test_the_words_of_a_text_stand_between_blanks():
    axis = split_on_whitespace("não é  bom")
    assert axis.labels == ["não", "é", "bom"]
    assert axis.offsets.tolist() == [[0, 4], [5, 7], [9, 12]]


def test_what_is_left_has_single_blanks():
    assert remove_words(split_on_whitespace("a  b c d"), np.array([False, True, True, False])) == "a d"
    assert remove_words(split_on_whitespace("a b"), np.ones(2, bool)) == ""
