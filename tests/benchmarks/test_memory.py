"""Tests of the measurement of peak memory."""

import pytest

from foveal.benchmarks.memory import measure_peak_memory
from foveal.benchmarks.processes import run_in_subprocess

MEGABYTES = 64


def fill(megabytes):
    """Hold memory for the time of the call."""
    return len(bytearray(b"1") * (megabytes * 2**20))


def measure_fill():
    return measure_peak_memory(lambda: fill(MEGABYTES), warmup=lambda: fill(1))


def test_measure_peak_memory_measures_freed_memory():
    result, megabytes = run_in_subprocess(measure_fill)
    assert result == MEGABYTES * 2**20
    assert megabytes == pytest.approx(MEGABYTES, abs=8)
