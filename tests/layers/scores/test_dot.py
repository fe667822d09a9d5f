"""Dot and scaled dot scores against their formulas."""

import numpy as np
import pytest

from foveal.layers import Dot, ScaledDot


def test_dot_matches_formula(pairs):
    pairs.assert_close(Dot()(pairs.query, pairs.key), pairs.apply(np.dot))


def test_scaled_dot_matches_formula(pairs):
    pairs.assert_close(ScaledDot()(pairs.query, pairs.key), pairs.apply(np.dot) / np.sqrt(5))


@pytest.mark.parametrize("kind", [Dot, ScaledDot])
def test_dot_of_different_widths_raises(kind, pairs):
    with pytest.raises(ValueError, match=r"`query` and `key` must have the same width.*5\).*6\)"):
        kind()(pairs.query, pairs.wide_key)
