"""Custom distributions and the defaults of the base class."""

import keras
import numpy as np
import pytest

from foveal.layers import Distribution, HardAttention, SoftAttention, distributions


class Uniform(Distribution):
    def call(self, scores, mask=None, training=None):
        weights = keras.ops.ones_like(scores) if mask is None else keras.ops.cast(mask, scores.dtype)
        return keras.ops.divide_no_nan(weights, keras.ops.sum(weights, -1, keepdims=True)), {}


def test_custom_distribution_needs_only_call():
    query, value = np.ones((2, 3, 4), "float32"), np.arange(40, dtype="float32").reshape(2, 5, 4)
    context = SoftAttention(distribution=Uniform())(query, value)
    mean = np.broadcast_to(value.mean(1, keepdims=True), (2, 3, 4))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(context), mean, rtol=1e-6)


def test_distribution_defaults_are_deterministic_stateless_and_soft():
    layer = SoftAttention(distribution=Uniform())
    assert (layer.is_stochastic(training=True), layer.state_keys) == (False, ())
    with pytest.raises(ValueError, match=r"(?i)one key.*Uniform"):
        HardAttention(distribution=Uniform())


@pytest.mark.parametrize("name", sorted(distributions.REGISTRY))
def test_distribution_keeps_dtype_of_scores(name):
    distribution = distributions.get(name, dtype="float16")
    scores = np.random.default_rng(0).normal(size=(1, 2, 3, 4))
    weights, _ = distribution(keras.ops.convert_to_tensor(scores, "float32"))
    assert keras.backend.standardize_dtype(weights.dtype) == "float32"
