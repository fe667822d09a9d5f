"""Tests of splits, token ids and gold attention of the translation pipeline."""

import dataclasses

import numpy as np
import pytest

from foveal.datasets import ParallelText
from foveal.pipelines.text.codec import END, PAD, START, TextCodec
from foveal.pipelines.training.losses import FROM_INPUT, FROM_SENTINEL, NO_GOLD
from foveal.pipelines.translation.data import encode_pairs, gate_gold, gold_attention, load_split, prepare

SOURCE, TARGET = ["big dogs bark", "dogs"], ["os cães grandes", "cães"]


@pytest.fixture(scope="module")
def prepared(toy_config):
    return prepare(toy_config.data)


def test_training_ids_decode_to_pairs(prepared, toy_config):
    train = load_split(toy_config.data, "train")
    for side in ("source", "target"):
        ids = prepared.train[side]
        texts = [prepared.codec.decode(row[None]).numpy()[0].decode() for row in ids]
        assert texts == getattr(train, side)


def test_sequences_have_start_and_end_tokens(prepared):
    for source, target in zip(prepared.train["source"], prepared.train["target"], strict=True):
        assert source[-1] == target[-1] == END
        assert target[0] == START
        assert not {START, PAD} & set(source)


def test_vocabulary_size_is_a_maximum(prepared, toy_config):
    assert 259 < len(prepared.codec.vocabulary) <= toy_config.data.vocabulary_size


def test_long_pairs_are_left_out(prepared, toy_config):
    max_length = int(np.median([len(row) for row in prepared.train["source"]]))
    short = prepare(dataclasses.replace(toy_config.data, max_sequence_length=max_length))
    assert 0 < len(short.train["source"]) < len(prepared.train["source"])
    assert len(short.train["source"]) == len(short.train["target"])
    assert max(len(row) for side in short.train.values() for row in side) <= max_length


def test_no_short_pair_raises(toy_config):
    message = r"Received: max_sequence_length=3, and \d+ pairs, all longer"
    with pytest.raises(ValueError, match=message):
        prepare(dataclasses.replace(toy_config.data, max_sequence_length=3))


def test_encode_pairs_keeps_number_of_pairs(prepared):
    test = prepared.tests["test"]
    pairs = encode_pairs(prepared.codec, test)
    assert len(pairs["source"]) == len(pairs["target"]) == len(test)


def word_spans(text):
    ends = np.cumsum([len(word.encode()) + 1 for word in text.split()]) - 1
    starts = ends - [len(word.encode()) for word in text.split()]
    return np.stack([starts, ends], axis=1)


def word_of_tokens(codec, ids):
    """Return the index of the word of each token, by the spaces before words; -1 of END and of a space."""
    tokens = [token.decode() for token in codec.ids_to_tokens(ids).numpy()]
    words = np.cumsum([token.startswith("▁") for token in tokens]) - 1
    return [-1 if token in ("[END]", "▁") else int(word) for token, word in zip(tokens, words, strict=True)]


def test_gold_attention_links_tokens_of_linked_words():
    codec = TextCodec.train(SOURCE + TARGET, 270)  # a small vocabulary: words have several tokens
    pairs = {
        "source": codec.encode_rows(SOURCE, suffix=[END]),
        "target": codec.encode_rows(TARGET, prefix=[START], suffix=[END]),
    }
    alignment = [np.array([[1, 1], [0, 2]]), np.array([[0, 0]])]
    spans = [[word_spans(text).astype(np.int32) for text in texts] for texts in (SOURCE, TARGET)]
    text = ParallelText(SOURCE, TARGET, alignment, spans[0], spans[1])
    gold = gold_attention(codec, pairs, text)
    lengths = [max(map(len, pairs[side])) for side in ("target", "source")]
    assert gold.shape == (2, lengths[0] - 1, lengths[1])
    for row, source, target, links in zip(gold, pairs["source"], pairs["target"], alignment, strict=True):
        source_words, target_words = word_of_tokens(codec, source), word_of_tokens(codec, target[1:])
        for query, target_word in enumerate(target_words):
            for key, source_word in enumerate(source_words):
                is_linked = (source_word, target_word) in {tuple(link) for link in links}
                assert row[query, key] == is_linked
        assert not row[len(target) - 1 :].any()
        assert not row[:, len(source) :].any()


def test_gold_attention_without_alignments_raises():
    codec = TextCodec.train(SOURCE, 270)
    with pytest.raises(ValueError, match="Received: pairs without alignments"):
        gold_attention(codec, {"source": [], "target": []}, ParallelText([], []))


def test_gate_gold_is_the_words_without_links():
    codec = TextCodec.train(SOURCE + TARGET, 270)
    pairs = encode_pairs(codec, ParallelText(SOURCE, TARGET))
    alignment = [np.array([[1, 1], [0, 2]]), np.zeros((0, 2), np.int32)]
    spans = [[word_spans(text).astype(np.int32) for text in texts] for texts in (SOURCE, TARGET)]
    text = ParallelText(SOURCE, TARGET, alignment, spans[0], spans[1])
    gold = gate_gold(codec, pairs, text)
    linked = [{1, 2}, set()]
    for row, target, words in zip(gold, pairs["target"], linked, strict=True):
        expected = [
            FROM_INPUT if word in words else FROM_SENTINEL for word in word_of_tokens(codec, target[1:-1])
        ]
        assert row[: len(target) - 2].tolist() == expected
        assert (row[len(target) - 2 :] == NO_GOLD).all()


def test_gate_gold_without_alignments_raises():
    with pytest.raises(ValueError, match="`gate_loss_weight` must be 0 for training pairs without gold"):
        gate_gold(TextCodec.train(SOURCE, 270), {"target": []}, ParallelText([], []))
