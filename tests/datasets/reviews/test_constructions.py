import re

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
    for construction in TABLES[name]:
        if construction.phenomenon in ("negation", "emphasis"):
            assert construction.sign == {"negation": -1, "emphasis": 1}[construction.phenomenon]


@pytest.mark.parametrize("name", FORMS_OF)
def test_the_polar_word_of_a_form_is_in_its_rationale(name):
    polar = {"word", "base", "past", "other", "event", "a word", "a word aspect", "more", "a more noun"}
    for form in FORMS_OF[name]:
        outside = re.sub(r"\[.*?\]", "", form.text)
        slots = set(re.findall(r"\{(.*?)\}", outside))
        assert not slots & polar, form.name
        assert not any(slot.startswith(("verb", "not ")) for slot in slots), form.name


def test_what_loses_is_never_in_a_rationale():
    for frame in FRAME_LIST:
        inside = "".join(re.findall(r"\[.*?\]", frame.text))
        assert not {"{C}", "{O}"} & set(re.findall(r"\{.*?\}", inside)), frame.name


def test_quotations_expectations_and_questions_turn_out_either_way():
    for phenomenon in ("quotation", "expectation", "question"):
        assert {frame.sign for frame in FRAME_LIST if frame.phenomenon == phenomenon} == {1, -1}
