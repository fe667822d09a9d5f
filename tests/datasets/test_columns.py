"""TFDS splits as columns."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets.columns import BATCH_SIZE, read_columns, require_examples

SIGNATURE = {
    "text": tf.TensorSpec((), tf.string),
    "outer": {"numbers": tf.TensorSpec((None,), tf.int64), "pairs": tf.TensorSpec((None, 2), tf.int64)},
}


def examples(count):
    for index in range(count):
        yield {
            "text": f"text {index}",
            "outer": {"numbers": np.arange(index % 4), "pairs": np.full((index % 3, 2), index)},
        }


def dataset(count):
    return tf.data.Dataset.from_generator(lambda: examples(count), output_signature=SIGNATURE)


def test_read_columns_keeps_order_and_shapes_across_batches():
    count = BATCH_SIZE + 7
    columns = read_columns(dataset(count))
    assert columns.keys() == {"text", "outer/numbers", "outer/pairs"}
    assert len(columns["text"]) == count
    for index, example in enumerate(examples(count)):
        assert columns["text"][index] == example["text"].encode()
        np.testing.assert_array_equal(columns["outer/numbers"][index], example["outer"]["numbers"])
        np.testing.assert_array_equal(columns["outer/pairs"][index], example["outer"]["pairs"])


def test_read_columns_selects_features():
    assert read_columns(dataset(2), ["text"]) == {"text": [b"text 0", b"text 1"]}


def test_read_columns_of_an_empty_dataset_are_empty():
    assert read_columns(dataset(0)) == {"text": [], "outer/numbers": [], "outer/pairs": []}


def test_require_examples_empty_split_raises():
    require_examples(["one"], "phrases", "test")
    message = "`split` must contain examples. Received: an empty split='test' of data='phrases'"
    with pytest.raises(ValueError, match=message):
        require_examples([], "phrases", "test")
