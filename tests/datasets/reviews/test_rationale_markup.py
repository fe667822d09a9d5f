"""Markup of rationales."""

from foveal.datasets.reviews.rationale_markup import parse_markup, split_sentences, strip_markup


def test_parse_markup_returns_byte_spans():
    annotated = parse_markup(["the café's décor [was not ugly], was it?", "São Paulo.", "[I beg to differ]."])
    assert annotated.text == "The café's décor was not ugly, was it? São Paulo. I beg to differ."
    content = annotated.text.encode()
    assert [content[start:end].decode() for start, end in annotated.rationales] == [
        "was not ugly",
        "I beg to differ",
    ]
    assert [content[start:end].decode() for start, end in annotated.sentences] == [
        "The café's décor was not ugly, was it?",
        "São Paulo.",
        "I beg to differ.",
    ]


def test_parse_markup_capitalizes_inside_rationale():
    assert parse_markup(["[éclairs were stale]."]).text == "Éclairs were stale."


def test_split_sentences_keeps_markup():
    assert split_sentences("was it [dull]? [no]. great! it ran, still.") == [
        "was it [dull]?",
        "[no].",
        "great!",
        "it ran, still.",
    ]


def test_strip_markup_removes_brackets():
    assert strip_markup("I [hardly] liked [it]") == "I hardly liked it"
