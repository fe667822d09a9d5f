"""Working precision of each dtype."""

import keras
import numpy as np
import pytest

from foveal.layers.functional.precision import at_least_float32, working_dtype

WIDEST = keras.backend.result_type("float64", "float64")  # float32 on JAX and PyTorch


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("float16", "float32"),
        ("bfloat16", "float32"),
        ("float32", "float32"),
        ("float64", WIDEST),
        ("int32", "float32"),
        ("bool", "float32"),
    ],
)
def test_working_dtype_is_float32_or_wider(dtype, expected):
    assert working_dtype(dtype) == expected
    tensor = keras.ops.cast(np.ones(2, "float32"), dtype) if dtype != "float64" else np.ones(2)
    if not (dtype == "float64" and WIDEST == "float32"):
        assert keras.backend.standardize_dtype(at_least_float32(tensor).dtype) == expected
