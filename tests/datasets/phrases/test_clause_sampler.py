from random import Random

import pytest

from foveal.datasets.phrases.aligned_words import Word, realize
from foveal.datasets.phrases.clause_sampler import ClauseSampler
from foveal.datasets.phrases.lexicon import ADJECTIVES_OF, VERB_LIST
from foveal.datasets.phrases.noun_phrases import NounPhrase, Pronoun


@pytest.fixture
def draw():
    return ClauseSampler(Random(0))


def verb(name):
    return next(verb for verb in VERB_LIST if verb.name == name)


def test_people_eat_food_and_nothing_else(draw):
    clauses = [draw.action(verb("eat")) for _ in range(200)]
    kinds = {clause.object.kind for clause in clauses if isinstance(clause.object, NounPhrase)}
    assert kinds == {"food"}
    assert {clause.subject.kind for clause in clauses} == {"people", "kin", "animal"}


def test_an_object_pronoun_is_never_the_subject(draw):
    clauses = [draw.action(verb("see")) for _ in range(500)]
    pronouns = [clause for clause in clauses if isinstance(clause.object, Pronoun)]
    assert len(pronouns) > 100
    for clause in pronouns:
        persons = clause.subject.person[0], clause.object.person[0]
        assert persons not in (("1", "1"), ("2", "2"))


def test_tenses_are_those_that_english_shows(draw):
    reading = {draw.tense(verb("read"), plain=True) for _ in range(300)}
    assert "past" not in reading  # they read: today or yesterday?
    assert "past" in {draw.tense(verb("read"), plain=False) for _ in range(300)}
    assert {draw.tense(verb("know"), plain=True) for _ in range(100)} == {"present", "past"}
    assert "future" not in {draw.tense(verb("go to"), plain=True) for _ in range(300)}


def test_comparison_agrees_with_its_subject(draw):
    tall = next(adjective for adjective in ADJECTIVES_OF["people"] if adjective.en == "tall")
    queens = NounPhrase([Word("queens")], [Word("rainhas")], "f", "3p")
    english, portuguese = draw.comparative_clause(queens, tall, "taller").realize()
    assert " taller than " in realize(english).text
    assert " mais altas do que " in realize(portuguese).text


def test_what_was_said_is_noted(draw):
    clause = draw.action(verb("eat"))
    while not isinstance(clause.object, NounPhrase):
        clause = draw.action(verb("eat"))
    draw.realize_clause(clause)
    assert ("object", "eat", clause.object.noun) in draw.traits
    assert clause.traits() in draw.traits
