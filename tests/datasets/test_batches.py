import numpy as np
import tensorflow as tf

from foveal.datasets.batches import unbatch


def test_examples_come_back_from_a_batch():
    rows = [np.arange(2 * n).reshape(n, 2) for n in (3, 0, 1)]
    dataset = tf.data.Dataset.from_generator(
        lambda: ({"text": f"t{n}", "row": row} for n, row in enumerate(rows)),
        output_signature={"text": tf.TensorSpec((), tf.string), "row": tf.TensorSpec((None, 2), tf.int64)},
    )
    batch = next(iter(dataset.ragged_batch(5)))
    assert unbatch(batch["text"]) == [b"t0", b"t1", b"t2"]
    for found, row in zip(unbatch(batch["row"]), rows, strict=True):
        np.testing.assert_array_equal(found, row)
