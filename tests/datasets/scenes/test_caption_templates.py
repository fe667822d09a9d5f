import re

import pytest

from foveal.datasets.scenes.caption_templates import REGIONS, RELATIONS, TEMPLATE_WEIGHTS, TEMPLATES
from foveal.datasets.scenes.relations import BINARY_RELATIONS
from foveal.datasets.scenes.relations import REGIONS as KNOWN_PLACES


def test_every_relation_and_place_has_words():
    assert set(RELATIONS) == set(BINARY_RELATIONS)
    assert set(REGIONS) == set(KNOWN_PLACES)
    words = [word for options in (RELATIONS | REGIONS).values() for word in options]
    assert len(set(words)) == len(words)
    assert TEMPLATE_WEIGHTS.keys() == TEMPLATES.keys()


@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_pattern_says_what_its_kind_claims_and_nothing_else(kind):
    parts = [part.split() for part in kind.split("; ")]
    letters = {letter for _, *inside in parts for letter in inside}
    relations = {word for word, *_ in parts if len(word) == 1}
    for pattern in TEMPLATES[kind]:
        slots = re.findall(r"\{(\w)(?:\.(\w+))?\}", pattern)
        named = [letter for letter, form in slots if form in ("a", "the", "one")]
        assert sorted(named) == sorted(letters)
        assert {letter for letter, form in slots if not form} == relations
        assert {form for _, form in slots} <= {"", "a", "the", "one", "be"}
