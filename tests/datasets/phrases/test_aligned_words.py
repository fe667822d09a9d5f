from foveal.datasets.phrases.aligned_words import Word, concatenate, parse_phrase, realize, word_alignment


def test_sentence_has_a_capital_and_no_space_before_joined_words():
    words = [Word(text) for text in ("he", "did", "n't", "see", "Ana", "'s", "box", ",", "no", "?")]
    assert realize(words).text == "He didn't see Ana's box, no?"
    assert realize([Word("à"), Word("vê"), Word("-lo"), Word(".")]).text == "À vê-lo."


def test_spans_are_the_bytes_of_the_words():
    written = realize([Word("é"), Word("vê"), Word("-lo"), Word("amanhã"), Word(".")])
    content = written.text.encode()
    assert [content[a:b].decode() for a, b in written.spans] == written.words
    assert written.words == ["É", "vê", "-lo", "amanhã", "."]


def test_links_follow_each_word_to_those_that_it_renders():
    last_week = parse_phrase("last week", "na:1 semana:1 passada:0")
    assert word_alignment(last_week) == [(0, 2), (1, 0), (1, 1)]
    assert word_alignment(concatenate(parse_phrase("in", "em:0"), last_week)) == [
        (0, 0),
        (1, 3),
        (2, 1),
        (2, 2),
    ]
    assert word_alignment(parse_phrase("how many", "quantos:0,1 é que")) == [(0, 0), (1, 0)]
