"""Dtype policies and `floatx`: every layer and component under every precision."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
import pytest

from foveal import layers
from foveal.layers import MultiHeadAttention, SoftAttention, biases, distributions, scores

BATCH, QUERIES, KEYS, DIM = 2, 3, 5, 8
QUERY_MASK = np.array([[1, 1, 1], [1, 1, 0]], bool)
KEY_MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], bool)
rng = np.random.default_rng(0)
QUERY, VALUE = rng.normal(size=(BATCH, QUERIES, DIM)), rng.normal(size=(BATCH, KEYS, DIM))
PRIOR = rng.random((BATCH, QUERIES, KEYS))
DIRECTIONS = [rng.normal(size=array.shape) for array in (QUERY, VALUE)]
HAS_FLOAT64 = keras.backend.result_type("float64", "float64") == "float64"  # of Keras, on TensorFlow alone


@pytest.fixture(autouse=True)
def restored_floatx():
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    yield
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)


@dataclasses.dataclass
class Case:
    """A layer and a call of it with float inputs `query` and `value`."""

    make: Callable
    call: Callable


def cross(layer, query, value, **kwargs):
    prior = {"prior": PRIOR} if any(bias.needs_prior for bias in layer.bias) else {}
    return layer(
        query,
        value,
        value_mask=KEY_MASK,
        return_attention_scores=True,
        return_decisions=True,
        **prior,
        **kwargs,
    )


def single(layer, query, value, **kwargs):
    return layer(query, mask=QUERY_MASK, **kwargs)


def gru(units):
    # the default, an orthogonal matrix, exists in no backend in bfloat16
    return keras.layers.GRUCell(units, recurrent_initializer="glorot_uniform")


def attention_rnn():
    return layers.AttentionRNN(layers.AttentionCell(gru(4), SoftAttention("additive", bias="coverage")))


def reinforce_loss(layer, query, value, training=None):
    decisions = {"log_prob": query[..., 0], "entropy": query[..., 1]}
    return layer(query, query * 0.5, decisions, training=training), *layer.losses


ARGUMENTS = {
    "diagonal": {"slope": 0.8},
    "adaptive_span": {"max_span": 4, "ramp": 2, "initial_span": 1.3},
    "relative": {"num_buckets": 8, "max_distance": 5, "initializer": "random_normal"},
    "learned": {"max_distance": 2, "initializer": "random_normal"},
}
DISTRIBUTIONS = {
    **distributions.REGISTRY,
    "top_k": lambda: layers.TopK(2),
    "per_head": lambda: layers.PerHead(["softmax", "entmax"]),
    "monotonic_chunkwise": layers.MonotonicChunkwise,
}
CASES = {
    **{f"score {name}": Case(lambda name=name: SoftAttention(name), cross) for name in scores.REGISTRY},
    **{
        f"bias {name}": Case(
            lambda kind=kind, name=name: MultiHeadAttention(2, 4, bias=kind(**ARGUMENTS.get(name, {}))), cross
        )
        for name, kind in biases.REGISTRY.items()
    },
    **{
        f"distribution {name}": Case(lambda kind=kind: MultiHeadAttention(2, 4, distribution=kind()), cross)
        for name, kind in DISTRIBUTIONS.items()
    },
    "sentinel": Case(lambda: MultiHeadAttention(2, 4, gate="sentinel"), cross),
    "hard": Case(lambda: layers.HardAttention(), cross),
    "monotonic": Case(lambda: layers.MonotonicAttention(chunk_size=2, chunk_score="additive"), cross),
    "adaptive": Case(
        lambda: layers.AdaptiveAttention(),
        lambda layer, query, value, **kwargs: cross(
            layer, query, value, lstm=(query, query, query), **kwargs
        ),
    ),
    "self": Case(lambda: layers.SelfAttention(2, 4, bias="rotary", dropout=0.1), single),
    "local": Case(lambda: layers.LocalAttention(2, 4, window=1, bias="alibi"), single),
    "pooling": Case(
        lambda: layers.AttentionPooling(),
        lambda layer, query, value, **kwargs: layer(
            value, mask=KEY_MASK, return_attention_scores=True, **kwargs
        ),
    ),
    "halting": Case(lambda: layers.AdaptiveHalting(keras.layers.Dense(DIM, "tanh"), 3), single),
    "encoder": Case(lambda: layers.EncoderBlock(2, 7), single),
    "decoder": Case(
        lambda: layers.DecoderBlock(2, 7, gate="sentinel", cross_attention_bias="coverage"),
        lambda layer, query, value, **kwargs: layer(query, value, memory_mask=KEY_MASK, **kwargs),
    ),
    "rnn": Case(
        attention_rnn,
        lambda layer, query, value, **kwargs: layer(query, value, inputs_mask=QUERY_MASK, **kwargs),
    ),
    "positions": Case(lambda: layers.SinusoidalPositions(), lambda layer, query, value, **_: layer(query)),
    "dropout": Case(
        lambda: layers.HashDropout(0.3, seed=1), lambda layer, query, value, **kwargs: layer(query, **kwargs)
    ),
    "reinforce loss": Case(lambda: layers.ReinforceLoss("mean_squared_error"), reinforce_loss),
}


def make(case, floatx, policy):
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(1)
    return case.make()


def to_numpy(results):
    """Return the float outputs of a call as float64."""
    flat = [x for x in keras.tree.flatten(results) if x is not None]
    return [
        np.asarray(
            keras.ops.convert_to_numpy(keras.ops.cast(x, "float32") if "16" in str(x.dtype) else x), "float64"
        )
        for x in flat
        if "float" in keras.backend.standardize_dtype(x.dtype)
    ]


PRECISIONS = [("float64", "float64"), ("float16", "float16")]
SLOW_PRECISIONS = [
    ("bfloat16", "bfloat16"),
    ("float32", "mixed_float16"),
    ("float32", "mixed_bfloat16"),
    ("float64", "float32"),
    ("float16", "float32"),
]


@pytest.mark.parametrize(
    "precisions", [PRECISIONS, pytest.param(SLOW_PRECISIONS, marks=pytest.mark.slow)], ids=["fast", "all"]
)
@pytest.mark.parametrize("name", CASES)
def test_layer_computes_in_the_dtype_of_its_policy(name, precisions):
    case = CASES[name]
    for floatx, policy in precisions:
        if "float64" in (floatx, policy) and not HAS_FLOAT64:
            continue
        layer = make(case, floatx, policy)
        inputs = [keras.ops.cast(array, layer.compute_dtype) for array in (QUERY, VALUE)]
        for training in (False, True):
            results = case.call(layer, *inputs, training=training)
            output = keras.tree.flatten(results)[0]
            assert keras.backend.standardize_dtype(output.dtype) == layer.compute_dtype, (floatx, policy)
            assert all(np.isfinite(array).all() for array in to_numpy(results)), (floatx, policy)
        trainable = {weight.dtype for weight in layer.trainable_weights}
        assert trainable <= {layer.variable_dtype}, (floatx, policy)


@pytest.mark.skipif(not HAS_FLOAT64, reason="float64 is not enabled")
@pytest.mark.parametrize("name", CASES)
def test_float64_is_not_rounded_to_float32(name):
    """Central differences of two step sizes agree in float64; in float32 the shorter is mostly noise."""
    case = CASES[name]
    layer = make(case, "float64", "float64")
    outputs = to_numpy(case.call(layer, QUERY, VALUE))

    def difference(step):
        moved = [
            to_numpy(
                case.call(
                    layer, *(x + sign * step * d for x, d in zip((QUERY, VALUE), DIRECTIONS, strict=True))
                )
            )
            for sign in (1, -1)
        ]
        return [(a - b) / (2 * step) for a, b in zip(*moved, strict=True)]

    for short, long in zip(difference(1e-6), difference(1e-5), strict=True):
        np.testing.assert_allclose(short, long, atol=1e-7, rtol=1e-7)
    float32 = make(case, "float32", "float32")
    case.call(float32, QUERY.astype("float32"), VALUE.astype("float32"))
    float32.set_weights(layer.get_weights())
    expected = to_numpy(case.call(float32, QUERY.astype("float32"), VALUE.astype("float32")))
    for a, e in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(a, e, atol=1e-5)
