"""Determiners of both languages."""

from random import Random

import pytest

from foveal.datasets.phrases.aligned_words import Word, parse_phrase, realize, word_alignment
from foveal.datasets.phrases.determiners import determine, possessive, sample_numeral, with_preposition


def realize_texts(phrase):
    return realize(phrase.en).text, realize(phrase.pt).text


@pytest.mark.parametrize(
    ("determiner", "english", "portuguese"),
    [
        ("the", "The houses", "As casas"),
        ("bare", "Houses", "Casas"),
        ("her", "Her houses", "As casas dela"),
        ("our", "Our houses", "As nossas casas"),
        ("all", "All the houses", "Todas as casas"),
        ("those", "Those houses", "Aquelas casas"),
    ],
)
def test_determine_matches_translation(determiner, english, portuguese):
    assert realize_texts(determine(determiner, "f", True, parse_phrase("houses", "casas:0"))) == (
        english,
        portuguese,
    )


def test_possessive_follows_portuguese_noun():
    phrase = possessive(parse_phrase("Ana", "a ana:0"), "m", False, parse_phrase("hat", "chapéu:0"))
    assert realize_texts(phrase) == ("Ana's hat", "O chapéu da ana")
    # Ana 's hat; o chapéu da ana: the contraction renders 's
    assert word_alignment(phrase) == [(0, 3), (1, 2), (2, 1)]


def test_sample_numeral_agrees_in_gender():
    numerals = {
        realize_texts(sample_numeral(Random(seed), "f", parse_phrase("cows", "vacas:0")))
        for seed in range(200)
    }
    assert {("Two cows", "Duas vacas"), ("Two hundred cows", "Duzentas vacas")} <= numerals
    assert ("Twelve cows", "Doze vacas") in numerals
    digits = [(english, portuguese) for english, portuguese in numerals if english[0].isdigit()]
    assert all(english.split()[0] == portuguese.split()[0] for english, portuguese in digits)
    assert digits


@pytest.mark.parametrize(
    ("preposition", "word", "expected"),
    [("de", "o", "Do"), ("em", "uma", "Numa"), ("a", "a", "À"), ("por", "as", "Pelas"),
     ("de", "um", "De um"), ("com", "mim", "Comigo"), ("para", "o", "Para o")],
)  # fmt: skip
def test_with_preposition_contracts(preposition, word, expected):
    assert realize(with_preposition(Word(preposition), [Word(word)])).text == expected
