"""English morphology."""

import pytest

from foveal.datasets.phrases import english


@pytest.mark.parametrize(
    ("form", "word", "expected"),
    [
        ("plural", "box", "boxes"), ("plural", "city", "cities"), ("plural", "key", "keys"),
        ("plural", "potato", "potatoes"), ("plural", "witch", "witches"),
        ("third_person", "have", "has"), ("third_person", "go", "goes"),
        ("third_person", "carry", "carries"), ("third_person", "buy", "buys"),
        ("participle", "swim", "swimming"), ("participle", "see", "seeing"),
        ("participle", "write", "writing"), ("participle", "read", "reading"),
        ("article", "apple", "an"), ("article", "useful", "a"), ("article", "honest", "an"),
        ("article", "house", "a"), ("article", "ugly", "an"),
    ],
)  # fmt: skip
def test_english_word_form(form, word, expected):
    assert getattr(english, form)(word) == expected


def test_be_agrees_with_person():
    persons = ("1s", "2s", "3s", "1p", "3p")
    assert [english.be("present", p) for p in persons] == ["am", "are", "is", "are", "are"]
    assert [english.be("past", p) for p in persons] == ["was", "were", "was", "were", "were"]
