"""Consistency of the tables of domains."""

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
def test_domain_has_enough_aspects_events_and_sentences(domain):
    # A review has at most six clauses, each about a different aspect.
    assert len({aspect.noun for aspect in domain.aspects}) == len(domain.aspects) >= 12
    assert min(len(events) for events in domain.events.values()) >= 6
    assert len(domain.neutral) >= 6
    assert len(domain.references) == 3


@pytest.mark.parametrize("domain", DOMAIN_LIST, ids=lambda domain: domain.name)
def test_domain_classes_exist(domain):
    for aspect in (*domain.aspects, *domain.entities):
        assert aspect.classes, aspect
        assert set(aspect.classes) <= set(ADJECTIVES_OF), aspect


@pytest.mark.parametrize("domain", DOMAIN_LIST, ids=lambda domain: domain.name)
def test_domain_texts_contain_no_markup_or_punctuation(domain):
    texts = [*domain.references, *domain.neutral, *domain.events[1], *domain.events[-1]]
    assert not [text for text in texts if re.search(r"[\[\].?!;:*~]", text)]
    assert {slot for text in texts for slot in re.findall(r"\{(.*?)\}", text)} <= {"city", "month"}


def test_events_start_in_lowercase():
    for domain in DOMAIN_LIST:
        for text in (*domain.events[1], *domain.events[-1]):
            assert text[0].islower() or text.startswith("I "), text


def test_unrelated_aspects_are_disjoint_from_domain_aspects():
    reviewed = {aspect.noun for domain in DOMAIN_LIST for aspect in domain.aspects}
    assert not reviewed & {aspect.noun for aspect in UNRELATED_ASPECT_LIST}
    assert len(CITY_LIST) > 9
    assert len(MONTH_LIST) > 9
