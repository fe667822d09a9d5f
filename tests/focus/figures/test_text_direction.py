"""Tests of the direction of texts."""

import pytest

from foveal.focus.figures.text_direction import is_right_to_left, visual_order, word_directions


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["שלום", "hello"], True),
        (["123", "(", "مرحبا"], True),
        (["hello", "שלום"], False),
        (["123", "!"], False),
        (["不", "好"], False),
        ([], False),
    ],
)
def test_direction_is_that_of_the_first_letter(words, expected):
    assert is_right_to_left(words) == expected


@pytest.mark.parametrize(
    ("words", "right_to_left", "line"),
    [
        ("a b c", False, "a b c"),
        ("א ב ג", True, "ג ב א"),
        ("a א ב b", False, "a ב א b"),
        ("א a b ב", True, "ב a b א"),
        ("א ב 12 34 .", True, ". 34 12 ב א"),
        ("א a 12 ב", True, "ב a 12 א"),
        ("א a , b ב", True, "ב a , b א"),
        ("a א , ב .", False, "a ב , א ."),
        ("א a !", True, "! a א"),
        ("12 א", True, "א 12"),
        ("א ( a b ) 7 ב", True, "ב 7 ) a b ( א"),
        ("a א ( ב ) ג b", False, "a ג ) ב ( א b"),
    ],
)
def test_visual_order_follows_the_bidirectional_algorithm(words, right_to_left, line):
    words = words.split()
    order = visual_order(words, right_to_left)
    assert sorted(order) == list(range(len(words)))
    assert [words[index] for index in order] == line.split()


def test_visual_order_of_no_words_is_empty():
    assert visual_order([], True) == []


def test_word_directions_of_numbers_and_punctuation():
    words = ["12", "א", "(", "ב", "3", "a", "4", "-", "!"]
    assert word_directions(words, right_to_left=True) == [*"RRRRRLLRR"]
    assert word_directions(words, right_to_left=False) == [*"LRRRRLLLL"]
