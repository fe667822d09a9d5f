"""Padding of sequences in the outputs of a signature: removed from each example, added to stack examples.

A batch pads the sequences of its examples to the longest one. Without that padding, the outputs for an
example do not depend on its neighbours.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

PAD = b"[PAD]"
# Axes of one example, counted as NumPy does; source positions are the keys of the attention.
SOURCE_AXES = {"source_tokens": 0, "source_offsets": 0, "attention": -1, "attention_heads": -1}
TARGET_AXES = {
    "target_tokens": 0,
    "target_offsets": 0,
    "attention": 0,
    "attention_heads": 0,
    "gate": 0,
    "gate_heads": 0,
}
SEQUENCES = {"source_tokens": SOURCE_AXES, "target_tokens": TARGET_AXES}

Outputs = dict[str, np.ndarray]  # of one example, by name


def variable_axes(names: Sequence[str]) -> set[tuple[str, int]]:
    """List the axes of outputs that hold tokens: names of outputs, and axes of one example.

    Example:
        >>> sorted(variable_axes(["source_tokens", "attention", "score"]))
        [('attention', -1), ('source_tokens', 0)]
    """
    axes = [axes for tokens, axes in SEQUENCES.items() if tokens in names]
    return {(name, axis) for group in axes for name, axis in group.items() if name in names}


def split_examples(outputs: Mapping[str, np.ndarray]) -> list[Outputs]:
    """Split the outputs for a batch into those of its examples, without the padding of sequences.

    Args:
        outputs: arrays `(batch, ...)` by name. `source_tokens` and `target_tokens` end with `[PAD]`.

    Returns:
        Arrays by name for each example.

    Example:
        >>> outputs = {"source_tokens": np.array([[b"a", b"b"], [b"c", b"[PAD]"]]),
        ...            "attention": np.array([[0.25, 0.75], [1.0, 0.0]])}
        >>> split_examples(outputs)[1]
        {'source_tokens': array([b'c'], dtype='|S5'), 'attention': array([1.])}
    """
    size = len(next(iter(outputs.values())))
    examples = [{name: values[index, ...] for name, values in outputs.items()} for index in range(size)]
    for tokens, axes in SEQUENCES.items():
        if tokens in outputs:
            for example in examples:
                length = _length(example[tokens])
                for name in axes.keys() & outputs.keys():
                    values = example[name]
                    example[name] = values[:length] if axes[name] == 0 else values[..., :length]
    return examples


def stack_examples(examples: Sequence[Outputs], name: str) -> np.ndarray:
    """Stack an output of several examples, padded to the longest: tokens with `[PAD]`, others with 0.

    Example:
        >>> stack_examples([{"gate": np.array([0.5, 0.25])}, {"gate": np.array([1.0])}], "gate")
        array([[0.5 , 0.25],
               [1.  , 0.  ]])
    """
    arrays = [example[name] for example in examples]
    shape = np.max([array.shape for array in arrays], axis=0)
    if all(array.shape == tuple(shape) for array in arrays):
        return np.stack(arrays)
    padding: Any = PAD if name in SEQUENCES else b"" if arrays[0].dtype.kind in "OS" else 0
    return np.stack(
        [
            np.pad(
                array,
                [(0, size - length) for size, length in zip(shape, array.shape, strict=True)],
                constant_values=padding,
            )
            for array in arrays
        ]
    )


def _length(tokens: np.ndarray) -> int:
    """Return the number of tokens before the padding, at least 1: JSON has no shape `(0, 2)`."""
    is_token = np.flatnonzero(tokens != PAD)
    return int(is_token[-1]) + 1 if len(is_token) else 1
