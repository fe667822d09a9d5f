from foveal.datasets.phrases.lexicon import ADJECTIVES_OF, NOUNS_OF, VERB_LIST


def noun(english):
    return next(noun for nouns in NOUNS_OF.values() for noun in nouns if noun.en == english)


def adjective(english, kind):
    return next(adjective for adjective in ADJECTIVES_OF[kind] if adjective.en == english)


def test_irregular_and_missing_plurals_are_read():
    brother, water, table = noun("brother"), noun("water"), noun("table")
    assert (brother.en_plural, brother.pt_plural) == ("brothers", "irmãos")
    assert water.en_plural is None
    assert (table.place, table.pt_plural, table.gender) == ("on", "mesas", "f")


def test_adjectives_agree_and_know_their_place():
    good, german = adjective("good", "people"), adjective("German", "people")
    assert good.forms == ("bom", "boa", "bons", "boas")
    assert german.forms == ("alemão", "alemã", "alemães", "alemãs")
    assert (good.before, german.before) == (True, False)
    assert adjective("tired", "people").temporary
    assert adjective("first", "people").definite_only


def test_the_noun_decides_the_sense_of_an_adjective():
    assert adjective("short", "people").agree("f", True) == "baixas"
    assert adjective("short", "clothing").agree("f", True) == "curtas"


def test_verbs_bring_their_prepositions():
    waiting = next(verb for verb in VERB_LIST if verb.name == "wait for")
    assert (waiting.past, waiting.pt, waiting.preposition) == ("waited", "esperar", "por")
    sitting = next(verb for verb in VERB_LIST if verb.name == "sit down")
    assert (sitting.pt, sitting.reflexive, sitting.objects) == ("sentar", True, frozenset())
    assert {"people", "kin"} <= waiting.objects
