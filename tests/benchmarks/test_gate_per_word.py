"""Tests of the gates of words of captions."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.benchmarks.gate_per_word import class_rows, collect_gates


def explain(image):
    """Caption every image `red dog`, in three tokens; the attention of the words is on 1 and on 2 cells."""
    attention = np.zeros((3, 2, 2), np.float32)
    attention[0, 0, 0] = 1.0
    attention[1] = [[0.0, 0.5], [0.5, 0.0]]
    outputs = {
        "text": np.array(b"red dog"),
        "target_offsets": np.array([[0, 3], [4, 6], [6, 7]]),
        "gate": np.array([0.25, 0.5, 0.75], np.float32),
        "attention": attention,
    }
    return {name: tf.stack([value] * len(image)) for name, value in outputs.items()}


def test_collect_gates_takes_gate_of_first_token_of_each_word():
    gates, num_cells = collect_gates(explain, tf.data.Dataset.from_tensor_slices(["a", "b"]))
    assert gates == {"red": [0.25, 0.25], "dog": [0.5, 0.5]}
    assert num_cells == pytest.approx(1.5)


def test_area_of_a_class_is_the_share_of_pairs_with_content_words():
    gates = {"The": [0.9], "a": [0.4], "of": [0.5], "dog": [0.2, 0.6], "red": [0.3]}
    rows = {name: row for name, *row in class_rows(gates)}
    assert rows["article"] == pytest.approx([0.65, 2, 5 / 6])  # 0.4 is not above 0.6
    assert rows["preposition"] == pytest.approx([0.5, 1, 2 / 3])
    assert rows["all function words"] == pytest.approx([0.6, 3, 7 / 9])
    assert rows["other words"] == [pytest.approx(1.1 / 3), 3, None]
