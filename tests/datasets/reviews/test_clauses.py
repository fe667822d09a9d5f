"""Realization of polar clauses, compared with texts by hand."""

from random import Random

import pytest

from foveal.datasets.reviews.clauses import (
    REVIEWER,
    Clause,
    Person,
    Slots,
    comparative,
    third_person,
    with_article,
)
from foveal.datasets.reviews.lexicon import DOMAIN_LIST, FORMS_OF, Aspect, Word

FILM = next(domain for domain in DOMAIN_LIST if domain.name == "film")
PLOT, JOKES = Aspect("plot", ("story",)), Aspect("jokes", ("text",), plural=True)
ACTING, FILM_ENTITY = (
    Aspect("acting", ("performance",), mass=True),
    Aspect("film", ("story",), is_entity=True),
)
DULL, ORIGINAL = Word("dull", "adjective", -1, "duller"), Word("original", "adjective", 1)
BORE = Word("bore", "effect", -1, "bored")
LIKE = Word("like", "feeling", 1, "liked")
GEM = Word("gem", "noun", 1)


class FirstOption(Random):
    """Random generator that selects the first option and never a contraction."""

    def choice(self, seq):
        return seq[0]

    def random(self):
        return 1.0


class Contracted(FirstOption):
    """Random generator that selects the first option and every contraction."""

    def random(self):
        return 0.0


def clause(form, word, subject=PLOT, tense="past", second_word=ORIGINAL):
    construction = next(option for option in FORMS_OF[word.kind] if option.name == form)
    return Clause(construction, word, second_word, subject, FILM, tense)


@pytest.mark.parametrize(
    ("example", "text"),
    [
        (clause("plain", DULL), "the plot was [dull]"),
        (clause("plain", DULL, JOKES, "present"), "the jokes are [dull]"),
        (clause("not", DULL, tense="would"), "the plot [would not be dull]"),
        (clause("neither", DULL, tense="would"), "the plot [would be neither dull nor original]"),
        (clause("by-no-means", DULL, JOKES), "the jokes [were by no means dull]"),
        (clause("has", ORIGINAL), "the film had [an original plot]"),
        (clause("has", ORIGINAL, ACTING), "the film had [original acting]"),
        (clause("nothing", DULL, JOKES), "[there was nothing dull about] the jokes"),
        (clause("could-not-more", DULL), "the plot [could not have been duller]"),
        (clause("could-not-more", ORIGINAL, tense="present"), "the plot [could not be more original]"),
        (clause("never-more", ORIGINAL, FILM_ENTITY), "[I have never seen a more original film]"),
        (clause("less", DULL), "the plot was [less dull than] in most films"),
        (clause("more", DULL, FILM_ENTITY), "the film was [duller than] most films"),
        (clause("plain", BORE, JOKES, "present"), "the jokes [bore] me"),
        (clause("never", BORE, tense="present"), "the plot [never bores] me"),
        (clause("never", BORE, tense="would"), "the plot [would never bore] me"),
        (clause("not", BORE, tense="present"), "the plot [does not bore] me"),
        (clause("fail", BORE, tense="present"), "the plot [fails to bore] me"),
        (clause("not", LIKE, tense="present"), "I [did not like] the plot"),  # feelings are in the past
        (clause("no", GEM, FILM_ENTITY), "the film was [no gem]"),
    ],
)
def test_realize_inflects_forms_in_every_tense(example, text):
    assert example.realize(FirstOption()) == text


def test_realize_quotes_other_person():
    assert (
        clause("really", LIKE).realize(FirstOption(), Person("she", "her")) == "she [really liked] the plot"
    )
    assert clause("plain", BORE).realize(FirstOption(), Person("she", "her")) == "the plot [bored] her"


@pytest.mark.parametrize(
    ("example", "text"),
    [
        (clause("not", DULL), "the plot [wasn't dull]"),
        (clause("not", DULL, tense="would"), "the plot [wouldn't be dull]"),
        (clause("not", BORE, JOKES, "present"), "the jokes [don't bore] me"),
        (clause("by-no-means", DULL), "the plot [was by no means dull]"),
    ],
)
def test_realize_contracts_negation(example, text):
    assert example.realize(Contracted()) == text


@pytest.mark.parametrize(
    ("example", "text"),
    [
        (clause("plain", DULL, JOKES), "were the jokes [dull]"),
        (clause("plain", BORE, tense="present"), "does the plot [bore] me"),
        (clause("plain", LIKE), "did I [like] the plot"),
        (clause("plain", GEM, FILM_ENTITY, "present"), "is the film [a gem]"),
    ],
)
def test_realize_question_inverts(example, text):
    assert example.realize_question(FirstOption()) == text


def test_realize_noun_phrase_adds_article():
    assert clause("plain", ORIGINAL).realize_noun_phrase() == "[an original plot]"
    assert clause("plain", DULL, JOKES).realize_noun_phrase() == "[dull jokes]"
    assert clause("plain", GEM, FILM_ENTITY).realize_noun_phrase() == "[a gem]"


def test_unknown_slot_raises():
    slots = Slots(clause("plain", DULL), FirstOption(), REVIEWER, "past")
    with pytest.raises(ValueError, match=r"`slot` must be.*Received: slot='colour'"):
        slots.resolve("colour")


def test_polarity_follows_word_and_form_sign():
    assert (clause("plain", DULL).polarity, clause("not", DULL).polarity) == (-1, 1)


def test_articles_comparatives_and_third_person():
    texts = ["original plot", "useful course", "ugly cover", "unconvincing villain", "dull plot"]
    assert [with_article(text).split()[0] for text in texts] == ["an", "a", "an", "an", "a"]
    assert [comparative(word) for word in (DULL, ORIGINAL)] == ["duller", "more original"]
    assert [third_person(verb) for verb in ("bore", "impress", "annoy")] == ["bores", "impresses", "annoys"]
