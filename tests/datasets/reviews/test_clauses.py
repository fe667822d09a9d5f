from random import Random

import pytest

from foveal.datasets.reviews.clauses import Clause, Person, comparative, third_person, with_article
from foveal.datasets.reviews.lexicon import DOMAIN_LIST, FORMS_OF, Aspect, Word

FILM = next(domain for domain in DOMAIN_LIST if domain.name == "film")
PLOT, JOKES = Aspect("plot", ("story",)), Aspect("jokes", ("text",), plural=True)
ACTING, WHOLE = Aspect("acting", ("performance",), mass=True), Aspect("film", ("story",), whole=True)
DULL, ORIGINAL = Word("dull", "adjective", -1, "duller"), Word("original", "adjective", 1)
BORE = Word("bore", "effect", -1, "bored")
LIKE = Word("like", "feeling", 1, "liked")
GEM = Word("gem", "noun", 1)


class First(Random):
    """Not random: always the first option, never a short form."""

    def choice(self, seq):
        return seq[0]

    def random(self):
        return 1.0


class Short(First):
    def random(self):
        return 0.0


def clause(form, word, subject=PLOT, tense="past", other=ORIGINAL):
    found = next(f for f in FORMS_OF[word.kind] if f.name == form)
    return Clause(found, word, other, subject, FILM, tense)


@pytest.mark.parametrize(
    ("made", "text"),
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
        (clause("never-more", ORIGINAL, WHOLE), "[I have never seen a more original film]"),
        (clause("less", DULL), "the plot was [less dull than] in most films"),
        (clause("more", DULL, WHOLE), "the film was [duller than] most films"),
        (clause("plain", BORE, JOKES, "present"), "the jokes [bore] me"),
        (clause("never", BORE, tense="present"), "the plot [never bores] me"),
        (clause("never", BORE, tense="would"), "the plot [would never bore] me"),
        (clause("not", BORE, tense="present"), "the plot [does not bore] me"),
        (clause("fail", BORE, tense="present"), "the plot [fails to bore] me"),
        (clause("not", LIKE, tense="present"), "I [did not like] the plot"),  # feelings are in the past
        (clause("no", GEM, WHOLE), "the film was [no gem]"),
    ],
)
def test_forms_agree_in_every_tense(made, text):
    assert made.write(First()) == text


def test_somebody_else_feels_it():
    assert clause("really", LIKE).write(First(), Person("she", "her")) == "she [really liked] the plot"
    assert clause("plain", BORE).write(First(), Person("she", "her")) == "the plot [bored] her"


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (clause("not", DULL), "the plot [wasn't dull]"),
        (clause("not", DULL, tense="would"), "the plot [wouldn't be dull]"),
        (clause("not", BORE, JOKES, "present"), "the jokes [don't bore] me"),
        (clause("by-no-means", DULL), "the plot [was by no means dull]"),
    ],
)
def test_short_forms(made, text):
    assert made.write(Short()) == text


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (clause("plain", DULL, JOKES), "were the jokes [dull]"),
        (clause("plain", BORE, tense="present"), "does the plot [bore] me"),
        (clause("plain", LIKE), "did I [like] the plot"),
        (clause("plain", GEM, WHOLE, "present"), "is the film [a gem]"),
    ],
)
def test_questions(made, text):
    assert made.ask(First()) == text


def test_things():
    assert clause("plain", ORIGINAL).name() == "[an original plot]"
    assert clause("plain", DULL, JOKES).name() == "[dull jokes]"
    assert clause("plain", GEM, WHOLE).name() == "[a gem]"


def test_the_meaning_is_that_of_the_word_or_its_reverse():
    assert (clause("plain", DULL).polarity, clause("not", DULL).polarity) == (-1, 1)


def test_articles_comparatives_and_endings():
    texts = ["original plot", "useful course", "ugly cover", "unconvincing villain", "dull plot"]
    assert [with_article(text).split()[0] for text in texts] == ["an", "a", "an", "an", "a"]
    assert [comparative(word) for word in (DULL, ORIGINAL)] == ["duller", "more original"]
    assert [third_person(verb) for verb in ("bore", "impress", "annoy")] == ["bores", "impresses", "annoys"]
