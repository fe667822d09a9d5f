import numpy as np
import pytest

from foveal.datasets import LabelledText
from foveal.pipelines.sentiment.rationales import gold_attention
from foveal.pipelines.text.codec import TextCodec

TEXTS = ["it was lovely", "lovely", "so so"]


def test_the_pieces_that_touch_a_rationale_are_gold():
    codec = TextCodec.learn(TEXTS, 300)
    rows = codec.rows(TEXTS)
    spans = [np.array([[7, 13]]), np.zeros((0, 2), int), np.array([[0, 2]])]
    gold = gold_attention(codec, rows, LabelledText(TEXTS, np.array([1, 1, 0]), ["bad", "good"], spans))
    assert gold.shape == (3, 1, max(map(len, rows)))
    for row, ids, expected in zip(gold[:, 0], rows, ["lovely", "", "so"], strict=True):
        chosen = codec.decode(ids[row[: len(ids)]][None]).numpy()[0].decode()
        assert chosen == expected
        assert not row[len(ids) :].any()


def test_a_rationale_in_what_is_not_read_is_none():
    codec = TextCodec.learn(TEXTS, 300)
    rows = [codec.rows(TEXTS[:1])[0][:1]]
    text = LabelledText(TEXTS[:1], np.array([1]), ["bad", "good"], [np.array([[7, 13]])])
    assert not gold_attention(codec, rows, text).any()


def test_texts_without_rationales_cannot_guide():
    with pytest.raises(ValueError, match="received texts without"):
        gold_attention(TextCodec.learn(TEXTS, 300), [], LabelledText([], np.array([]), ["bad", "good"]))
