import numpy as np
import tensorflow as tf

from foveal.datasets.columns import BATCH, read_columns


def examples(count):
    for i in range(count):
        yield {
            "text": f"text {i}",
            "outer": {"numbers": np.arange(i % 4), "pairs": np.full((i % 3, 2), i)},
        }


def test_every_example_comes_back_in_order_past_the_end_of_a_batch():
    count = BATCH + 7
    signature = {
        "text": tf.TensorSpec((), tf.string),
        "outer": {"numbers": tf.TensorSpec((None,), tf.int64), "pairs": tf.TensorSpec((None, 2), tf.int64)},
    }
    dataset = tf.data.Dataset.from_generator(lambda: examples(count), output_signature=signature)
    columns = read_columns(dataset)
    assert columns.keys() == {"text", "outer/numbers", "outer/pairs"}
    for i, example in enumerate(examples(count)):
        assert columns["text"][i] == example["text"].encode()
        np.testing.assert_array_equal(columns["outer/numbers"][i], example["outer"]["numbers"])
        np.testing.assert_array_equal(columns["outer/pairs"][i], example["outer"]["pairs"])


def test_nothing_gives_nothing():
    assert read_columns(tf.data.Dataset.from_tensor_slices({"text": tf.constant([], tf.string)})) == {}
