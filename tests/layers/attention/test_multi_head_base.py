"""Properties that multi-head and fused attention share: sizes, caches and config."""

import keras
import numpy as np
import pytest

from foveal.layers import LocalAttention, MultiHeadAttention, SelfAttention

X = np.zeros((2, 3, 8), "float32")
KINDS = {
    "multi_head": MultiHeadAttention,
    "self": SelfAttention,
    "local": lambda *args, **kwargs: LocalAttention(*args, window=1, **kwargs),
}


@pytest.fixture(params=list(KINDS))
def make(request):
    return KINDS[request.param]


def test_value_dim_defaults_to_key_dim(make):
    assert (make(2, 4).value_dim, make(2, 4, value_dim=3).value_dim) == (4, 3)


@pytest.mark.parametrize(("output_shape", "expected"), [(None, 8), (5, 5)])
def test_output_shape_sets_width_of_output(make, output_shape, expected):
    layer = make(2, 4, output_shape=output_shape)
    inputs = (X, X) if isinstance(layer, MultiHeadAttention) else (X,)
    assert layer(*inputs).shape == (2, 3, expected)
    assert layer.context_dim(8, 8) == expected


def test_init_cache_shapes(make):
    cache = make(2, 4, value_dim=3).init_cache(5, 7)
    assert {name: tuple(x.shape) for name, x in cache.items()} == {"key": (5, 2, 7, 4), "value": (5, 2, 7, 3)}


@pytest.mark.parametrize(("num_heads", "key_dim"), [(0, 4), (2, 0)])
def test_invalid_sizes_raise(make, num_heads, key_dim):
    message = f"must be at least 1. Received: num_heads={num_heads}, key_dim={key_dim}"
    with pytest.raises(ValueError, match=message):
        make(num_heads, key_dim)


def test_config_round_trip(make):
    layer = make(2, 4, value_dim=3, use_bias=False, output_shape=5, kernel_initializer="he_normal")
    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == config
    assert isinstance(layer.kernel_initializer, keras.initializers.HeNormal)
