"""Do probabilities mean what they say? The error of their calibration, and the temperature that mends it."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

SMALLEST = 1e-30  # the logarithm of a probability is taken of no less


@dataclass(frozen=True)
class Reliability:
    """Answers in bins of like confidence: how sure they were, and how often right.

    error: the expected calibration error. confidence, accuracy, count: `(bins,)`, zeros in a bin
    that is empty.
    """

    error: float
    confidence: list[float]
    accuracy: list[float]
    count: list[int]


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int = 15) -> Reliability:
    """Confidence against accuracy, in bins of equal width (Guo et al. 2017).

    The expected calibration error is the mean distance of the two, every answer counted once.

    Args:
        probabilities: `(texts, classes)`.
        labels: `(texts,)` int.
        bins: how many there are from 0 to 1.

    Returns:
        A `Reliability`.

    Example:
        >>> told = reliability(np.array([[0.8, 0.2], [0.2, 0.8]]), np.array([0, 0]), bins=5)
        >>> round(told.error, 3), told.count
        (0.3, [0, 0, 0, 0, 2])

    Reference:
        Guo et al. 2017, On Calibration of Modern Neural Networks, section 2.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    # a confidence of exactly 0.8 belongs to the bin that starts there, whatever binary made of it
    place = np.minimum((confidence * bins + 1e-5).astype(int), bins - 1)
    count = np.bincount(place, minlength=bins)
    filled = np.maximum(count, 1)
    sure = np.bincount(place, confidence, bins) / filled
    true = np.bincount(place, right, bins) / filled
    error = float(np.abs(sure - true) @ count / count.sum())
    return Reliability(error, sure.tolist(), true.tolist(), count.tolist())


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature under which the labels are likeliest (Guo et al. 2017).

    Divided by it, the logarithms of the probabilities go through softmax again; no answer changes,
    only how sure it is.

    Args:
        probabilities: `(texts, classes)`, of texts that were not trained on.
        labels: `(texts,)` int.

    Returns:
        The temperature, from 0.05 to 20: above 1 where the answers were too sure.

    Example:
        >>> sure = np.array([[0.99, 0.01]] * 4)
        >>> fitted = fit_temperature(sure, np.array([0, 0, 0, 1]))  # right three times in four
        >>> round(float(rescale(sure, fitted)[0, 0]), 2)
        0.75

    Reference:
        Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2.
    """

    def surprise(log_temperature: float) -> float:
        likely = rescale(probabilities, np.exp(log_temperature))[np.arange(len(labels)), labels]
        return -float(np.log(np.maximum(likely, SMALLEST)).mean())

    return float(np.exp(minimize_scalar(surprise, bounds=np.log([0.05, 20]), method="bounded").x))


def rescale(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities `(texts, classes)` at another temperature."""
    logits = np.log(np.maximum(probabilities.astype(np.float64), SMALLEST)) / temperature
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)
