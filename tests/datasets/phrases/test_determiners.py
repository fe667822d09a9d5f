from random import Random

import pytest

from foveal.datasets.phrases.aligned_words import Word, parse_phrase, realize, word_alignment
from foveal.datasets.phrases.determiners import count, determine, own, with_preposition


def both(built):
    return realize(built.en).text, realize(built.pt).text


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
def test_each_language_has_its_own_place_for_it(determiner, english, portuguese):
    assert both(determine(determiner, "f", True, parse_phrase("houses", "casas:0"))) == (
        english,
        portuguese,
    )


def test_an_owner_follows_in_portuguese():
    built = own(parse_phrase("Ana", "a ana:0"), "m", False, parse_phrase("hat", "chapéu:0"))
    assert both(built) == ("Ana's hat", "O chapéu da ana")
    # Ana 's hat; o chapéu da ana: the contraction renders 's
    assert word_alignment(built) == [(0, 3), (1, 2), (2, 1)]


def test_numbers_agree_where_portuguese_does():
    drawn = {both(count(Random(i), "f", parse_phrase("cows", "vacas:0"))) for i in range(200)}
    assert {("Two cows", "Duas vacas"), ("Two hundred cows", "Duzentas vacas")} <= drawn
    assert ("Twelve cows", "Doze vacas") in drawn
    digits = [(english, other) for english, other in drawn if english[0].isdigit()]
    assert all(english.split()[0] == other.split()[0] for english, other in digits)
    assert digits


@pytest.mark.parametrize(
    ("preposition", "word", "expected"),
    [("de", "o", "Do"), ("em", "uma", "Numa"), ("a", "a", "À"), ("por", "as", "Pelas"),
     ("de", "um", "De um"), ("com", "mim", "Comigo"), ("para", "o", "Para o")],
)  # fmt: skip
def test_contractions(preposition, word, expected):
    assert realize(with_preposition(Word(preposition), [Word(word)])).text == expected
