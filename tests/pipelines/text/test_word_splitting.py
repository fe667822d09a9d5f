"""Tests of the splitting of texts into words."""

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from foveal.pipelines.text.word_splitting import split_words

PARTS = [
    "##",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "'s",
    "\u2019re",
    "e\u0301",
    "👩\u200d👧",
    "日本語",
    "a" * 60,
]
UNICODE = st.text() | st.lists(st.sampled_from(PARTS)).map("".join)


@settings(deadline=None)
@given(text=UNICODE)
def test_split_words_concatenate_to_text_and_do_not_cross_spaces(text):
    words = split_words(tf.constant([text])).values.numpy()
    assert b"".join(words) == b" " + text.encode()
    assert all(b" " not in word[1:] for word in words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't stop.", [" Don", "'t", " stop", "."]),
        ("we\u2019ll", [" we", "\u2019ll"]),
        ("l'été d'or", [" l", "'", "été", " d", "'", "or"]),
        ("1984, 3.5", [" 1", "9", "8", "4", ",", " 3", ".", "5"]),
        ("cafe\u0301 (x)", [" cafe\u0301", " (", "x", ")"]),
        ("a  b\n c", [" a", " ", " b", "\n", " c"]),
        ("", [" "]),
        ("a" * 120 + " b", [" " + "a" * 49, "a" * 50, "a" * 21, " b"]),
        ("ก" * 60 + " " + "日" * 49, [" " + "ก" * 49, "ก" * 11, " " + "日" * 49]),
    ],
)
def test_split_words(text, words):
    assert [word.decode() for word in split_words([text]).values.numpy()] == words
