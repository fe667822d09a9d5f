"""What doubt and stress found, for the terminal and as a picture."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tabulate import tabulate

from ...focus import (
    BaselineComparison,
    ConfidenceInterval,
    RobustnessResult,
    comprehensiveness,
    kendall_tau,
    leave_one_out,
    sufficiency,
)
from ...focus.evaluation.baselines import AttentionMaps
from ...focus.figures.robustness import RobustnessCurve, robustness_figure
from ..text.codec import PAD


def faithfulness_measures(
    predict: Callable, examples: Sequence, erase: Callable
) -> dict[str, Callable[[AttentionMaps], np.ndarray]]:
    """Functions from maps, one for each example, to a number of each: does the answer rest on them?

    `comprehensiveness` and `sufficiency`, each the mean over ERASER's bins; `agreement with leave-one-out`,
    Kendall's tau.

    Args:
        predict, examples, erase: as in `foveal.focus.comprehensiveness`.
    """
    without_each = leave_one_out(predict, examples, erase)
    return {
        "comprehensiveness": lambda maps: comprehensiveness(predict, examples, maps, erase).mean(axis=1),
        "sufficiency": lambda maps: sufficiency(predict, examples, maps, erase).mean(axis=1),
        "agreement with leave-one-out": lambda maps: kendall_tau(maps, without_each),
    }


def pad_ids(rows: Sequence[np.ndarray]) -> tf.Tensor:
    """Rows of ids as one tensor, `PAD` behind each, and one `PAD` more: of a softmax over a single key Keras
    thinks that it is a mistake, and says so."""
    ids = tf.ragged.constant([row.tolist() for row in rows], tf.int32).to_tensor(PAD)
    return tf.pad(ids, [[0, 0], [0, 1]])


def next_token_probabilities(logits: tf.Tensor, written: tf.Tensor) -> tf.Tensor:
    """The probabilities of the id behind the last one that was written.

    Args:
        logits: `(batch, T, V)`.
        written: `(batch, T)` ids, `PAD` behind each.

    Returns:
        `(batch, V)` float32.
    """
    last = tf.reduce_sum(tf.cast(written != PAD, tf.int32), axis=1) - 1
    return tf.nn.softmax(tf.cast(tf.gather(logits, last, batch_dims=1), tf.float32))


def faithfulness_table(found: Mapping[str, BaselineComparison]) -> str:
    """A line for each measure: what it says of the model, with its 95 % interval, and of each control.

    Example:
        >>> one = BaselineComparison(ConfidenceInterval(0.5, 0.4, 0.6), {"uniform": ConfidenceInterval(0.2, 0.1, 0.3)}, {})
        >>> print(faithfulness_table({"AUPRC": one}))
        measure    model                    uniform
        ---------  ---------------------  ---------
        AUPRC      0.500 (0.400 - 0.600)      0.200
    """
    baselines = list(next(iter(found.values())).baselines)
    rows = [
        [name, shown(one.value), *(one.baselines[control].value for control in baselines)]
        for name, one in found.items()
    ]
    return tabulate(rows, ["measure", "model", *baselines], floatfmt=".3f")


def print_plausibility(name: str, found: Mapping[str, Mapping[str, float]]) -> None:
    """Print how well attention agrees with gold, and in brackets how well a random map does.

    Args:
        name: of the split.
        found: each measure of the `model` and of the control `random`.
    """
    shares = [f"{measure} {who['model']:.3f} ({who['random']:.3f})" for measure, who in found.items()]
    print(f"{name} (attention, beside a random map): {', '.join(shares)}")


def print_robustness(found: Mapping[str, Sequence[RobustnessResult]], quality: str, figure: Path) -> None:
    """Print what growing noise did, and draw it.

    Args:
        found: the table of each noise.
        quality: what it is called.
        figure: where the picture goes.
    """
    print(robustness_table(found, quality))
    robustness_figure(found, quality).savefig(figure)
    print(f"\npicture: {figure}")


def robustness_table(found: Mapping[str, Sequence[RobustnessResult]], quality: str) -> str:
    """A line for each noise and dose: the quality, what was lost of it, how far attention moved.

    Args:
        found: the table of each noise.
        quality: what it is called.
    """
    rows = [
        [name, row.severity, shown(row.quality), shown(row.drop), shown(row.divergence)]
        for name, severities in found.items()
        for row in severities
    ]
    return tabulate(rows, ["noise", "dose", quality, "lost", "drift"])


def robustness_figure(found: Mapping[str, Sequence[RobustnessResult]], quality: str) -> Any:
    """The same as curves, one for each noise: a matplotlib figure."""
    severities = [row.severity for row in next(iter(found.values()))]
    curves = {
        name: RobustnessCurve(
            [rows[0].quality.value + rows[0].drop.value, *(row.quality.value for row in rows)],
            [0.0, *(row.divergence.value for row in rows)],
        )
        for name, rows in found.items()
    }
    return robustness_figure([0.0, *severities], curves, perturbation="dose", quality=quality)


def shown(interval: ConfidenceInterval) -> str:
    """A mean and its interval."""
    return "{:.3f} ({:.3f} - {:.3f})".format(*interval)
