"""Tests of batched calls of a signature: order, batch composition."""

import numpy as np
import tensorflow as tf

from foveal.pipelines.saved_model.batched_calls import BATCH_SIZE, map_signature


def signature(text):
    return {"length": tf.strings.length(text)}


def random_texts():
    return ["x" * length for length in np.random.default_rng(0).permutation(3 * BATCH_SIZE)]


def test_map_signature_keeps_order_of_texts():
    texts = random_texts()
    results = map_signature(signature, texts, lambda outputs, index: (index, outputs["length"]))
    assert results == [(index, len(text)) for index, text in enumerate(texts)]


def test_map_signature_batches_texts_of_similar_length():
    batches = []

    def recording_signature(text):
        batches.append([len(value) for value in text.numpy()])
        return signature(text)

    map_signature(recording_signature, random_texts(), lambda outputs, index: None)
    starts = range(0, 3 * BATCH_SIZE, BATCH_SIZE)
    assert batches == [list(range(start, start + BATCH_SIZE)) for start in starts]


def test_map_signature_without_texts_returns_empty_list():
    assert map_signature(signature, [], lambda outputs, index: outputs) == []
