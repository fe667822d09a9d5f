"""Signature of a SavedModel that is called with examples, in batches."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from .sequence_axes import Outputs, split_examples, variable_axes

COMPILED = "_XlaMustCompile"  # attribute of functions and nodes
Example = Mapping[str, Any]  # inputs of one example by name: bytes, or arrays


class TensorInfo(NamedTuple):
    """Type of an input or output.

    dtype: dtype of TensorFlow.
    shape: shape of one example; None for an axis of any size.
    """

    dtype: tf.DType
    shape: tuple[int | None, ...]


class Signature:
    """Signature of a SavedModel: types of its inputs and outputs, and calls with a batch of examples.

    Args:
        name: name of the signature.
        function: the function of a loaded SavedModel.

    Raises:
        ValueError: if an input or output is no dense tensor whose first axis is a batch of any size.
    """

    def __init__(self, name: str, function: Any):
        self.name = name
        self.function = function
        inputs = function.structured_input_signature[1]
        outputs = function.structured_outputs  # the order of names is not stored
        self.inputs = {key: _tensor_info(name, "input", key, inputs[key]) for key in sorted(inputs)}
        self.outputs = {key: _tensor_info(name, "output", key, outputs[key]) for key in sorted(outputs)}
        if not self.inputs or not self.outputs:
            raise ValueError(f"signature {name} must have inputs and outputs")

    @property
    def is_independent(self) -> bool:
        """Whether outputs do not depend on neighbours: the axes that a batch pads are those of tokens."""
        axes = variable_axes(list(self.outputs))
        return all(
            size is not None or {(name, axis), (name, axis - len(info.shape))} & axes
            for name, info in self.outputs.items()
            for axis, size in enumerate(info.shape)
        )

    @property
    def is_compiled(self) -> bool:
        """Whether XLA compiles a part of it, for each size anew."""
        functions = self.function.graph.as_graph_def().library.function
        nodes = [node for function in functions for node in function.node_def]
        return any(part.attr[COMPILED].b for part in (*functions, *nodes) if COMPILED in part.attr)

    def __call__(self, examples: Sequence[Example]) -> list[Outputs]:
        """Call the signature with a batch.

        Args:
            examples: at least one; they have the same shapes.

        Returns:
            Outputs for each example, without the padding of the batch.

        Raises:
            tf.errors.OpError: if TensorFlow cannot compute the outputs.
            ValueError: if an output has not one row for each example.
        """
        batch = {
            name: tf.constant(_stack([example[name] for example in examples]), info.dtype)
            for name, info in self.inputs.items()
        }
        outputs = {name: value.numpy() for name, value in self.function(**batch).items()}
        for name, values in outputs.items():
            if values.shape[:1] != (len(examples),):
                raise ValueError(
                    f"output {name} of signature {self.name} must have a row for each of {len(examples)} "
                    f"examples. Received: shape {values.shape}"
                )
        return split_examples(outputs)


def _stack(values: Sequence[Any]) -> Any:
    return list(values) if isinstance(values[0], bytes) else np.stack(values)


def _tensor_info(signature: str, kind: str, name: str, spec: Any) -> TensorInfo:
    shape, dtype = getattr(spec, "shape", None), spec.dtype
    if shape is None or shape.rank is None or shape.rank == 0 or shape[0] is not None:
        raise ValueError(
            f"{kind} {name} of signature {signature} must be a dense tensor whose first axis is the batch, "
            f"of any size. Received: {spec}"
        )
    if not (dtype in (tf.string, tf.bool) or dtype.is_integer or dtype.is_floating):
        raise ValueError(
            f"{kind} {name} of signature {signature} must hold strings, numbers or booleans. "
            f"Received: {dtype.name}"
        )
    return TensorInfo(dtype, tuple(shape[1:]))
