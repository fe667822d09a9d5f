"""Tests of the training of vocabularies: number of signs, most frequent signs, lengths."""

import random

import pytest
import tensorflow as tf

from foveal.pipelines.text.codec import BYTE_TOKENS, SPECIAL_TOKENS, TextCodec
from foveal.pipelines.text.vocabulary import train_vocabulary

RESERVED = [*SPECIAL_TOKENS, *BYTE_TOKENS]
SIGNS = [chr(0x4E00 + index) for index in range(1100)]


@pytest.fixture(scope="module")
def texts():
    rng = random.Random(0)
    texts = ["".join(rng.sample(SIGNS, 5)) for _ in range(500)]
    return texts + ["".join(SIGNS[index : index + 5]) for index in range(0, 1100, 5)]


def byte_tokens(vocabulary, texts):
    ids = TextCodec(vocabulary).encode(tf.constant(texts)).values.numpy()
    return int(((ids >= len(SPECIAL_TOKENS)) & (ids < len(RESERVED))).sum())


def test_vocabulary_holds_more_than_1000_signs(texts):
    vocabulary = train_vocabulary(texts, 2500, RESERVED)
    assert len(vocabulary) <= 2500
    assert byte_tokens(vocabulary, texts) == 0


def test_small_vocabulary_holds_most_frequent_signs(texts):
    frequent = SIGNS[700:710]
    texts = [*texts, *[text + "".join(frequent) for text in texts]]
    vocabulary = train_vocabulary(texts, len(RESERVED) + 33, RESERVED)
    assert vocabulary[: len(RESERVED)] == RESERVED
    assert len(vocabulary) <= len(RESERVED) + 33
    signs = {token.removeprefix("##") for token in vocabulary[len(RESERVED) :]}
    assert {sign for sign in signs if len(sign) == 1} == {*frequent, " "}
    assert byte_tokens(vocabulary, ["".join(frequent)]) == 0


def test_few_rare_signs_leave_room_for_words():
    texts = ["the rose was lovely"] * 10_000 + SIGNS[:40]  # 0.02 % of the characters
    vocabulary = train_vocabulary(texts, len(RESERVED) + 80, RESERVED)
    assert not set(SIGNS) & set(vocabulary)
    assert {" the", " rose", " was", " lovely"} < set(vocabulary)
    assert byte_tokens(vocabulary, texts[:1]) == 0


def test_words_of_more_than_50_signs_are_learned():
    vocabulary = train_vocabulary(["ก" * 40 + "ข" * 70], 300, RESERVED)
    assert byte_tokens(vocabulary, ["ก" * 40 + "ข" * 70]) == 0


@pytest.mark.parametrize(("first_sign", "longest"), [("一", 4), ("か", 4), ("ก", 6)])
def test_tokens_of_scripts_without_spaces_are_short(first_sign, longest):
    signs = [chr(ord(first_sign) + index) for index in range(30)]
    texts = [" a vast country", "".join(signs) + "iPhone" + "".join(signs[:9])] * 50
    vocabulary = train_vocabulary(texts, 1000, RESERVED)
    tokens = [token.removeprefix("##").strip() for token in vocabulary[len(RESERVED) :]]
    assert max(len(token) for token in tokens if set(token) <= set(signs)) == longest
    assert {" country", "iPhone"} <= set(vocabulary)
    assert byte_tokens(vocabulary, ["".join(reversed(signs))]) == 0


def test_signs_of_rare_pieces_have_tokens(texts, monkeypatch):
    monkeypatch.setattr("foveal.pipelines.text.vocabulary.MAX_UNSPACED_PIECES", 10)
    frequent = "".join(SIGNS[:4])
    vocabulary = train_vocabulary([*texts, *[frequent] * 50], 2500, RESERVED)
    assert byte_tokens(vocabulary, texts) == 0
    tokens = {token.removeprefix("##").strip() for token in vocabulary[len(RESERVED) :]}
    longer = {token for token in tokens if len(token) > 1}
    assert frequent in longer
    assert all(token in frequent for token in longer)
