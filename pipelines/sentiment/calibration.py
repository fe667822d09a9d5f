"""Calibration: expected calibration error and temperature scaling (Guo et al. 2017)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

MIN_PROBABILITY = 1e-30  # lower bound in logarithms


@dataclass(frozen=True)
class Reliability:
    """A reliability diagram: predictions in bins of equal confidence.

    error: the expected calibration error. confidence, accuracy, count: `(bins,)`; zeros for an empty bin.
    """

    error: float
    confidence: list[float]
    accuracy: list[float]
    count: list[int]


def reliability(
    probabilities: npt.NDArray[np.floating], labels: npt.NDArray[np.integer], bins: int = 15
) -> Reliability:
    """Compute the expected calibration error in bins of equal width (Guo et al. 2017).

    The error is the mean distance of confidence and accuracy, weighted by the number of predictions.

    Args:
        probabilities: `(texts, classes)`.
        labels: `(texts,)` int.
        bins: number of bins from 0 to 1.

    Returns:
        A `Reliability`.

    Example:
        >>> result = reliability(np.array([[0.8, 0.2], [0.2, 0.8]]), np.array([0, 0]), bins=5)
        >>> round(result.error, 3), result.count
        (0.3, [0, 0, 0, 0, 2])

    Reference:
        Guo et al. 2017, On Calibration of Modern Neural Networks, section 2.
    """
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    # The offset puts a confidence of 0.8 into the bin that starts there, despite binary rounding.
    indices = np.minimum((confidence * bins + 1e-5).astype(int), bins - 1)
    count = np.bincount(indices, minlength=bins)
    divisor = np.maximum(count, 1)
    mean_confidence = np.bincount(indices, confidence, bins) / divisor
    accuracy = np.bincount(indices, correct, bins) / divisor
    error = float(np.abs(mean_confidence - accuracy) @ count / count.sum())
    return Reliability(error, mean_confidence.tolist(), accuracy.tolist(), count.tolist())


def fit_temperature(probabilities: npt.NDArray[np.floating], labels: npt.NDArray[np.integer]) -> float:
    """Fit the temperature that maximizes the likelihood of the labels (Guo et al. 2017).

    Args:
        probabilities: `(texts, classes)`, of texts outside of the training split.
        labels: `(texts,)` int.

    Returns:
        The temperature, from 0.05 to 20: above 1 for overconfident probabilities.

    Example:
        >>> overconfident = np.array([[0.99, 0.01]] * 4)
        >>> temperature = fit_temperature(overconfident, np.array([0, 0, 0, 1]))  # three of four are correct
        >>> round(float(apply_temperature(overconfident, temperature)[0, 0]), 2)
        0.75

    Reference:
        Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2.
    """

    def negative_log_likelihood(log_temperature: float) -> float:
        scaled = apply_temperature(probabilities, np.exp(log_temperature))
        of_labels = scaled[np.arange(len(labels)), labels]
        return -float(np.log(np.maximum(of_labels, MIN_PROBABILITY)).mean())

    bounds = np.log([0.05, 20])
    return float(np.exp(minimize_scalar(negative_log_likelihood, bounds=bounds, method="bounded").x))


def apply_temperature(probabilities: npt.NDArray[np.floating], temperature: float) -> npt.NDArray[np.float64]:
    """Divide the logits of probabilities `(texts, classes)` by a temperature; the argmax stays."""
    logits = np.log(np.maximum(probabilities.astype(np.float64), MIN_PROBABILITY)) / temperature
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
