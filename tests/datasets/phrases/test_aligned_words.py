"""Aligned words and their realization as text."""

from foveal.datasets.phrases.aligned_words import Word, concatenate, parse_phrase, realize, word_alignment


def test_realize_capitalizes_and_attaches_words():
    words = [Word(text) for text in ("he", "did", "n't", "see", "Ana", "'s", "box", ",", "no", "?")]
    assert realize(words).text == "He didn't see Ana's box, no?"
    assert realize([Word("à"), Word("vê"), Word("-lo"), Word(".")]).text == "À vê-lo."


def test_spans_match_bytes_of_words():
    sentence = realize([Word("é"), Word("vê"), Word("-lo"), Word("amanhã"), Word(".")])
    content = sentence.text.encode()
    assert [content[a:b].decode() for a, b in sentence.spans] == sentence.words
    assert sentence.words == ["É", "vê", "-lo", "amanhã", "."]


def test_word_alignment_links_translations():
    last_week = parse_phrase("last week", "na:1 semana:1 passada:0")
    assert word_alignment(last_week) == [(0, 2), (1, 0), (1, 1)]
    assert word_alignment(concatenate(parse_phrase("in", "em:0"), last_week)) == [
        (0, 0),
        (1, 3),
        (2, 1),
        (2, 2),
    ]
    assert word_alignment(parse_phrase("how many", "quantos:0,1 é que")) == [(0, 0), (1, 0)]
