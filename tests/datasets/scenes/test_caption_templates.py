"""Consistency of the templates of captions."""

import re

import pytest

from foveal.datasets.scenes.caption_templates import REGIONS, RELATIONS, TEMPLATE_WEIGHTS, TEMPLATES
from foveal.datasets.scenes.relations import BINARY_RELATIONS
from foveal.datasets.scenes.relations import REGIONS as DEFINED_REGIONS


def test_relations_and_regions_have_unique_phrases():
    assert set(RELATIONS) == set(BINARY_RELATIONS)
    assert set(REGIONS) == set(DEFINED_REGIONS)
    words = [word for options in (RELATIONS | REGIONS).values() for word in options]
    assert len(set(words)) == len(words)
    assert TEMPLATE_WEIGHTS.keys() == TEMPLATES.keys()


@pytest.mark.parametrize("kind", TEMPLATES)
def test_templates_have_slots_of_their_claims(kind):
    parts = [part.split() for part in kind.split("; ")]
    letters = {letter for _, *arguments in parts for letter in arguments}
    relations = {word for word, *_ in parts if len(word) == 1}
    for template in TEMPLATES[kind]:
        slots = re.findall(r"\{(\w)(?:\.(\w+))?\}", template)
        noun_phrases = [letter for letter, form in slots if form in ("a", "the", "numeral")]
        assert sorted(noun_phrases) == sorted(letters)
        assert {letter for letter, form in slots if not form} == relations
        assert {form for _, form in slots} <= {"", "a", "the", "numeral", "be"}
