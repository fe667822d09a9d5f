"""Checks of arguments that attention layers share."""

import keras
import pytest

from foveal.layers import Monotonic, Softmax
from foveal.layers.attention.argument_checks import check_built, check_sentinel, check_value_shape


def test_check_built_of_unbuilt_layer_raises():
    layer = keras.layers.Dense(2)
    with pytest.raises(ValueError, match="must be built or called first"):
        check_built(layer)
    layer.build((None, 3))
    check_built(layer)


def test_check_value_shape_without_value_raises():
    assert check_value_shape((2, 3, 4)) == (2, 3, 4)
    with pytest.raises(ValueError, match=r"`value` must be given in the first call.*Received: value=None"):
        check_value_shape(None)


def test_check_sentinel_of_ordered_distribution_raises():
    check_sentinel(Softmax())
    with pytest.raises(ValueError, match=r"`distribution` must accept keys in any order.*Monotonic"):
        check_sentinel(Monotonic())
