"""Splits of a TFDS set as columns in memory."""

from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

BATCH_SIZE = 1024


def load_split(
    builder: tfds.core.DatasetBuilder, split: str, decoders: Mapping[str, tfds.decode.Decoder] | None = None
) -> tf.data.Dataset:
    """Load a split of a prepared TFDS set, in the order of its files.

    Args:
        builder: the builder of the set.
        split: the name of a split or a slice of one, `train[:10%]`.
        decoders: TFDS decoders by feature.

    Returns:
        A `tf.data.Dataset` of examples. It is empty where the split is, which TFDS refuses to read.

    Raises:
        ValueError: an unknown split.
    """
    if builder.info.splits[split].num_examples:
        read_config = tfds.ReadConfig(try_autocache=False)  # every pipeline keeps what it needs
        return builder.as_dataset(split=split, decoders=decoders, read_config=read_config)
    signature = builder.info.features.get_tensor_spec()
    return tf.data.Dataset.from_generator(lambda: iter(()), output_signature=signature)


def read_columns(dataset: tf.data.Dataset, features: Iterable[str] | None = None) -> dict[str, list]:
    """Read the examples of a dataset into one list per feature.

    Args:
        dataset: a dataset whose elements are dictionaries, also nested ones.
        features: the top-level features to read. By default all.

    Returns:
        The columns by feature; a nested feature is named `outer/inner`. An item of a column is bytes
        or a number where the feature is a scalar, else an array with the shape of that example.
    """
    if features is not None:
        names = tuple(features)
        dataset = dataset.map(lambda example: {name: example[name] for name in names})
    columns: dict[str, list] = {name: [] for name, _ in _leaves(dataset.element_spec)}
    for batch in dataset.ragged_batch(BATCH_SIZE):
        for name, values in _leaves(batch):
            columns[name].extend(_unbatch(values))
    return columns


def require_examples(examples: Sized, data: str, split: str) -> None:
    """Raise a `ValueError` when a split of `data` has no examples."""
    if not len(examples):
        raise ValueError(
            f"`split` must contain examples. Received: an empty split={split!r} of data={data!r}"
        )


def _leaves(batch: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, values in batch.items():
        if isinstance(values, dict):
            yield from _leaves(values, f"{path}{name}/")
        else:
            yield path + name, values


def _unbatch(values: tf.Tensor | tf.RaggedTensor) -> list:
    """The examples of a batch: scalars, or arrays where examples are ragged."""
    if isinstance(values, tf.RaggedTensor):
        return np.split(values.flat_values.numpy(), values.row_splits.numpy()[1:-1])
    return list(values.numpy())
