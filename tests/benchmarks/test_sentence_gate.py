"""Agreement of sentence gates with rationales."""

import numpy as np
import tensorflow as tf

from foveal.benchmarks.sentence_gate import collect
from foveal.datasets.sentiment import LabelledText


def test_gold_is_a_sentence_without_a_word_of_a_rationale():
    rationales = [np.array([[6, 8], [16, 19]]), np.zeros((0, 2), int)]
    texts = LabelledText(["Good. It rains. Why?", "Bad."], np.array([0, 1]), ["a", "b"], rationales)
    outputs = {
        texts.text[0]: ([[0, 5], [6, 15], [16, 20]], [0.5, 0.25, 0.125], [0.5, 0.5, 0.0]),
        texts.text[1]: ([[0, 4], [0, 0], [0, 0]], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]),
    }

    def explain(text):
        columns = zip(*(outputs[value.decode()] for value in text.numpy()), strict=True)
        names = ("sentence_offsets", "sentence_gate", "sentence_attention")
        return {name: tf.constant(column) for name, column in zip(names, columns, strict=True)}

    scores, gold = collect(explain, texts)
    assert [of_text.tolist() for of_text in gold] == [[True, False, False], [True]]
    assert scores[0]["gate of the sentence"].tolist() == [0.5, 0.25, 0.125]
    assert scores[1]["gate of the sentence"].tolist() == [1.0]
    assert scores[0]["its length"].tolist() == [-5, -9, -4]
