from collections import defaultdict

from foveal.datasets.phrases.lexicon import ADJECTIVES_OF, GIVING_LIST, NAME_LIST, NOUNS_OF, VERB_LIST

NOUNS = [noun for nouns in NOUNS_OF.values() for noun in nouns]


def test_there_are_several_hundred_words():
    adjectives = {adjective.en for options in ADJECTIVES_OF.values() for adjective in options}
    verbs = {verb.en for verb in VERB_LIST + GIVING_LIST}
    assert len(NOUNS) + len(adjectives) + len(verbs) + len(NAME_LIST) > 400


def test_no_english_noun_has_two_entries():
    assert len({noun.en for noun in NOUNS}) == len(NOUNS)


def test_senses_of_an_adjective_never_meet_on_one_noun():
    for kind, options in ADJECTIVES_OF.items():
        english = [adjective.en for adjective in options]
        assert len(set(english)) == len(english), kind


def test_senses_of_a_verb_never_meet_on_one_object():
    senses = defaultdict(list)
    for verb in VERB_LIST + GIVING_LIST:
        senses[verb.name].append(verb)
    for name, verbs in senses.items():
        for one in verbs:
            for other in verbs:
                # without an object the sense is another: to hide, to hide something
                met = one is not other and (one.objects & other.objects or not one.objects | other.objects)
                assert not met, name


def test_classes_named_in_the_tables_exist():
    for verb in VERB_LIST + GIVING_LIST:
        assert verb.subjects <= set(NOUNS_OF), verb.en
        assert verb.objects <= set(NOUNS_OF), verb.en
