from random import Random

import pytest

from foveal.datasets.reviews.clause_sampler import ClauseConstraints, ClauseSampler
from foveal.datasets.reviews.lexicon import DOMAIN_LIST, UNRELATED_ASPECT_LIST

LIMITS = [
    ClauseConstraints(),
    ClauseConstraints(barred=("own", "finite"), kinds=("adjective", "effect", "feeling", "noun")),
    ClauseConstraints(kinds=("adjective", "noun"), phenomena=("plain", "degree", "comparison")),
    ClauseConstraints(forms=("plain",), whole=False, kinds=("adjective", "effect")),
    ClauseConstraints(kinds=("event",)),
]


@pytest.mark.parametrize("limits", LIMITS)
def test_clauses_mean_what_they_should_within_their_limits(limits):
    random = Random(5)
    for number in range(400):
        polarity = 1 if number % 2 else -1
        clause = ClauseSampler(random, random.choice(DOMAIN_LIST), "past").clause(polarity, limits)
        assert clause.polarity == polarity
        assert clause.word.kind in limits.kinds
        assert not clause.form.needs & set(limits.barred)
        assert not limits.phenomena or clause.form.phenomenon in limits.phenomena
        assert not limits.forms or clause.form.name in limits.forms
        assert limits.whole or not clause.subject.whole
        assert not ("gradable" in clause.form.needs and clause.word.extreme)
        assert not ("positive" in clause.form.needs and clause.word.polarity < 0)
        assert ("whole" not in clause.form.needs) or clause.subject.whole
        assert ("aspect" not in clause.form.needs) or not clause.subject.whole


def test_no_subject_and_no_word_comes_twice():
    random = Random(6)
    for domain in DOMAIN_LIST:
        draw = ClauseSampler(random, domain, "present")
        clauses = [draw.clause(1, ClauseConstraints(kinds=("adjective", "effect"))) for _ in range(6)]
        assert len({clause.subject.noun for clause in clauses}) == 6
        words = [word for clause in clauses for word in clause.words()]
        assert len(set(words)) == len(words)


def test_subjects_may_be_given():
    draw = ClauseSampler(Random(7), DOMAIN_LIST[0], "past")
    limits = ClauseConstraints(kinds=("adjective",), barred=("whole", "aspect"))
    assert draw.clause(1, limits, UNRELATED_ASPECT_LIST).subject in UNRELATED_ASPECT_LIST
