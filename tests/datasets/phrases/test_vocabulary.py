"""Consistency of the vocabulary tables of `phrases`."""

from collections import defaultdict
from itertools import combinations

from foveal.datasets.phrases.lexicon import ADJECTIVES_OF, DITRANSITIVE_LIST, NAME_LIST, NOUNS_OF, VERB_LIST

NOUNS = [noun for nouns in NOUNS_OF.values() for noun in nouns]


def test_vocabulary_has_several_hundred_words():
    adjectives = {adjective.en for options in ADJECTIVES_OF.values() for adjective in options}
    verbs = {verb.en for verb in VERB_LIST + DITRANSITIVE_LIST}
    assert len(NOUNS) + len(adjectives) + len(verbs) + len(NAME_LIST) > 400


def test_english_nouns_are_unique():
    assert len({noun.en for noun in NOUNS}) == len(NOUNS)


def test_adjective_senses_have_disjoint_classes():
    for kind, options in ADJECTIVES_OF.items():
        english = [adjective.en for adjective in options]
        assert len(set(english)) == len(english), kind


def test_verb_senses_have_disjoint_objects():
    senses = defaultdict(list)
    for verb in VERB_LIST + DITRANSITIVE_LIST:
        senses[verb.name].append(verb)
    for name, verbs in senses.items():
        for first, second in combinations(verbs, 2):
            # an intransitive sense may differ from a transitive one: to hide, to hide something
            assert not first.objects & second.objects, name
            assert first.objects | second.objects, name


def test_verb_classes_exist():
    for verb in VERB_LIST + DITRANSITIVE_LIST:
        assert verb.subjects <= set(NOUNS_OF), verb.en
        assert verb.objects <= set(NOUNS_OF), verb.en
