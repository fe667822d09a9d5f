"""Held-out compositions of `phrases`."""

from foveal.datasets.phrases.compositions import CONSTRUCTIONS, find_held_out
from foveal.datasets.phrases.lexicon import ADJECTIVES_OF, NOUNS_OF


def test_find_held_out_detects_constructions_in_supersets():
    for construction in CONSTRUCTIONS:
        assert find_held_out({construction | {"anything"}}) == {"clause"}
        for part in construction:
            assert find_held_out({construction - {part}}) == set()


def test_find_held_out_fraction_of_pairs():
    pairs = [
        ("adjective", adjective.en, noun.en)
        for kind, nouns in NOUNS_OF.items()
        for noun in nouns
        for adjective in ADJECTIVES_OF[kind]
    ]
    fraction = sum(find_held_out({pair}) == {"adjective"} for pair in pairs) / len(pairs)
    assert 0.07 < fraction < 0.1
