"""Inputs and masks as lists."""

import numpy as np
import pytest

from foveal.layers.attention.input_lists import is_list, unpack_inputs, unpack_masks

QUERY, VALUE, KEY = np.zeros((2, 3, 4)), np.zeros((2, 5, 6)), np.zeros((2, 5, 4))


def test_tensors_and_shapes_are_no_lists():
    assert not is_list(QUERY)
    assert not is_list((2, 3, 4))
    assert not is_list([None, 3, 4])
    assert is_list([QUERY, VALUE])
    assert is_list([(2, 3, 4), (2, 5, 6)])
    assert is_list([[2, 3, 4], [2, 5, 6]])


def test_unpack_inputs_takes_tensors_or_a_list():
    assert unpack_inputs(1, 2, 3) == (1, 2, 3)
    assert unpack_inputs([(1, 2), (3, 4)]) == ((1, 2), (3, 4), None)
    assert unpack_inputs(((1, 2), (3, 4), (5, 6))) == ((1, 2), (3, 4), (5, 6))


@pytest.mark.parametrize(
    "inputs", [([QUERY],), ([QUERY] * 4,), ([QUERY, VALUE], VALUE), ([QUERY, VALUE], None, KEY)]
)
def test_invalid_lists_raise(inputs):
    with pytest.raises(ValueError, match=r"list of length 2 or 3.*Received length"):
        unpack_inputs(*inputs)


def test_unpack_masks_of_tensors():
    assert unpack_masks(QUERY, None, 1, 2, 3) == (1, 2, 3)
    assert unpack_masks(QUERY, 4, None, 2, 3) == (4, 2, 3)


def test_unpack_masks_of_a_list():
    inputs = [QUERY, VALUE]
    assert unpack_masks(inputs, [1, 2], None, None, None) == (1, 2, None)
    assert unpack_masks(inputs, [1, 2], [5, 6], None, None) == (1, 2, None)  # attached masks are overridden
    assert unpack_masks(inputs, None, [5, None], None, None) == (5, None, None)
    assert unpack_masks([*inputs, KEY], [1, None, 3], None, None, None) == (1, None, 3)
    assert unpack_masks(inputs, None, None, 2, None) == (None, 2, None)


def test_invalid_masks_of_a_list_raise():
    with pytest.raises(ValueError, match=r"layer mask must be a list, .* Received: mask="):
        unpack_masks([QUERY, VALUE], QUERY[..., 0], None, None, None)
    with pytest.raises(ValueError, match=r"mask list of length 2 or 3. Received length: 1"):
        unpack_masks([QUERY, VALUE], [QUERY[..., 0]], None, None, None)
