"""Lexicon of `phrases`, parsed from the vocabulary tables."""

from foveal.datasets.phrases.lexicon import ADJECTIVES_OF, NOUNS_OF, VERB_LIST


def find_noun(english):
    return next(noun for nouns in NOUNS_OF.values() for noun in nouns if noun.en == english)


def find_adjective(english, kind):
    return next(adjective for adjective in ADJECTIVES_OF[kind] if adjective.en == english)


def test_nouns_have_irregular_and_missing_plurals():
    brother, water, table = find_noun("brother"), find_noun("water"), find_noun("table")
    assert (brother.en_plural, brother.pt_plural) == ("brothers", "irmãos")
    assert water.en_plural is None
    assert (table.preposition, table.pt_plural, table.gender) == ("on", "mesas", "f")


def test_adjectives_have_forms_and_position():
    good, german = find_adjective("good", "people"), find_adjective("German", "people")
    assert good.forms == ("bom", "boa", "bons", "boas")
    assert german.forms == ("alemão", "alemã", "alemães", "alemãs")
    assert (good.prenominal, german.prenominal) == (True, False)
    assert find_adjective("tired", "people").temporary
    assert find_adjective("first", "people").definite_only


def test_adjective_sense_depends_on_noun_class():
    assert find_adjective("short", "people").agree("f", True) == "baixas"
    assert find_adjective("short", "clothing").agree("f", True) == "curtas"


def test_verbs_have_prepositions_and_classes():
    wait = next(verb for verb in VERB_LIST if verb.name == "wait for")
    assert (wait.past, wait.pt, wait.preposition) == ("waited", "esperar", "por")
    sit = next(verb for verb in VERB_LIST if verb.name == "sit down")
    assert (sit.pt, sit.reflexive, sit.objects) == ("sentar", True, frozenset())
    assert {"people", "kin"} <= wait.objects
