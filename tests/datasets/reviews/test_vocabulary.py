"""Consistency of the polar words of `reviews`."""

from foveal.datasets.reviews.lexicon import ADJECTIVES_OF, EFFECTS_OF, FEELING_LIST, NOUN_LIST
from foveal.datasets.reviews.vocabulary import ART

TABLES = {**ADJECTIVES_OF, **EFFECTS_OF, "feelings": FEELING_LIST, "nouns": NOUN_LIST}
WORDS = [word for words in TABLES.values() for word in words]


def test_polar_words_are_many_and_balanced():
    positive, negative = ({word.text for word in WORDS if word.polarity == sign} for sign in (1, -1))
    assert len(positive) + len(negative) > 200
    assert 0.7 < len(positive) / len(negative) < 1.4


def test_words_have_unique_polarity():
    polarity = {}
    for word in WORDS:
        assert polarity.setdefault(word.text, word.polarity) == word.polarity, word.text


def test_classes_have_words_of_both_polarities():
    # A clause may need two words, and a review uses each word once.
    for name, words in TABLES.items():
        for sign in (1, -1):
            assert sum(word.polarity == sign and not word.extreme for word in words) >= 2, name


def test_verbs_have_past_tense_and_art_classes_exist():
    for words in (*EFFECTS_OF.values(), FEELING_LIST):
        assert all(word.inflected.endswith("d") for word in words)
    assert set(ADJECTIVES_OF) >= ART
