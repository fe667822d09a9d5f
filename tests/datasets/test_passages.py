"""Byte spans of quoted passages."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from foveal.datasets.passages import locate_passages

TEXT = "le café\nest très bon . le thé aussi .".encode()


def test_locate_passages_matches_across_line_breaks_in_bytes():
    spans = locate_passages(TEXT, ["café est".encode(), b"aussi"])
    assert [TEXT[start:end] for start, end in spans] == ["café\nest".encode(), b"aussi"]
    assert spans.dtype == np.int32


def test_locate_passages_sorts_and_merges_overlapping_spans():
    spans = locate_passages(b"a b c d e f", [b"e", b"b c", b"c d", b"b c"])
    assert spans.tolist() == [[2, 7], [8, 9]]


def test_locate_passages_keeps_the_outer_of_nested_passages():
    assert locate_passages(b"a b c d", [b"a b c d", b"b"]).tolist() == [[0, 7]]


def test_locate_passages_ignores_absent_and_empty_passages():
    assert locate_passages(TEXT, [b"nowhere", b"", b" \n"]).shape == (0, 2)
    assert locate_passages(b"a.c", [b"abc"]).shape == (0, 2)  # a passage is no regular expression
    assert locate_passages(b"", []).shape == (0, 2)


@given(st.lists(st.sampled_from("ab."), min_size=1, max_size=12), st.data())
def test_locate_passages_finds_the_first_occurrence(words, data):
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    text, passage = " ".join(words).encode(), " ".join(words[start:end]).encode()
    first = text.index(passage)
    assert locate_passages(text, [passage]).tolist() == [[first, first + len(passage)]]
