from foveal.datasets.phrases.compositions import CONSTRUCTIONS, find_held_out
from foveal.datasets.phrases.lexicon import ADJECTIVES_OF, NOUNS_OF


def test_held_out_constructions_are_found_inside_larger_ones():
    for construction in CONSTRUCTIONS:
        assert find_held_out({construction | {"anything"}}) == {"clause"}
        for part in construction:
            assert find_held_out({construction - {part}}) == set()


def test_about_one_pair_in_twelve_is_held_out():
    pairs = [
        ("adjective", adjective.en, noun.en)
        for kind, nouns in NOUNS_OF.items()
        for noun in nouns
        for adjective in ADJECTIVES_OF[kind]
    ]
    share = sum(find_held_out({pair}) == {"adjective"} for pair in pairs) / len(pairs)
    assert 0.07 < share < 0.1
