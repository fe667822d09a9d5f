from foveal.datasets.reviews.lexicon import ADJECTIVES_OF, EFFECTS_OF, FEELING_LIST, NOUN_LIST
from foveal.datasets.reviews.vocabulary import ART

TABLES = {**ADJECTIVES_OF, **EFFECTS_OF, "feelings": FEELING_LIST, "nouns": NOUN_LIST}
WORDS = [word for words in TABLES.values() for word in words]


def test_there_are_a_good_two_hundred_polar_words_of_either_kind_alike():
    good, bad = ({word.text for word in WORDS if word.polarity == sign} for sign in (1, -1))
    assert len(good) + len(bad) > 200
    assert 0.7 < len(good) / len(bad) < 1.4


def test_no_word_is_both_good_and_bad():
    polarity = {}
    for word in WORDS:
        assert polarity.setdefault(word.text, word.polarity) == word.polarity, word.text


def test_every_class_has_enough_of_either():
    # A clause may need two words, of which a review has used some.
    for name, words in TABLES.items():
        for sign in (1, -1):
            assert sum(w.polarity == sign and not w.extreme for w in words) >= 2, name


def test_verbs_have_a_past_and_classes_exist():
    for words in (*EFFECTS_OF.values(), FEELING_LIST):
        assert all(word.inflected.endswith("d") for word in words)
    assert set(ADJECTIVES_OF) >= ART
