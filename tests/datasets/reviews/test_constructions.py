import re
from collections import defaultdict

import pytest

from foveal.datasets.reviews.constructions import PHENOMENA
from foveal.datasets.reviews.lexicon import FORMS_OF, FRAME_LIST

TABLES = {**FORMS_OF, "frames": FRAME_LIST}


@pytest.mark.parametrize("name", TABLES)
def test_names_are_unique_and_phenomena_known(name):
    table = TABLES[name]
    assert len({construction.name for construction in table}) == len(table)
    assert {construction.phenomenon for construction in table} <= set(PHENOMENA)


@pytest.mark.parametrize("name", TABLES)
def test_negations_turn_the_meaning_around_and_emphasis_does_not(name):
    signs = defaultdict(set)
    for construction in TABLES[name]:
        signs[construction.phenomenon].add(construction.sign)
    if name == "event":  # a fact, which is neither negated nor emphasized
        assert signs == {"event": {1}}
    else:
        assert (signs["negation"], signs["emphasis"]) == ({-1}, {1})


@pytest.mark.parametrize("name", FORMS_OF)
def test_the_polar_word_of_a_form_is_in_its_rationale(name):
    polar = {"word", "base", "past", "other", "event", "a word", "a word aspect", "more", "a more noun"}
    for form in FORMS_OF[name]:
        outside = re.sub(r"\[.*?\]", "", form.text)
        slots = set(re.findall(r"\{(.*?)\}", outside))
        assert not slots & polar, form.name
        assert not any(slot.startswith(("verb", "not ")) for slot in slots), form.name


def test_what_loses_is_never_in_a_rationale():
    rationales = {frame.name: "".join(re.findall(r"\[.*?\]", frame.text)) for frame in FRAME_LIST}
    assert sum(map(bool, rationales.values())) == len(FRAME_LIST) / 2  # the others hold clauses alone
    for name, rationale in rationales.items():
        assert not {"{C}", "{O}"} & set(re.findall(r"\{.*?\}", rationale)), name


def test_quotations_expectations_and_questions_turn_out_either_way():
    for phenomenon in ("quotation", "expectation", "question"):
        assert {frame.sign for frame in FRAME_LIST if frame.phenomenon == phenomenon} == {1, -1}
