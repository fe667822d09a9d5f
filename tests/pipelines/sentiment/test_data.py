import dataclasses

import numpy as np
import pytest

from foveal.datasets import LabelledText
from foveal.pipelines.sentiment import data
from foveal.pipelines.sentiment.data import load, prepare


@pytest.fixture(scope="module")
def prepared(toy_config):
    return prepare(toy_config.data)


def test_every_text_of_the_training_split_is_there_as_ids_that_decode_to_it(prepared, toy_config):
    train = load(toy_config.data, "train")
    texts = [prepared.codec.decode(row[None]).numpy()[0].decode() for row in prepared.train["text"]]
    assert texts == [text.lower() for text in train.text]
    np.testing.assert_array_equal(prepared.labels, train.label)
    assert prepared.classes == ["bad", "fair", "good"]


def test_a_long_text_is_kept_up_to_the_limit(toy_config):
    found = prepare(dataclasses.replace(toy_config.data, max_sequence_length=5))
    assert {len(row) for row in found.train["text"]} == {5}
    assert len(found.train["text"]) == len(found.labels)


def test_the_pieces_are_learned_from_texts_all_over_a_large_set(toy_config, monkeypatch):
    texts = load(toy_config.data, "train").text
    monkeypatch.setattr(data, "LEARNED_FROM", sum(map(len, texts)) // 10)
    sample = data._sample(texts, toy_config.data)
    assert [text.decode() for text in sample] == [text.lower() for text in texts[::11]]


def test_one_class_only_is_one_clear_error(toy_config, tmp_path, monkeypatch):
    path = tmp_path / "one.tsv"
    path.write_text("".join(f"text {i}\tgood\n" for i in range(50)))
    with pytest.raises(ValueError, match="two or more classes in"):
        prepare(dataclasses.replace(toy_config.data, data=str(path)))
    texts = LabelledText(["a", "b", "c"], np.array([1, 1, 1]), ["no", "yes"])
    monkeypatch.setattr(data, "load_sentiment", lambda *args: texts)
    with pytest.raises(ValueError, match="at least two classes; received 3, all 'yes'"):
        prepare(toy_config.data)


@pytest.mark.parametrize("wrong", [2, 7])
def test_a_label_out_of_range_is_one_clear_error(toy_config, monkeypatch, wrong):
    texts = LabelledText(["a", "b", "c"], np.array([0, wrong, 1]), ["no", "yes"])
    monkeypatch.setattr(data, "load_sentiment", lambda *args: texts)
    with pytest.raises(ValueError, match=f"labels from 0 to 1, .*; received {wrong} in split 'train'"):
        load(toy_config.data, "train")


def test_a_text_without_a_label_is_one_clear_error(toy_config, tmp_path):
    path = tmp_path / "missing.tsv"
    path.write_text("good text\tgood\nno label\t\n")
    with pytest.raises(ValueError, match="2"):
        prepare(dataclasses.replace(toy_config.data, data=str(path)))
