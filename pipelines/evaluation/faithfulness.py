"""Faithfulness measures of attention maps, and next-token predictions for them (DeYoung et al. 2020)."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ...focus import (
    BaselineComparison,
    compare_with_baselines,
    comprehensiveness,
    kendall_tau,
    leave_one_out,
    sufficiency,
)
from ...focus.evaluation.attention_maps import AttentionMaps
from ..text.codec import PAD

LOWER_IS_BETTER = ("sufficiency",)


def faithfulness_measures(
    predict: Callable, examples: Sequence, erase: Callable
) -> dict[str, Callable[[AttentionMaps], np.ndarray]]:
    """Build the faithfulness measures: functions of attention maps that return a number per example.

    - `comprehensiveness` and `sufficiency`: means over ERASER's bins (DeYoung et al. 2020);
    - `agreement with leave-one-out`: Kendall's tau (Jain and Wallace 2019).

    Args:
        predict, examples, erase: as in `foveal.focus.comprehensiveness`.
    """
    effects = leave_one_out(predict, examples, erase)
    return {
        "comprehensiveness": lambda maps: comprehensiveness(predict, examples, maps, erase).mean(axis=1),
        "sufficiency": lambda maps: sufficiency(predict, examples, maps, erase).mean(axis=1),
        "agreement with leave-one-out": lambda maps: kendall_tau(maps, effects),
    }


def compare_faithfulness(
    predict: Callable, examples: Sequence, maps: AttentionMaps, erase: Callable, groups: Sequence[int]
) -> dict[str, BaselineComparison]:
    """Compare every faithfulness measure of attention maps with that of baseline maps.

    Words of one sentence are not independent: their mean is one value, and the bootstrap resamples sentences.

    Args:
        predict, examples, maps, erase: as in `foveal.focus.comprehensiveness`.
        groups: for each example, a word, the index of its sentence.
    """
    measures = faithfulness_measures(predict, examples, erase)
    return compare_measures(
        {
            name: lambda maps, measure=measure: group_means(measure(maps), groups)
            for name, measure in measures.items()
        },
        maps,
    )


def group_means(values: npt.ArrayLike, groups: Sequence[int]) -> np.ndarray:
    """Average the values of each group, NaN left out.

    Args:
        values: `(examples,)`.
        groups: for each example the index of its group.

    Returns:
        `(groups,)`, NaN for a group without a value.

    Example:
        >>> group_means([1.0, 3.0, np.nan, 5.0], groups=[0, 0, 1, 2]).tolist()
        [2.0, nan, 5.0]
    """
    values = np.asarray(values, float)
    is_defined = ~np.isnan(values)
    sums = np.bincount(groups, np.where(is_defined, values, 0))
    counts = np.bincount(groups, is_defined)
    return np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)


def compare_measures(
    measures: Mapping[str, Callable[[AttentionMaps], np.ndarray]], maps: AttentionMaps
) -> dict[str, BaselineComparison]:
    """Compare each measure of attention maps with that of baseline maps.

    Args:
        measures: functions by name, from maps to a number for each example.
        maps: for each example the weights.
    """
    return {
        name: compare_with_baselines(measure, maps, higher_is_better=name not in LOWER_IS_BETTER)
        for name, measure in measures.items()
    }


def pad_ids(rows: Sequence[np.ndarray]) -> tf.Tensor:
    """Pad rows of ids to a tensor, with at least one `PAD` at the end.

    The additional `PAD` avoids a warning of Keras about a softmax over a single key.

    Example:
        >>> pad_ids([np.array([1, 5]), np.array([1])]).numpy().tolist()
        [[1, 5, 0], [1, 0, 0]]
    """
    ids = tf.ragged.constant([row.tolist() for row in rows], tf.int32).to_tensor(PAD)
    return tf.pad(ids, [[0, 0], [0, 1]])


def next_token_probabilities(logits: tf.Tensor, prefix: tf.Tensor) -> tf.Tensor:
    """Compute the probabilities of the token after each prefix.

    Args:
        logits: `(batch, T, vocabulary_size)`.
        prefix: `(batch, T)` ids, `PAD` after each prefix.

    Returns:
        `(batch, vocabulary_size)` float32.
    """
    last = tf.reduce_sum(tf.cast(prefix != PAD, tf.int32), axis=1) - 1
    return tf.nn.softmax(tf.cast(tf.gather(logits, last, batch_dims=1), tf.float32))
