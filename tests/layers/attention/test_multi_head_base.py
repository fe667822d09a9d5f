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


@pytest.mark.parametrize(
    ("output_shape", "expected"), [(None, (8,)), (5, (5,)), ([5], (5,)), ((4, 5), (4, 5))]
)
def test_output_shape_sets_sizes_of_output(make, output_shape, expected):
    layer = make(2, 4, output_shape=output_shape)
    inputs = (X, X) if isinstance(layer, MultiHeadAttention) else (X,)
    assert layer(*inputs).shape == (2, 3, *expected)
    assert layer.compute_output_shape(*(list(x.shape) for x in inputs)) == (2, 3, *expected)  # pyright: ignore[reportArgumentType]
    if len(expected) == 1:
        assert layer.context_dim(8, 8) == expected[0]
    else:
        with pytest.raises(ValueError, match="`output_shape` must be one size"):
            layer.context_dim(8, 8)


@pytest.mark.parametrize("use_bias", [False, True])
def test_output_of_masked_query_is_the_bias_of_the_output_projection(make, use_bias):
    layer = make(2, 4, use_bias=use_bias, bias_initializer="random_normal")
    x = np.random.default_rng(1).normal(size=X.shape).astype("float32")
    inputs = (x, x) if isinstance(layer, MultiHeadAttention) else (x,)
    mask = np.array([[1, 1, 1], [1, 0, 1]], bool)
    output, weights = layer(*inputs, query_mask=mask, return_attention_scores=True)
    output, weights = (keras.ops.convert_to_numpy(x) for x in (output, weights))
    expected = keras.ops.convert_to_numpy(layer.output_dense.bias) if use_bias else np.zeros(8)
    np.testing.assert_array_equal(weights[1, :, 1], 0)
    np.testing.assert_allclose(output[1, 1], expected, atol=1e-7)
    assert (np.abs(output[0, 1] - expected) > 1e-4).any()


def test_init_cache_shapes(make):
    cache = make(2, 4, value_dim=3).init_cache(5, 7)
    assert {name: tuple(x.shape) for name, x in cache.items()} == {"key": (5, 2, 7, 4), "value": (5, 2, 7, 3)}


@pytest.mark.parametrize("name", ["num_heads", "key_dim", "value_dim"])
@pytest.mark.parametrize("size", [0, -2, 1.5])
def test_invalid_sizes_raise(make, name, size):
    message = f"argument `{name}` must be a positive integer. Received: {name}={size}"
    with pytest.raises(ValueError, match=message):
        make(**{"num_heads": 2, "key_dim": 4, name: size})


@pytest.mark.parametrize("output_shape", [8.0, 0, (), (3, -1), "5"])
def test_invalid_output_shape_raises(make, output_shape):
    with pytest.raises(ValueError, match=r"Invalid `output_shape`.*Received: output_shape="):
        make(2, 4, output_shape=output_shape)


def test_config_round_trip(make):
    layer = make(
        2,
        4,
        value_dim=3,
        use_bias=False,
        output_shape=(5, 2),
        kernel_initializer="he_normal",
        kernel_regularizer="l2",
        bias_regularizer="l1",
        activity_regularizer="l2",
        kernel_constraint="non_neg",
        bias_constraint="unit_norm",
        seed=3,
    )
    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == config
    assert isinstance(layer.kernel_initializer, keras.initializers.HeNormal)
