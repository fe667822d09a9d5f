"""Sampler of noun phrases."""

from random import Random

from foveal.datasets.phrases.aligned_words import realize
from foveal.datasets.phrases.lexicon import ADJECTIVES_OF, NOUNS_OF
from foveal.datasets.phrases.noun_phrase_sampler import NounPhraseSampler
from foveal.datasets.phrases.noun_phrases import PRONOUNS

CAT = next(noun for noun in NOUNS_OF["animal"] if noun.en == "cat")


def test_build_noun_phrase_orders_adjective_and_noun():
    sampler = NounPhraseSampler(Random(0))
    noun_phrases = [sampler.build_noun_phrase(CAT, "the", True) for _ in range(400)]
    texts = {realize(phrase.en).text: realize(phrase.pt).text for phrase in noun_phrases}
    assert texts["The black cats"] == "Os gatos pretos"
    assert texts["The good cats"] == "Os bons gatos"
    assert texts["The other cats"] == "Os outros gatos"


def test_pairs_record_sampled_adjectives():
    sampler = NounPhraseSampler(Random(0))
    for _ in range(50):
        sampler.pairs.clear()
        words = [word.text for word in sampler.build_noun_phrase(CAT, "the", True).en]
        assert sampler.pairs == ({(words[1], "cat")} if len(words) == 3 else set())
    assert {"black"} <= {adjective.en for adjective in ADJECTIVES_OF["animal"]}


def test_gendered_subjects_are_third_person():
    sampler = NounPhraseSampler(Random(0))
    persons = {sampler.sample_subject(("people", "kin"), gendered=True).person for _ in range(300)}
    assert persons == {"3s", "3p"}


def test_first_and_second_person_pronouns_are_dropped():
    sampler = NounPhraseSampler(Random(0))
    for pronoun in PRONOUNS:
        subject = sampler.sample_pronoun([pronoun])
        assert bool(subject.dropped_pronoun) == (pronoun.person[0] != "3") == (not subject.pt)
