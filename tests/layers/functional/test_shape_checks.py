"""Checks of shapes."""

import keras
import numpy as np
import pytest

from foveal.layers.functional.shape_checks import check_shape


def test_expected_shapes_pass():
    check_shape("mask", np.ones((2, 3)), (2, 3))
    check_shape("mask", np.ones((2, 3)), (None, 3))
    check_shape("mask", keras.Input((3,)), (2, 3))
    check_shape("mask", np.ones((1, 3)), (2, 3), broadcast=True)


@pytest.mark.parametrize("shape", [(2,), (2, 4), (1, 3), (2, 3, 1)])
def test_other_shape_raises(shape):
    with pytest.raises(
        ValueError, match=r"`mask` must have shape \(2, 3\). Received: mask.shape=\("
    ) as error:
        check_shape("mask", np.ones(shape), (2, 3))
    assert str(shape) in str(error.value)
