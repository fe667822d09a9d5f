import numpy as np
import pytest

from foveal.pipelines.sentiment.calibration import fit_temperature, reliability, rescale


def drawn(temperature, count=20_000, classes=3):
    """Probabilities, and labels drawn from them at another temperature."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(count, classes)) * 3
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    true = rescale(shares, temperature)
    return shares, (true.cumsum(1) < rng.random((count, 1))).sum(1)


@pytest.mark.parametrize("temperature", [0.6, 1.0, 2.5])
def test_the_temperature_that_labels_were_drawn_at_is_found_again(temperature):
    assert fit_temperature(*drawn(temperature)) == pytest.approx(temperature, rel=0.05)


def test_at_that_temperature_the_calibration_error_is_gone():
    shares, labels = drawn(2.5)
    assert reliability(shares, labels).error > 0.1
    assert reliability(rescale(shares, fit_temperature(shares, labels)), labels).error < 0.015


def test_bins_are_counted_by_hand():
    sure = np.array([0.55, 0.65, 0.95, 0.8, 1.0])
    told = reliability(np.stack([sure, 1 - sure], 1), np.array([0, 1, 0, 0, 1]), bins=5)
    assert told.count == [0, 0, 1, 1, 3]
    np.testing.assert_allclose(told.confidence, [0, 0, 0.55, 0.65, 2.75 / 3])
    np.testing.assert_allclose(told.accuracy, [0, 0, 1, 0, 2 / 3])
    assert told.error == pytest.approx((0.45 + 0.65 + (2.75 - 2)) / 5)


def test_no_answer_changes_with_the_temperature():
    shares, _ = drawn(1.0, count=50)
    for temperature in (0.05, 3.0):
        np.testing.assert_array_equal(rescale(shares, temperature).argmax(1), shares.argmax(1))


def test_answers_that_are_always_right_and_certain_do_no_harm():
    certain = np.array([[1.0, 0.0]] * 3)
    assert np.isfinite(fit_temperature(certain, np.array([0, 0, 0])))
    assert np.isfinite(fit_temperature(certain, np.array([1, 1, 1])))
