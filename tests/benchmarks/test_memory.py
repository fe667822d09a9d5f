"""Tests of the measurement of peak memory."""

from functools import partial

import numpy as np
import pytest

from foveal.benchmarks.memory import measure_peak_memory
from foveal.benchmarks.processes import run_in_subprocess

MEGABYTES = 64


def test_measure_peak_memory_measures_function_without_warmup():
    allocate, warmup = partial(np.ones, (MEGABYTES, 2**20), np.int8), partial(np.ones, 2**20)
    result, megabytes = run_in_subprocess(measure_peak_memory, allocate, warmup)
    assert result.shape == (MEGABYTES, 2**20)
    assert megabytes == pytest.approx(MEGABYTES, abs=8)
