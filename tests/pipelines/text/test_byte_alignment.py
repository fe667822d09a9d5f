"""Tests of the alignment of texts as given and their normal forms."""

import unicodedata

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foveal.pipelines.text.byte_alignment import ByteAlignment, identity_alignment
from foveal.pipelines.text.codec import TextCodec
from foveal.pipelines.text.normalization import normalize, normalize_with_alignment

CHARACTERS = [*"ab. \u00e9\u0323日\n\u00a0\u3000\u200b\ufeff", "e\u0301", "\u1112\u1161\u11ab"]
TEXT = st.text(
    st.sampled_from([part for part in CHARACTERS if len(part) == 1]) | st.characters(codec="utf-8")
)
PARTS = st.lists(st.sampled_from(CHARACTERS), max_size=9).map("".join)


@pytest.fixture(scope="module")
def token_offsets():
    codec = TextCodec.train(["ab a b. \u00e9 日 ba"] * 3, 300)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def offsets(texts):
        normal, alignment = normalize_with_alignment(texts)
        ids = codec.encode(normal).to_tensor()
        starts, ends = codec.byte_offsets(ids)
        given = alignment.to_given(tf.range(tf.size(texts))[:, None], starts, ends)
        return normal, tf.stack([starts, ends], -1), tf.stack(given, -1)

    return lambda texts: [value.numpy() for value in offsets(tf.constant(texts))]


@pytest.fixture(scope="module")
def normalize_in_graph():
    return tf.function(normalize, input_signature=[tf.TensorSpec([None], tf.string)])


@settings(deadline=None, max_examples=50)
@given(texts=st.lists(PARTS | TEXT, min_size=1, max_size=3))
@example(texts=["\ufeffa\n\n b", "", "\u3000", "ab\u00adab"])
def test_normal_form_of_bytes_of_token_is_token(token_offsets, normalize_in_graph, texts):
    normal, in_normal, in_given = token_offsets(texts)
    for text, normal_text, spans, given_spans in zip(texts, normal, in_normal, in_given, strict=True):
        text = text.encode()
        assert (np.diff(given_spans, axis=0) >= 0).all()
        assert ((given_spans >= 0) & (given_spans <= len(text))).all()
        tokens = [normal_text[start:end] for start, end in spans]
        normal_bytes = normalize_in_graph([text[start:end] for start, end in given_spans]).numpy()
        for token, of_given in zip(tokens, normal_bytes, strict=True):
            if is_valid(token) and token.strip() and not unicodedata.combining(token.decode()[0]):
                assert token == of_given or token in of_given  # a part of a letter with marks
        is_empty = spans[:, 0] == spans[:, 1]
        np.testing.assert_array_equal(is_empty, given_spans[:, 0] == given_spans[:, 1])


def is_valid(text):
    return text.decode(errors="replace").encode() == text


def test_offsets_of_words_between_noise(token_offsets):
    text = "\ufeff\u00a0ab\r\n\u00e9 e\u0301"
    _, _, offsets = token_offsets([text])
    words = [text.encode()[start:end].decode() for start, end in offsets[0]]
    assert words == ["ab", "\u00e9", "e\u0301"]


def test_conversion_matches_table_of_bytes():
    given, normalized = [2, 3, 4, 1, 2], [2, 1, 4, 0, 2]
    alignment = ByteAlignment(*(tf.ragged.constant([[7], lengths, []]) for lengths in (given, normalized)))
    bounds = {0: 0, 1: 1, 2: 2, 3: 5, 4: 6, 5: 7, 6: 8}  # of the normal form: the same byte as given
    for start in range(7):
        for end in range(start + 1, 7):
            converted = alignment.to_given(1, tf.constant(start), tf.constant(end))
            assert tuple(map(int, converted)) == (bounds[start], bounds[end])
    assert tuple(map(int, alignment.to_given(1, tf.constant(7), tf.constant(9)))) == (10, 12)
    assert tuple(map(int, alignment.to_given(1, tf.constant(9), tf.constant(9)))) == (12, 12)
    assert tuple(map(int, alignment.to_given(1, tf.constant(0), tf.constant(0)))) == (0, 0)
    assert tuple(map(int, alignment.to_normalized(1, tf.constant(3), tf.constant(4)))) == (2, 3)
    assert tuple(map(int, alignment.to_normalized(1, tf.constant(9), tf.constant(12)))) == (7, 9)


def test_bytes_read_are_all_bytes_where_all_of_normal_form_was_read():
    given, normalized = tf.ragged.constant([[0, 3, 5, 2], [4]]), tf.ragged.constant([[0, 0, 5, 0], [4]])
    alignment = ByteAlignment(given, normalized)
    assert alignment.bytes_read(tf.constant([5, 4])).numpy().tolist() == [10, 4]
    assert alignment.bytes_read(tf.constant([4, 0])).numpy().tolist() == [7, 0]


def test_identity_alignment_keeps_offsets():
    starts, ends = tf.constant([[0, 2], [1, 1]]), tf.constant([[2, 5], [4, 1]])
    alignment = identity_alignment(tf.constant(["a rose", "rose"]))
    kept = alignment.to_given(tf.constant([[0], [1]]), starts, ends)
    np.testing.assert_array_equal(kept, [starts, ends])
