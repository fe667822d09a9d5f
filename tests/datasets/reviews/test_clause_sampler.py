"""Sampler of polar clauses."""

from random import Random

import pytest

from foveal.datasets.reviews.clause_sampler import ClauseConstraints, ClauseSampler
from foveal.datasets.reviews.lexicon import DOMAIN_LIST, UNRELATED_ASPECT_LIST

CONSTRAINTS = [
    ClauseConstraints(),
    ClauseConstraints(barred=("own", "finite"), kinds=("adjective", "effect", "feeling", "noun")),
    ClauseConstraints(kinds=("adjective", "noun"), phenomena=("plain", "degree", "comparison")),
    ClauseConstraints(forms=("plain",), allow_entity=False, kinds=("adjective", "effect")),
    ClauseConstraints(kinds=("event",)),
]


@pytest.mark.parametrize("constraints", CONSTRAINTS)
def test_sample_clause_satisfies_polarity_and_constraints(constraints):
    random = Random(5)
    for number in range(400):
        polarity = 1 if number % 2 else -1
        clause = ClauseSampler(random, random.choice(DOMAIN_LIST), "past").sample_clause(
            polarity, constraints
        )
        assert clause.polarity == polarity
        assert clause.word.kind in constraints.kinds
        assert not clause.form.needs & set(constraints.barred)
        assert not constraints.phenomena or clause.form.phenomenon in constraints.phenomena
        assert not constraints.forms or clause.form.name in constraints.forms
        assert constraints.allow_entity or not clause.subject.is_entity
        assert not ("gradable" in clause.form.needs and clause.word.extreme)
        assert not ("positive" in clause.form.needs and clause.word.polarity < 0)
        assert ("entity" not in clause.form.needs) or clause.subject.is_entity
        assert ("aspect" not in clause.form.needs) or not clause.subject.is_entity


def test_sample_clause_never_repeats_subject_or_word():
    random = Random(6)
    for domain in DOMAIN_LIST:
        sampler = ClauseSampler(random, domain, "present")
        clauses = [
            sampler.sample_clause(1, ClauseConstraints(kinds=("adjective", "effect"))) for _ in range(6)
        ]
        assert len({clause.subject.noun for clause in clauses}) == 6
        words = [word for clause in clauses for word in clause.words()]
        assert len(set(words)) == len(words)


def test_sample_clause_uses_given_subjects():
    sampler = ClauseSampler(Random(7), DOMAIN_LIST[0], "past")
    constraints = ClauseConstraints(kinds=("adjective",), barred=("entity", "aspect"))
    assert sampler.sample_clause(1, constraints, UNRELATED_ASPECT_LIST).subject in UNRELATED_ASPECT_LIST
