import numpy as np

from foveal.pipelines.words import words_left, words_of


def test_the_words_of_a_text_stand_between_blanks():
    axis = words_of("não é  bom")
    assert axis.labels == ["não", "é", "bom"]
    assert axis.offsets.tolist() == [[0, 4], [5, 7], [9, 12]]


def test_what_is_left_has_single_blanks():
    assert words_left(words_of("a  b c d"), np.array([False, True, True, False])) == "a d"
    assert words_left(words_of("a b"), np.ones(2, bool)) == ""
