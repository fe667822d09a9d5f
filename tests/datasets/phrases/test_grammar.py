from itertools import islice
from random import Random

from foveal.datasets.phrases.aligned_words import realize
from foveal.datasets.phrases.corpus import sample_pairs
from foveal.datasets.phrases.grammar import Grammar


def test_no_english_sentence_has_two_translations():
    grammar, seen = Grammar(Random(5)), {}
    for _ in range(20_000):
        sentence = grammar.sentence()
        english, portuguese = realize(sentence.en).text, realize(sentence.pt).text
        assert seen.setdefault(english, portuguese) == portuguese
    assert len(seen) < 20_000  # short ones did come twice


def test_every_sentence_is_written_and_aligned_properly():
    for pair in islice(sample_pairs(3), 3_000):
        for side, language in ((pair.en, 0), (pair.pt, 1)):
            content = side.text.encode()
            assert [content[a:b].decode() for a, b in side.spans] == side.words
            assert side.text[0].isupper() or side.text[0].isdigit()
            assert side.text[-1] in ".?"
            assert "  " not in side.text
            positions = {link[language] for link in pair.alignment}
            assert positions <= set(range(len(side.words)))
        # every English word is rendered somewhere
        assert {link[0] for link in pair.alignment} >= {
            i for i, word in enumerate(pair.en.words) if word.lower() not in ("the", "at", "o'clock")
        }
