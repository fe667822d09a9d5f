"""Consistency of the tables of constructions."""

import re
from collections import defaultdict

import pytest

from foveal.datasets.reviews.constructions import PHENOMENA
from foveal.datasets.reviews.lexicon import FORMS_OF, FRAME_LIST

TABLES = {**FORMS_OF, "frames": FRAME_LIST}


@pytest.mark.parametrize("name", TABLES)
def test_construction_names_are_unique_and_phenomena_declared(name):
    table = TABLES[name]
    assert len({construction.name for construction in table}) == len(table)
    assert {construction.phenomenon for construction in table} <= set(PHENOMENA)


@pytest.mark.parametrize("name", TABLES)
def test_negation_reverses_polarity_and_emphasis_does_not(name):
    signs = defaultdict(set)
    for construction in TABLES[name]:
        signs[construction.phenomenon].add(construction.sign)
    if name == "event":  # events are neither negated nor emphasized
        assert signs == {"event": {1}}
    else:
        assert (signs["negation"], signs["emphasis"]) == ({-1}, {1})


@pytest.mark.parametrize("name", FORMS_OF)
def test_polar_slots_are_inside_rationales(name):
    polar = {"word", "base", "past", "other", "event", "a word", "a word aspect", "more", "a more noun"}
    for form in FORMS_OF[name]:
        outside = re.sub(r"\[.*?\]", "", form.text)
        slots = set(re.findall(r"\{(.*?)\}", outside))
        assert not slots & polar, form.name
        assert not any(slot.startswith(("verb", "not ")) for slot in slots), form.name


def test_opposite_clauses_are_outside_rationales():
    rationales = {frame.name: "".join(re.findall(r"\[.*?\]", frame.text)) for frame in FRAME_LIST}
    assert sum(map(bool, rationales.values())) == len(FRAME_LIST) / 2  # the other half contains clauses only
    for name, rationale in rationales.items():
        assert not {"{C}", "{O}"} & set(re.findall(r"\{.*?\}", rationale)), name


def test_quotations_expectations_and_questions_have_both_signs():
    for phenomenon in ("quotation", "expectation", "question"):
        assert {frame.sign for frame in FRAME_LIST if frame.phenomenon == phenomenon} == {1, -1}
