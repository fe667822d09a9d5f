"""Tests of the learning-rate schedules."""

import numpy as np
import pytest

from foveal.pipelines.training.config import TrainingConfig
from foveal.pipelines.training.optimizers import InverseSquareRoot, build_learning_rate_schedule


def test_inverse_square_root_schedule_matches_definition():
    schedule = InverseSquareRoot(peak_learning_rate=0.5, warmup_steps=4)
    np.testing.assert_allclose([schedule(s) for s in (0, 3, 15)], [0.125, 0.5, 0.25], rtol=1e-6)
    assert InverseSquareRoot.from_config(schedule.get_config()).get_config() == schedule.get_config()


def test_cosine_schedule_peaks_at_end_of_warmup():
    config = TrainingConfig(steps=100, warmup_steps=10, learning_rate=0.5)
    schedule = build_learning_rate_schedule(config)
    np.testing.assert_allclose([schedule(s) for s in (5, 10, 55)], [0.25, 0.5, 0.25], rtol=1e-5)
    assert float(schedule(100)) == pytest.approx(0, abs=1e-7)
