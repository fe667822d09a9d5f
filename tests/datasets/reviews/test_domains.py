import re

import pytest

from foveal.datasets.reviews.lexicon import (
    ADJECTIVES_OF,
    CITY_LIST,
    DOMAIN_LIST,
    MONTH_LIST,
    UNRELATED_ASPECT_LIST,
)


@pytest.mark.parametrize("domain", DOMAIN_LIST, ids=lambda domain: domain.name)
def test_a_domain_has_what_a_review_needs(domain):
    # Six clauses of a review, each about another aspect.
    assert len({aspect.noun for aspect in domain.aspects}) == len(domain.aspects) >= 12
    assert min(len(events) for events in domain.events.values()) >= 6
    assert len(domain.neutral) >= 6
    assert len(domain.others) == 3


@pytest.mark.parametrize("domain", DOMAIN_LIST, ids=lambda domain: domain.name)
def test_classes_exist(domain):
    for aspect in (*domain.aspects, *domain.entities):
        assert aspect.classes, aspect
        assert set(aspect.classes) <= set(ADJECTIVES_OF), aspect


@pytest.mark.parametrize("domain", DOMAIN_LIST, ids=lambda domain: domain.name)
def test_nothing_has_a_mark_or_a_full_stop_inside(domain):
    texts = [*domain.others, *domain.neutral, *domain.events[1], *domain.events[-1]]
    assert not [text for text in texts if re.search(r"[\[\].?!;:*~]", text)]
    assert {slot for text in texts for slot in re.findall(r"\{(.*?)\}", text)} <= {"place", "month"}


def test_events_stand_in_the_middle_of_a_sentence_as_well():
    for domain in DOMAIN_LIST:
        for text in (*domain.events[1], *domain.events[-1]):
            assert text[0].islower() or text.startswith("I "), text


def test_what_nobody_reviews_is_no_aspect():
    reviewed = {aspect.noun for domain in DOMAIN_LIST for aspect in domain.aspects}
    assert not reviewed & {aspect.noun for aspect in UNRELATED_ASPECT_LIST}
    assert len(CITY_LIST) > 9
    assert len(MONTH_LIST) > 9
