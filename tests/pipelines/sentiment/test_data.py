"""Tests of splits, tokenization and gold attention of the sentiment pipeline."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import LabelledText
from foveal.pipelines.sentiment import data
from foveal.pipelines.sentiment.data import gold_attention, load_split, prepare, tokenize
from foveal.pipelines.text.codec import TextCodec

TEXTS = ["it was lovely", "lovely", "so so"]
CLASSES = ["bad", "good"]


@pytest.fixture(scope="module")
def prepared(toy_config):
    return prepare(toy_config.data)


@pytest.fixture(scope="module")
def text_codec():
    return TextCodec.train(TEXTS, 300)


def test_training_ids_decode_to_texts(prepared, toy_config):
    train = load_split(toy_config.data, "train")
    texts = [prepared.codec.decode(row[None]).numpy()[0].decode() for row in prepared.train["text"]]
    assert texts == [text.lower() for text in train.text]
    np.testing.assert_array_equal(prepared.labels, train.label)
    assert prepared.classes == ["bad", "fair", "good"]


def test_class_of_a_single_training_text_gives_a_warning(toy_config, tmp_path, capsys):
    path = tmp_path / "train.tsv"
    path.write_text("a\tgood\nb\tgood\nc\tbad\nd\tbad\ne\t\x1bgod\n")
    for split in ("validation", "test"):
        path.with_stem(split).write_text("a\tgood\nb\tbad\n")
    prepare(dataclasses.replace(toy_config.data, data=str(tmp_path / "{split}.tsv")))
    lines = capsys.readouterr().out.splitlines()
    assert (
        lines[0]
        == "warning: only 5 examples in train: a model learns nothing from them; 100 or more are needed"
    )
    assert lines[3].startswith(r"warning: only one training text of '\x1bgod': a misspelling, a header")


def test_long_text_is_truncated(toy_config):
    truncated = prepare(dataclasses.replace(toy_config.data, max_sequence_length=5))
    assert {len(row) for row in truncated.train["text"]} == {5}
    assert len(truncated.train["text"]) == len(truncated.labels)


def test_tokenizer_sample_is_evenly_spaced(toy_config, monkeypatch):
    texts = load_split(toy_config.data, "train").text
    monkeypatch.setattr(data, "SAMPLE_SIZE", sum(map(len, texts)) // 10)
    sample = data._sample(texts, toy_config.data.lowercase)
    assert [text.decode() for text in sample] == [text.lower() for text in texts[::11]]


@pytest.mark.parametrize("text", ["the tea was lovely! " * 9, "x" * 600, "É" * 300, "it's " * 60, "a"])
def test_truncated_tokens_match_full_tokenization(codec, text):
    encode = tf.function(codec.encode)  # the loop over a word of 256 tokens is slow outside of a graph
    full = encode(tf.constant([text]))[:, :7]
    assert tokenize(codec, tf.constant([text]), 7, lowercase=True).to_list() == full.to_list()


def test_lowercase_ignores_ascii_case(codec):
    texts = tf.constant(["THE Dog É", "the dog É"])
    upper, lower = tokenize(codec, texts, 7, lowercase=True).to_list()
    assert upper == lower
    upper, lower = tokenize(codec, texts, 7, lowercase=False).to_list()
    assert upper != lower


def test_gold_attention_marks_tokens_of_rationales(text_codec):
    rows = text_codec.encode_rows(TEXTS)
    spans = [np.array([[7, 13]]), np.zeros((0, 2), int), np.array([[0, 2]])]
    gold = gold_attention(text_codec, rows, LabelledText(TEXTS, np.array([1, 1, 0]), CLASSES, spans))
    assert gold.shape == (3, 1, max(map(len, rows)))
    for row, ids, expected in zip(gold[:, 0], rows, ["lovely", "", "so"], strict=True):
        marked = text_codec.decode(ids[row[: len(ids)]][None]).numpy()[0].decode()
        assert marked == expected
        assert not row[len(ids) :].any()


def test_gold_attention_ignores_rationale_after_truncation(text_codec):
    rows = [text_codec.encode_rows(TEXTS[:1])[0][:1]]
    texts = LabelledText(TEXTS[:1], np.array([1]), CLASSES, [np.array([[7, 13]])])
    assert not gold_attention(text_codec, rows, texts).any()


def test_gold_attention_without_rationales_raises(text_codec):
    with pytest.raises(ValueError, match="Received: texts without rationales"):
        gold_attention(text_codec, [], LabelledText([], np.array([]), CLASSES))


def test_single_class_raises(toy_config, tmp_path, monkeypatch):
    path = tmp_path / "one.tsv"
    path.write_text("".join(f"text {i}\tgood\n" for i in range(50)))
    with pytest.raises(ValueError, match="must have texts of two or more classes"):
        prepare(dataclasses.replace(toy_config.data, data=str(path)))
    texts = LabelledText(["a", "b", "c"], np.array([1, 1, 1]), ["no", "yes"])
    monkeypatch.setattr(data, "load_sentiment", lambda *args: texts)
    with pytest.raises(ValueError, match=r"at least two classes. Received: .* with 3 texts of class 'yes'"):
        prepare(toy_config.data)


@pytest.mark.parametrize("label", [2, 7])
def test_label_out_of_range_raises(toy_config, monkeypatch, label):
    texts = LabelledText(["a", "b", "c"], np.array([0, label, 1]), ["no", "yes"])
    monkeypatch.setattr(data, "load_sentiment", lambda *args: texts)
    with pytest.raises(ValueError, match=f"from 0 to 1, .* Received: label {label} in split 'train'"):
        load_split(toy_config.data, "train")


def test_missing_label_raises(toy_config, tmp_path):
    path = tmp_path / "missing.tsv"
    path.write_text("good text\tgood\nno label\t\n")
    with pytest.raises(ValueError, match="2"):
        prepare(dataclasses.replace(toy_config.data, data=str(path)))
