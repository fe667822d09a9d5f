import numpy as np
import tensorflow as tf

from foveal.pipelines.saved_model.batched_calls import BATCH, answers


def measure(text):
    return {"length": tf.strings.length(text)}


def test_answers_come_back_in_the_order_of_the_texts():
    texts = ["x" * length for length in np.random.default_rng(0).permutation(3 * BATCH)]
    found = answers(measure, texts, lambda told, place: (place, told["length"]))
    assert found == [(place, len(text)) for place, text in enumerate(texts)]


def test_batches_hold_texts_of_similar_length():
    batches = []

    def remember(text):
        batches.append([len(one) for one in text.numpy()])
        return measure(text)

    texts = ["x" * length for length in np.random.default_rng(0).permutation(3 * BATCH)]
    answers(remember, texts, lambda told, place: None)
    assert batches == [list(range(start, start + BATCH)) for start in range(0, 3 * BATCH, BATCH)]


def test_no_texts_have_no_answers():
    assert answers(measure, [], lambda told, place: told) == []
