"""Synchronous grammar of `phrases`."""

from itertools import islice
from random import Random

from foveal.datasets.phrases.aligned_words import realize
from foveal.datasets.phrases.corpus import sample_pairs
from foveal.datasets.phrases.grammar import Grammar


def test_grammar_translates_each_sentence_uniquely():
    grammar, translations = Grammar(Random(5)), {}
    for _ in range(20_000):
        sentence = grammar.sample_sentence()
        english, portuguese = realize(sentence.en).text, realize(sentence.pt).text
        assert translations.setdefault(english, portuguese) == portuguese
    assert len(translations) < 20_000  # some short sentences occur twice


def test_sample_pairs_have_valid_text_spans_and_alignment():
    for pair in islice(sample_pairs(3), 3_000):
        for side, language in ((pair.en, 0), (pair.pt, 1)):
            content = side.text.encode()
            assert [content[start:end].decode() for start, end in side.spans] == side.words
            assert side.text[0].isupper() or side.text[0].isdigit()
            assert side.text[-1] in ".?"
            assert "  " not in side.text
            positions = {link[language] for link in pair.alignment}
            assert positions <= set(range(len(side.words)))
        # every English word is aligned, with few exceptions
        assert {link[0] for link in pair.alignment} >= {
            index for index, word in enumerate(pair.en.words) if word.lower() not in ("the", "at", "o'clock")
        }
