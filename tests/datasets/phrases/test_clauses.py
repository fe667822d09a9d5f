"""Clauses in both languages, compared with translations by hand."""

from random import Random

import pytest

from foveal.datasets.phrases.aligned_words import parse_phrase, realize
from foveal.datasets.phrases.clauses import ESTAR, Clause
from foveal.datasets.phrases.lexicon import DITRANSITIVE_LIST, NOUNS_OF, VERB_LIST
from foveal.datasets.phrases.noun_phrase_sampler import NounPhraseSampler
from foveal.datasets.phrases.noun_phrases import PRONOUNS

VERBS = {verb.pt: verb for verb in VERB_LIST + DITRANSITIVE_LIST}
ME, YOU, HE, SHE, WE, THEY = PRONOUNS


def subject(pronoun):
    return NounPhraseSampler(Random(0)).sample_pronoun([pronoun])


def noun_phrase(english, determiner, plural=False):
    noun = next(noun for nouns in NOUNS_OF.values() for noun in nouns if noun.en == english)
    return NounPhraseSampler(Random(0)).build_noun_phrase(noun, determiner, plural, modified=False)


def realize_texts(clause):
    english, portuguese = clause.realize()
    return realize(english).text, realize(portuguese).text


@pytest.mark.parametrize(
    ("options", "english", "portuguese"),
    [
        ({"tense": "past"}, "She saw him", "Ela viu-o"),
        ({"tense": "past", "negated": True}, "She didn't see him", "Ela não o viu"),
        ({"tense": "past", "question": True}, "Did she see him", "Ela viu-o"),
        ({"tense": "past", "proclisis": True}, "She saw him", "Ela o viu"),
        ({"tense": "past", "adverb": "never"}, "She never saw him", "Ela nunca o viu"),
        ({"tense": "present", "adverb": "always"}, "She always sees him", "Ela vê-o sempre"),
        ({"tense": "future"}, "She will see him", "Ela vai vê-lo"),
        ({"tense": "future", "negated": True}, "She won't see him", "Ela não o vai ver"),
        ({"tense": "progressive"}, "She is seeing him", "Ela está a vê-lo"),
        ({"tense": "past progressive"}, "She was seeing him", "Ela estava a vê-lo"),
        ({"tense": "can", "negated": True}, "She can't see him", "Ela não o pode ver"),
        ({"tense": "want"}, "She wants to see him", "Ela quer vê-lo"),
        ({"tense": "imperfect"}, "She used to see him", "Ela via-o"),
    ],
)
def test_clause_tense_negation_and_clitic_placement(options, english, portuguese):
    clause = Clause(subject(SHE), VERBS["ver"], direct_object=HE, **options)
    assert realize_texts(clause) == (english, portuguese)


def test_first_and_second_person_subjects_are_dropped():
    assert realize_texts(Clause(subject(ME), VERBS["dormir"], "present")) == ("I sleep", "Durmo")
    assert realize_texts(Clause(subject(WE), VERBS["dormir"], "past")) == ("We slept", "Dormimos")
    phrase = Clause(subject(YOU), VERBS["dormir"], "past").realize()
    assert [word.text for word in phrase.pt[0].sources] == ["you", "slept"]


def test_reflexive_pronoun_agrees_with_subject():
    get_up = VERBS["levantar"]
    assert realize_texts(Clause(subject(WE), get_up, "past")) == ("We got up", "Levantámo-nos")
    assert realize_texts(Clause(subject(HE), get_up, "future")) == (
        "He will get up",
        "Ele vai levantar-se",
    )


def test_prepositions_contract_with_articles_and_pronouns():
    cat = noun_phrase("cat", "the")
    assert realize_texts(Clause(subject(HE), VERBS["gostar"], "present", cat))[1] == "Ele gosta do gato"
    assert realize_texts(Clause(subject(HE), VERBS["pensar"], "past", SHE))[1] == "Ele pensou nela"
    assert realize_texts(Clause(subject(HE), VERBS["falar"], "past", ME))[1] == "Ele falou comigo"
    assert realize_texts(Clause(subject(HE), VERBS["ir"], "past", noun_phrase("beach", "the"))) == (
        "He went to the beach",
        "Ele foi à praia",
    )


def test_indirect_object_order_in_both_languages():
    dress, sister = noun_phrase("dress", "a"), noun_phrase("sister", "my")
    assert realize_texts(Clause(subject(HE), VERBS["dar"], "past", dress, sister)) == (
        "He gave a dress to my sister",
        "Ele deu um vestido à minha irmã",
    )
    dress = noun_phrase("dress", "those", plural=True)
    assert realize_texts(Clause(subject(THEY), VERBS["dar"], "past", dress, SHE)) == (
        "They gave her those dresses",
        "Eles deram-lhe aqueles vestidos",
    )


def test_temporary_state_takes_estar():
    clause = Clause(subject(SHE), ESTAR, "past", complement=parse_phrase("tired", "cansada:0"))
    assert realize_texts(clause) == ("She was tired", "Ela estava cansada")
