import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from foveal.datasets.passages import locate_passages

TEXT = "le café\nest très bon . le thé aussi .".encode()


def test_passages_are_found_across_line_breaks_in_bytes():
    spans = locate_passages(TEXT, ["café est".encode(), b"aussi"])
    assert [TEXT[a:b] for a, b in spans] == ["café\nest".encode(), b"aussi"]
    assert spans.dtype == np.int32


def test_spans_are_in_order_and_what_overlaps_is_joined():
    spans = locate_passages(b"a b c d e f", [b"e", b"b c", b"c d", b"b c"])
    assert spans.tolist() == [[2, 7], [8, 9]]


def test_a_passage_inside_another_does_not_shorten_it():
    assert locate_passages(b"a b c d", [b"a b c d", b"b"]).tolist() == [[0, 7]]


def test_what_is_not_there_or_empty_has_no_span():
    assert locate_passages(TEXT, [b"nowhere", b"", b" \n"]).shape == (0, 2)
    assert locate_passages(b"a.c", [b"abc"]).shape == (0, 2)  # nothing in a passage is a pattern
    assert locate_passages(b"", []).shape == (0, 2)


@given(st.lists(st.sampled_from("ab."), min_size=1, max_size=12), st.data())
def test_any_run_of_words_is_found_where_it_is_first(words, data):
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    text, passage = " ".join(words).encode(), " ".join(words[start:end]).encode()
    assert locate_passages(text, [passage]).tolist() == [
        [text.index(passage), text.index(passage) + len(passage)]
    ]
