from foveal.datasets.reviews.rationale_markup import split_sentences, strip_markup, write


def test_spans_are_bytes_of_the_text():
    written = write(["the café's décor [was not ugly], was it?", "São Paulo.", "[I beg to differ]."])
    assert written.text == "The café's décor was not ugly, was it? São Paulo. I beg to differ."
    content = written.text.encode()
    assert [content[a:b].decode() for a, b in written.rationales] == ["was not ugly", "I beg to differ"]
    assert [content[a:b].decode() for a, b in written.sentences] == [
        "The café's décor was not ugly, was it?",
        "São Paulo.",
        "I beg to differ.",
    ]


def test_a_capital_goes_first_inside_a_mark_too():
    assert write(["[éclairs were stale]."]).text == "Éclairs were stale."


def test_a_text_falls_into_its_sentences():
    assert split_sentences("was it [dull]? [no]. great! it ran, still.") == [
        "was it [dull]?",
        "[no].",
        "great!",
        "it ran, still.",
    ]


def test_marks_leave_no_trace():
    assert strip_markup("I [hardly] liked [it]") == "I hardly liked it"
