"""Sampling in proportion to weights."""

from collections import Counter
from random import Random

import pytest

from foveal.datasets.weighted_choice import weighted_choice


def test_weighted_choice_matches_weights():
    random = Random(0)
    counts = Counter(weighted_choice(random, {"a": 1, "b": 3, "c": 0}) for _ in range(4000))
    assert counts["b"] / counts["a"] == pytest.approx(3, rel=0.15)
    assert counts["c"] == 0
