"""Fused attention against the equation; on TensorFlow, which has no kernel, nothing changes."""

import keras
import numpy as np
import pytest

from foveal.layers import (
    AlibiBias,
    DecoderBlock,
    Dot,
    EncoderBlock,
    LearnedBias,
    LocalAttention,
    MultiHeadAttention,
    PriorBias,
    Rotary,
    SelfAttention,
    SlidingWindow,
    SoftAttention,
    Softmax,
)
from foveal.layers.attention import attention as attention_module
from foveal.layers.functional.fused_attention import is_supported

BATCH, QUERIES, KEYS, DIM, HEADS, KEY_DIM = 2, 3, 5, 6, 4, 2
rng = np.random.default_rng(0)
QUERY, VALUE = (rng.normal(size=(BATCH, n, DIM)).astype("float32") for n in (QUERIES, KEYS))
PRIOR = rng.random((BATCH, QUERIES, KEYS)).astype("float32")
HAS_KERNEL = keras.backend.backend() != "tensorflow"


def to_numpy(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


BIASES = {
    "no bias": lambda: None,
    "alibi": AlibiBias,
    "learned": lambda: LearnedBias(2, initializer=keras.initializers.RandomNormal(stddev=1.0, seed=1)),
    "window": lambda: SlidingWindow(1, 1),
    "several": lambda: [Rotary(), AlibiBias(), SlidingWindow(2, 2)],
}
LAYERS = {
    "soft": lambda **k: SoftAttention(**k),
    "heads": lambda **k: MultiHeadAttention(HEADS, KEY_DIM, **k),
    "grouped": lambda **k: MultiHeadAttention(HEADS, KEY_DIM, num_key_value_heads=2, **k),
}
MASKS = {
    "no mask": {},
    "causal": {"use_causal_mask": True},
    "keys": {"value_mask": np.array([[1, 1, 0, 1, 0], [0, 0, 0, 0, 1]], bool)},
    "queries": {"query_mask": np.array([[1, 0, 1], [0, 0, 1]], bool)},
    "pairs": {"attention_mask": rng.random((BATCH, QUERIES, KEYS)) < 0.5},
    "nothing": {"value_mask": np.zeros((BATCH, KEYS), bool)},
}


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("bias", BIASES)
@pytest.mark.parametrize("kind", LAYERS)
def test_fused_output_matches_unfused_output(kind, bias, mask):
    keras.utils.set_random_seed(1)
    layer = LAYERS[kind](bias=BIASES[bias]())
    expected, _ = layer(QUERY, VALUE, return_attention_scores=True, **MASKS[mask])
    np.testing.assert_allclose(to_numpy(layer(QUERY, VALUE, **MASKS[mask])), to_numpy(expected), atol=1e-5)


@pytest.mark.parametrize("kind", LAYERS)
def test_fused_attention_adds_prior(kind):
    keras.utils.set_random_seed(1)
    layer = LAYERS[kind](bias=PriorBias(3.0))
    expected, _ = layer(QUERY, VALUE, prior=PRIOR, return_attention_scores=True)
    np.testing.assert_allclose(to_numpy(layer(QUERY, VALUE, prior=PRIOR)), to_numpy(expected), atol=1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("mask", MASKS)
def test_masked_key_has_weight_zero_in_any_precision(dtype, mask):
    layer, shape = SoftAttention(bias=AlibiBias(), dtype=dtype), (BATCH, KEYS, KEYS)
    query, key = (np.random.default_rng(n).normal(size=(BATCH, n, KEYS)) for n in (QUERIES, KEYS))
    identity = np.broadcast_to(np.eye(KEYS, dtype="float32"), shape)  # the context is the weights
    _, weights = layer(query, identity, key, return_attention_scores=True, **MASKS[mask])
    context = to_numpy(layer(query, identity, key, **MASKS[mask]))
    np.testing.assert_allclose(context, to_numpy(weights), atol=0.01)
    np.testing.assert_array_equal(context == 0, to_numpy(weights) == 0)


@pytest.mark.parametrize("mask", ["no mask", "queries", "nothing"])
def test_fused_gradient_matches_unfused_gradient(mask):
    updates = []
    for need_weights in (False, True):
        keras.utils.set_random_seed(1)
        layer = SelfAttention(HEADS, KEY_DIM, bias=BIASES["learned"]())
        call = {name: value for name, value in MASKS[mask].items() if name == "query_mask"}
        if mask == "nothing":
            call = {"query_mask": np.zeros((BATCH, QUERIES), bool)}
        symbol = keras.Input((QUERIES, DIM), batch_size=BATCH)
        results = layer(symbol, return_attention_scores=need_weights, **call)
        model = keras.Model(symbol, results[0] if need_weights else results)
        model.compile(keras.optimizers.SGD(1.0), "mse", run_eagerly=keras.backend.backend() != "jax")
        before = model.get_weights()
        model.train_on_batch(QUERY, np.ones((BATCH, QUERIES, DIM)))
        updates.append([a - b for a, b in zip(model.get_weights(), before, strict=True)])
    for actual, expected in zip(*updates, strict=True):
        assert np.isfinite(actual).all()
        np.testing.assert_allclose(actual, expected, atol=1e-5)


def uses_kernel(monkeypatch, layer, *args, **kwargs):
    calls, original = [], attention_module.fused_attention
    with monkeypatch.context() as patch:
        patch.setattr(attention_module, "fused_attention", lambda *given: calls.append(1) or original(*given))
        layer(*args, **kwargs)
    return bool(calls)


def test_kernel_is_used_when_no_weights_are_requested(monkeypatch):
    for layer in (SelfAttention(HEADS, KEY_DIM), LocalAttention(HEADS, KEY_DIM, 1)):
        assert uses_kernel(monkeypatch, layer, QUERY) is HAS_KERNEL
        assert not uses_kernel(monkeypatch, layer, QUERY, return_attention_scores=True)
    for layer in (SoftAttention(), MultiHeadAttention(HEADS, KEY_DIM)):
        assert uses_kernel(monkeypatch, layer, QUERY, VALUE) is HAS_KERNEL


@pytest.fixture
def with_kernel(monkeypatch):
    """Use the kernel on every backend; `keras.ops` has a slow one for TensorFlow."""
    monkeypatch.setattr(attention_module, "is_supported", lambda key, value: True)


@pytest.mark.parametrize("make", [EncoderBlock, DecoderBlock])
def test_transformer_blocks_use_kernel_when_no_weights_are_requested(make, with_kernel, monkeypatch):
    block = make(2, 5, cross_attention_bias="alibi") if make is DecoderBlock else make(2, 5, bias="alibi")
    inputs = (QUERY, VALUE) if make is DecoderBlock else (QUERY,)
    mask = MASKS["queries"]["query_mask"]
    expected, _ = block(*inputs, mask=mask, return_attention_scores=True)
    np.testing.assert_allclose(to_numpy(block(*inputs, mask=mask)), to_numpy(expected), atol=1e-5)
    assert uses_kernel(monkeypatch, block, *inputs, mask=mask)
    assert not uses_kernel(monkeypatch, block, *inputs, mask=mask, return_attention_scores=True)


NOT_FUSED = {
    "dot": lambda: {"score": Dot()},
    "temperature": lambda: {"distribution": Softmax(2.0)},
    "another distribution": lambda: {"distribution": "sparsemax"},
    "dropout": lambda: {"dropout": 0.5},
}


@pytest.mark.parametrize("name", NOT_FUSED)
def test_unsupported_components_are_not_fused(name, monkeypatch):
    layer = SoftAttention(**NOT_FUSED[name]())
    assert not uses_kernel(monkeypatch, layer, QUERY, VALUE, training=True)


def test_gate_and_state_are_not_fused(monkeypatch):
    gated = MultiHeadAttention(HEADS, KEY_DIM, gate="sentinel")
    assert not uses_kernel(monkeypatch, gated, QUERY, VALUE)
    layer = SoftAttention(bias="coverage")
    state = layer.get_initial_state(BATCH, KEYS)
    assert not uses_kernel(monkeypatch, layer, QUERY[:, :1], VALUE, state=state)


def test_is_supported_needs_equal_widths():
    key, wider = np.zeros((1, 2, 3)), np.zeros((1, 2, 4))
    assert is_supported(key, key) is HAS_KERNEL
    assert not is_supported(key, wider)


def test_is_supported_excludes_float16_on_jax():
    key = np.zeros((1, 2, 3), "float16")
    assert is_supported(key, key) is (keras.backend.backend() == "torch")


def test_unknown_sizes_match_eager_call():
    layer = MultiHeadAttention(HEADS, KEY_DIM, bias="alibi")
    symbols = keras.Input((None, DIM)), keras.Input((None, DIM))
    mask = keras.Input((None,), dtype="bool")
    model = keras.Model([*symbols, mask], layer(*symbols, value_mask=mask))
    value_mask = MASKS["keys"]["value_mask"]
    expected, _ = layer(QUERY, VALUE, value_mask=value_mask, return_attention_scores=True)
    np.testing.assert_allclose(to_numpy(model([QUERY, VALUE, value_mask])), to_numpy(expected), atol=1e-5)
