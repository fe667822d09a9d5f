import numpy as np
import tensorflow as tf

from foveal.pipelines.serving import BATCH, answers


def measure(text):
    return {"length": tf.strings.length(text)}


def test_batches_hold_texts_of_similar_length():
    texts = ["x" * length for length in np.random.default_rng(0).permutation(3 * BATCH)]
    seen = []
    for places, told in answers(measure, texts):
        assert told["length"].tolist() == [len(texts[place]) for place in places]
        assert told["length"].max() - told["length"].min() < BATCH
        seen += places.tolist()
    assert sorted(seen) == list(range(len(texts)))
