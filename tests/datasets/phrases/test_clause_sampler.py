"""Sampler of clauses."""

from random import Random

import pytest

from foveal.datasets.phrases.aligned_words import Word, realize
from foveal.datasets.phrases.clause_sampler import ClauseSampler
from foveal.datasets.phrases.lexicon import ADJECTIVES_OF, VERB_LIST
from foveal.datasets.phrases.noun_phrases import NounPhrase, Pronoun


@pytest.fixture
def sampler():
    return ClauseSampler(Random(0))


def find_verb(name):
    return next(verb for verb in VERB_LIST if verb.name == name)


def test_action_clause_respects_selectional_classes(sampler):
    clauses = [sampler.action_clause(find_verb("eat")) for _ in range(200)]
    kinds = {clause.direct_object.kind for clause in clauses if isinstance(clause.direct_object, NounPhrase)}
    assert kinds == {"food"}
    assert {clause.subject.kind for clause in clauses} == {"people", "kin", "animal"}


def test_object_pronoun_never_corefers_with_subject(sampler):
    clauses = [sampler.action_clause(find_verb("see")) for _ in range(500)]
    pronouns = [clause for clause in clauses if isinstance(clause.direct_object, Pronoun)]
    assert len(pronouns) > 100
    for clause in pronouns:
        persons = clause.subject.person[0], clause.direct_object.person[0]
        assert persons not in (("1", "1"), ("2", "2"))


def test_sample_tense_excludes_ambiguous_tenses(sampler):
    def sample_tenses(name, affirmative=True):
        return {sampler.sample_tense(find_verb(name), affirmative) for _ in range(300)}

    assert "past" not in sample_tenses("read")  # "they read" may be present or past
    assert "past" in sample_tenses("read", affirmative=False)
    assert sample_tenses("know") == {
        "present",
        "past",
    }
    assert "future" not in sample_tenses("go to")


def test_comparative_clause_agrees_with_subject(sampler):
    tall = next(adjective for adjective in ADJECTIVES_OF["people"] if adjective.en == "tall")
    queens = NounPhrase([Word("queens")], [Word("rainhas")], "f", "3p")
    english, portuguese = sampler.comparative_clause(queens, tall, "taller").realize()
    assert " taller than " in realize(english).text
    assert " mais altas do que " in realize(portuguese).text


def test_realize_clause_records_traits(sampler):
    clause = sampler.action_clause(find_verb("eat"))
    while not isinstance(clause.direct_object, NounPhrase):
        clause = sampler.action_clause(find_verb("eat"))
    sampler.realize_clause(clause)
    assert ("object", "eat", clause.direct_object.noun) in sampler.traits
    assert clause.traits() in sampler.traits
