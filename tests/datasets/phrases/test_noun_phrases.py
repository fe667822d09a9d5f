from random import Random

from foveal.datasets.phrases.aligned_words import realize
from foveal.datasets.phrases.lexicon import ADJECTIVES_OF, NOUNS_OF
from foveal.datasets.phrases.noun_phrases import PRONOUNS, NounPhraseSampler

CAT = next(noun for noun in NOUNS_OF["animal"] if noun.en == "cat")


def test_adjectives_stand_before_or_after_the_noun():
    draw = NounPhraseSampler(Random(0))
    built = [draw.build(CAT, "the", True) for _ in range(400)]
    texts = {realize(parse_phrase.en).text: realize(parse_phrase.pt).text for parse_phrase in built}
    assert texts["The black cats"] == "Os gatos pretos"
    assert texts["The good cats"] == "Os bons gatos"
    assert texts["The other cats"] == "Os outros gatos"


def test_pairs_are_those_that_were_drawn():
    draw = NounPhraseSampler(Random(0))
    for _ in range(50):
        draw.pairs.clear()
        words = [word.text for word in draw.build(CAT, "the", True).en]
        assert draw.pairs == ({(words[1], "cat")} if len(words) == 3 else set())
    assert {"black"} <= {adjective.en for adjective in ADJECTIVES_OF["animal"]}


def test_gendered_subjects_are_never_i_you_or_we():
    draw = NounPhraseSampler(Random(0))
    persons = {draw.subject(("people", "kin"), gendered=True).person for _ in range(300)}
    assert persons == {"3s", "3p"}


def test_first_and_second_persons_are_dropped():
    draw = NounPhraseSampler(Random(0))
    for pronoun in PRONOUNS:
        subject = draw.pronoun([pronoun])
        assert bool(subject.dropped_pronoun) == (pronoun.person[0] != "3") == (not subject.pt)
