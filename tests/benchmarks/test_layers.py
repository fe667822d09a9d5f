"""Tests of the benchmark of the layers: the peak memory of long sequences is linear."""

import pytest

from foveal.benchmarks.layers import Settings, run_local_attention, run_self_attention
from foveal.benchmarks.processes import run_in_subprocess

pytestmark = pytest.mark.slow
SETTINGS = Settings(repetitions=1)  # 8 heads; causal, forward and backward


def measure_megabytes(run, lengths, *arguments):
    return [run_in_subprocess(run, SETTINGS, length, *arguments)[1] for length in lengths]


def test_self_attention_in_tiles_has_linear_memory():
    """All weights of 8,192 queries and keys are 2,048 MB, and the gradient needs them several times."""
    short, long = measure_megabytes(run_self_attention, (2048, 8192), True)
    assert long < 4 * short
    assert long < 1000


def test_local_attention_has_linear_memory():
    """All weights of 32,768 queries and keys are 32 GB, those of the window 256 MB."""
    short, long = measure_megabytes(run_local_attention, (8192, 32_768))
    assert long < 4.5 * short
    assert long < 3000
