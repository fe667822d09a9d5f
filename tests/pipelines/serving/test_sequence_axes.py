"""Tests of the padding of sequences: examples of a batch equal those alone."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.serving.sequence_axes import split_examples, stack_examples, variable_axes

TEXTS = ["a", "bcd", "ef"]


@pytest.fixture(scope="module")
def explain(models):
    return tf.saved_model.load(str(models / "reverser" / "2")).signatures["explain"]


def call(signature, texts):
    return {name: value.numpy() for name, value in signature(text=tf.constant(texts, tf.string)).items()}


def test_examples_of_a_batch_equal_those_alone(explain):
    examples = split_examples(call(explain, TEXTS))
    for text, example in zip(TEXTS, examples, strict=True):
        alone = {name: value[0] for name, value in call(explain, [text]).items()}
        assert example.keys() == alone.keys()
        for name, values in example.items():
            assert values.shape == np.shape(alone[name]), name
            assert values.tolist() == np.asarray(alone[name], values.dtype).tolist(), name


def test_stacked_examples_equal_the_batch(explain):
    batch = call(explain, TEXTS[:2])
    examples = split_examples(batch)
    for name, values in batch.items():
        if name.endswith("offsets"):
            continue  # the padding of offsets is the end of the text, here 0
        assert stack_examples(examples, name).tolist() == values.tolist(), name


def test_example_without_tokens_keeps_one_position(explain):
    example = split_examples(call(explain, ["", "bcd"]))[0]
    assert example["target_tokens"].tolist() == [b"[PAD]"]
    assert example["attention_heads"].shape == (1, 1, 1, 1)


def test_strings_keep_trailing_nulls():
    outputs = {"text": np.array([b"a\0", b""], object)}
    assert stack_examples(split_examples(outputs), "text").tolist() == [b"a\0", b""]


def test_keys_of_an_attention_without_target_are_cropped():
    outputs = {
        "source_tokens": np.array([[b"a", b"[PAD]"], [b"b", b"c"]], object),
        "attention": np.array([[1.0, 0.0], [0.25, 0.75]]),
        "attention_heads": np.ones((2, 3, 2)),
        "gate": np.array([0.5, 0.75]),
    }
    example = split_examples(outputs)[0]
    assert example["attention"].tolist() == [1.0]
    assert example["attention_heads"].shape == (3, 1)
    assert example["gate"] == 0.5


def test_regions_of_an_image_are_kept():
    outputs = {
        "target_tokens": np.array([[b"a", b"b"], [b"a", b"[PAD]"]], object),
        "attention": np.ones((2, 2, 3, 4)),
        "regions": np.ones((2, 3, 4, 4)),
    }
    example = split_examples(outputs)[1]
    assert example["attention"].shape == (1, 3, 4)
    assert example["regions"].shape == (3, 4, 4)


def test_variable_axes_of_signatures():
    assert variable_axes(["label", "score"]) == set()
    assert ("gate", 0) in variable_axes(["target_tokens", "gate"])
    assert ("gate", 0) not in variable_axes(["source_tokens", "gate"])
