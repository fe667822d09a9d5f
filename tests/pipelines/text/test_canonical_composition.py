"""Tests of canonical composition against Python's `unicodedata`."""

import unicodedata

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from foveal.pipelines.text.canonical_composition import compose, composition_tables

TABLES = composition_tables()
CHANGING = sorted(
    TABLES.decomposition.keys()
    | TABLES.combining_class.keys()
    | {character for pair in TABLES.composition for character in pair}
)
JAMO = [chr(code) for code in (0x1100, 0x1112, 0x1161, 0x1175, 0x11A7, 0x11A8, 0x11C2, 0xAC00, 0xAC01)]
MARKS = ["\u0323", "\u0301", "\u0302", "\u0307", "\u0345"]
MARKED = st.text(st.sampled_from(["a", "s", "e", "\u03b1", *MARKS, *JAMO]))


@pytest.fixture(scope="module")
def compose_in_graph():
    return tf.function(compose, input_signature=[tf.TensorSpec([None], tf.string)])


def nfc(texts):
    return [unicodedata.normalize("NFC", text) for text in texts]


def decode(texts):
    return [text.decode() for text in texts.numpy()]


def test_every_character_matches_unicodedata(compose_in_graph):
    characters = [chr(code_point) for code_point in CHANGING] + [
        chr(code) for code in range(0xAC00, 0xD7A4, 7)
    ]
    decomposed = [unicodedata.normalize("NFD", character) for character in characters]
    for texts in (characters, decomposed, ["e" + text for text in characters]):
        assert decode(compose_in_graph(texts)) == nfc(texts)


@settings(deadline=None, max_examples=200)
@given(texts=st.lists(st.text() | st.text(st.sampled_from(list(map(chr, CHANGING)))) | MARKED, max_size=5))
def test_any_text_matches_unicodedata(compose_in_graph, texts):
    assert decode(compose_in_graph(tf.constant(texts, tf.string))) == nfc(texts)


def test_marks_do_not_cross_texts(compose_in_graph):
    assert decode(compose_in_graph(["e", "\u0301", "", "\u0301\u0323"])) == [
        "e",
        "\u0301",
        "",
        "\u0323\u0301",
    ]


def test_100_000_marks_on_one_letter(compose_in_graph):
    text = "e" + "\u0301" * 100_000
    assert decode(compose_in_graph([text, "e\u0301"])) == nfc([text, "e\u0301"])
