import keras_nlp
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from foveal.pipelines.text.wordpiece import SUFFIX_INDICATOR, longest_match

LETTERS = ["a", "b", "c", "é", "日"]
PIECES = ["ab", "abc", "cab", "##ab", "##abca", "##bé", "##日日a", "日日", " a", " abca", "é"]
VOCABULARY = ["[UNK]", *LETTERS, *[SUFFIX_INDICATOR + letter for letter in LETTERS], " ", *PIECES[:-1]]
WIDTH = max(len(piece.removeprefix(SUFFIX_INDICATOR).encode()) for piece in VOCABULARY)
FIRST_BYTE_ID = 1000
KNOWN = st.text(st.sampled_from(LETTERS), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def match():
    ids = tf.range(len(VOCABULARY), dtype=tf.int64)
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(VOCABULARY, ids), -1)
    return tf.function(
        lambda words: longest_match(words, table, WIDTH, FIRST_BYTE_ID),
        input_signature=[tf.TensorSpec([None], tf.string)],
    )


@pytest.fixture(scope="module")
def peer():
    tokenizer = keras_nlp.tokenizers.WordPieceTokenizer(
        vocabulary=VOCABULARY, lowercase=False, strip_accents=False, split=False
    )
    return tf.function(
        lambda words: tokenizer.tokenize(words), input_signature=[tf.TensorSpec([None], tf.string)]
    )


def greedy(word):
    """One word, one piece after the other."""
    ids, rest, mark = [], word.encode(), ""
    while rest:
        for size in range(len(rest), 0, -1):
            piece = mark + rest[:size].decode(errors="replace")
            if piece in VOCABULARY:
                ids.append(VOCABULARY.index(piece))
                break
        else:
            ids.append(FIRST_BYTE_ID + rest[0])
            size = 1
        rest, mark = rest[size:], SUFFIX_INDICATOR
    return ids


@settings(deadline=None, max_examples=200)
@given(words=st.lists(st.builds(str.__add__, st.sampled_from(["", " "]), KNOWN), max_size=5))
def test_ids_are_those_of_keras_nlp(match, peer, words):
    words = tf.constant(words, tf.string)
    tf.debugging.assert_equal(match(words).values, peer(words))


@settings(deadline=None, max_examples=200)
@given(words=st.lists(KNOWN | st.text(st.sampled_from("ab日z本😀\0"), min_size=1), max_size=5))
def test_what_no_piece_covers_becomes_bytes_where_it_stands(match, words):
    assert match(tf.constant(words, tf.string)).to_list() == [greedy(word) for word in words]


def test_a_long_word_is_matched_as_a_short_one(match):
    words = ["b", "abca" * 60 + "cab", "cab"]
    assert match(tf.constant(words)).to_list() == [greedy(word) for word in words]
