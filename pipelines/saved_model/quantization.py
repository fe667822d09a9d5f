"""Quantization of the weights of a trained model to int8, and its note on the model card."""

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

NOTE = """
**int8 weights**: {fraction:.0%} of the numbers of this export are int8 (Keras's `quantize`: projections,
dense layers and embeddings); other layers are float32. The rows *float32* are the same model before.
`model.keras`, in the same folder, holds the float32 weights: Keras does not load quantized projections
inside of a layer.
"""


def quantize_copy(model: keras.Model, trained: keras.Model) -> None:
    """Give a newly built model the weights of a trained one, quantized to int8; the trained one is unchanged.

    Args:
        model: of the same configuration as `trained`, and in float. The kernels of its projections and dense
            layers and its embeddings become int8, with a scale for each output.
        trained: a trained model.

    Example:
        >>> def build(): return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> model, trained = build(), build()
        >>> quantize_copy(model, trained)
        >>> model.layers[0].kernel.dtype, trained.layers[0].kernel.dtype
        ('int8', 'float32')
    """
    model.set_weights(trained.get_weights())
    with warnings.catch_warnings(action="ignore"):  # Keras names each layer that has nothing to quantize
        model.quantize("int8")


def int8_fraction(variables: Iterable[tf.Variable]) -> float:
    """Compute the share of the numbers in variables that are int8.

    Example:
        >>> int8_fraction([tf.Variable(tf.zeros([2, 3], tf.int8)), tf.Variable(tf.zeros([2]))])
        0.75
    """
    sizes = [(int(np.prod(variable.shape)), variable.dtype == tf.int8) for variable in variables]
    return sum(size for size, is_int8 in sizes if is_int8) / sum(size for size, _ in sizes)


def card_splits(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metrics of each row of a model card: of each split, of a quantized model in float32 too.

    Args:
        metrics: those of `metrics.json`.
    """
    float32_tests = metrics["quantization"]["float32_tests"] if "quantization" in metrics else {}
    return metrics["tests"] | {f"{name}, float32": scores for name, scores in float32_tests.items()}


def card_note(metrics: Mapping[str, Any]) -> str:
    """Return the note of a model card on the quantization; empty for a model in float32.

    Args:
        metrics: those of `metrics.json`.
    """
    return NOTE.format(**metrics["quantization"]) if "quantization" in metrics else ""
