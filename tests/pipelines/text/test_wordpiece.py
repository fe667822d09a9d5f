"""Tests of longest-match WordPiece against KerasNLP and a loop over bytes."""

import keras_nlp
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from foveal.pipelines.text.wordpiece import SUFFIX_INDICATOR, longest_match

LETTERS = ["a", "b", "c", "é", "日"]
TOKENS = ["ab", "abc", "cab", "##ab", "##abca", "##bé", "##日日a", "日日", " a", " abca", "é"]
VOCABULARY = ["[UNK]", *LETTERS, *[SUFFIX_INDICATOR + letter for letter in LETTERS], " ", *TOKENS[:-1]]
MAX_TOKEN_BYTES = max(len(token.removeprefix(SUFFIX_INDICATOR).encode()) for token in VOCABULARY)
FIRST_BYTE_ID = 1000
COVERED_WORDS = st.text(st.sampled_from(LETTERS), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def match():
    ids = tf.range(len(VOCABULARY), dtype=tf.int64)
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(VOCABULARY, ids), -1)
    return tf.function(
        lambda words: longest_match(words, table, MAX_TOKEN_BYTES, FIRST_BYTE_ID),
        input_signature=[tf.TensorSpec([None], tf.string)],
    )


@pytest.fixture(scope="module")
def keras_nlp_tokenize():
    tokenizer = keras_nlp.tokenizers.WordPieceTokenizer(
        vocabulary=VOCABULARY, lowercase=False, strip_accents=False, split=False
    )
    return tf.function(
        lambda words: tokenizer.tokenize(words), input_signature=[tf.TensorSpec([None], tf.string)]
    )


def longest_match_by_loop(word):
    """Match one word, one token after another."""
    ids, remainder, prefix = [], word.encode(), ""
    while remainder:
        for size in range(len(remainder), 0, -1):
            token = prefix + remainder[:size].decode(errors="replace")
            if token in VOCABULARY:
                ids.append(VOCABULARY.index(token))
                break
        else:
            ids.append(FIRST_BYTE_ID + remainder[0])
            size = 1
        remainder, prefix = remainder[size:], SUFFIX_INDICATOR
    return ids


@settings(deadline=None, max_examples=200)
@given(words=st.lists(st.builds(str.__add__, st.sampled_from(["", " "]), COVERED_WORDS), max_size=5))
def test_longest_match_matches_keras_nlp(match, keras_nlp_tokenize, words):
    words = tf.constant(words, tf.string)
    tf.debugging.assert_equal(match(words).values, keras_nlp_tokenize(words))


@settings(deadline=None, max_examples=200)
@given(words=st.lists(COVERED_WORDS | st.text(st.sampled_from("ab日z本😀\0"), min_size=1), max_size=5))
def test_uncovered_bytes_become_byte_tokens(match, words):
    assert match(tf.constant(words, tf.string)).to_list() == [longest_match_by_loop(word) for word in words]


def test_long_word_matches_loop(match):
    words = ["b", "abca" * 60 + "cab", "cab"]
    assert match(tf.constant(words)).to_list() == [longest_match_by_loop(word) for word in words]
