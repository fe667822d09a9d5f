"""Tests of reliability diagrams and temperature scaling."""

import numpy as np
import pytest

from foveal.pipelines.sentiment.calibration import apply_temperature, fit_temperature, reliability


def sample_predictions(temperature, count=20_000, classes=3):
    """Return probabilities, and labels sampled from them at another temperature."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(count, classes)) * 3
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    calibrated = apply_temperature(probabilities, temperature)
    return probabilities, (calibrated.cumsum(1) < rng.random((count, 1))).sum(1)


@pytest.mark.parametrize("temperature", [0.6, 1.0, 2.5])
def test_fit_temperature_recovers_temperature_of_labels(temperature):
    assert fit_temperature(*sample_predictions(temperature)) == pytest.approx(temperature, rel=0.05)


def test_fitted_temperature_removes_calibration_error():
    probabilities, labels = sample_predictions(2.5)
    assert reliability(probabilities, labels).error > 0.1
    calibrated = apply_temperature(probabilities, fit_temperature(probabilities, labels))
    assert reliability(calibrated, labels).error < 0.015


def test_reliability_matches_hand_computed_bins():
    confidence = np.array([0.55, 0.65, 0.95, 0.8, 1.0])
    probabilities = np.stack([confidence, 1 - confidence], 1)
    result = reliability(probabilities, np.array([0, 1, 0, 0, 1]), bins=5)
    assert result.count == [0, 0, 1, 1, 3]
    np.testing.assert_allclose(result.confidence, [0, 0, 0.55, 0.65, 2.75 / 3])
    np.testing.assert_allclose(result.accuracy, [0, 0, 1, 0, 2 / 3])
    assert result.error == pytest.approx((0.45 + 0.65 + (2.75 - 2)) / 5)


def test_temperature_keeps_argmax():
    probabilities, _ = sample_predictions(1.0, count=50)
    for temperature in (0.05, 3.0):
        scaled = apply_temperature(probabilities, temperature)
        np.testing.assert_array_equal(scaled.argmax(1), probabilities.argmax(1))


def test_fit_temperature_of_certain_predictions_is_finite():
    certain = np.array([[1.0, 0.0]] * 3)
    assert np.isfinite(fit_temperature(certain, np.array([0, 0, 0])))
    assert np.isfinite(fit_temperature(certain, np.array([1, 1, 1])))
