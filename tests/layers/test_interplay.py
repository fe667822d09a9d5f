"""Every part with every other: what fills one slot must not know what fills the next."""

import itertools
import json
from typing import Any

import keras
import numpy as np
import pytest

from foveal.layers import (
    AdaptiveAttention,
    MonotonicChunkwise,
    MultiHeadAttention,
    PerHead,
    SelfAttention,
    SlidingWindow,
    TopK,
    biases,
    distributions,
    scores,
)

BATCH, LENGTH, DIM, HEADS, KEY_DIM = 2, 5, 6, 2, 4
rng = np.random.default_rng(0)
X = rng.normal(size=(BATCH, LENGTH, DIM)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], bool)
PRIOR = rng.random((BATCH, LENGTH, LENGTH)).astype("float32")
ASKED = {"return_attention_scores": True, "return_decisions": True}

# A part is made anew for every layer: from its name, or as its name alone cannot make it.
CONFIGURED = {
    "top_k": lambda: TopK(2),
    "monotonic_chunkwise": lambda: MonotonicChunkwise(chunk_size=2),
    "per_head": lambda: PerHead(["softmax", "sparsemax"]),
    "location": lambda: scores.Location(max_length=128),
    "window": lambda: SlidingWindow(back=2),
    "diagonal": lambda: biases.DiagonalBias(slope=1.0),  # cached decoding does not know how many come
    "adaptive_span": lambda: biases.AdaptiveSpan(max_span=4, ramp=2),
    "two_biases": lambda: ["alibi", SlidingWindow(back=2)],
}
DISTRIBUTIONS = sorted({*distributions.REGISTRY, "top_k", "per_head", "monotonic_chunkwise"})
SCORES = sorted(scores.REGISTRY)
BIASES = sorted({*biases.REGISTRY, "two_biases"})
MONOTONIC = {name for name in DISTRIBUTIONS if "monotonic" in name}


def part(name):
    return CONFIGURED.get(name, lambda: name)()


def self_attention(score="scaled_dot", bias=None, distribution="softmax", **kwargs):
    keras.utils.set_random_seed(1)
    return SelfAttention(
        HEADS, KEY_DIM, score=part(score), bias=part(bias), distribution=part(distribution), **kwargs
    )


PAIRS = [
    *({"score": s, "distribution": d} for s, d in itertools.product(SCORES, DISTRIBUTIONS)),
    *({"bias": b, "distribution": d} for b, d in itertools.product(BIASES, DISTRIBUTIONS)),
]

# A walk in chunks does not tell by its weights where it stands, and a coverage takes queries one by one.
NONSENSE = {"bias": "coverage", "distribution": "monotonic_chunkwise"}
PAIRS.remove(NONSENSE)


# A third of the pairs, in which each part meets a third of all others; the rest takes minutes. JAX compiles
# every operation for every shape: there it is a sixth.
SHARE = 6 if keras.backend.backend() == "jax" else 3
QUICK = [
    pair
    for pair in PAIRS
    for other in [pair.get("score") or pair["bias"]]
    if ([*SCORES, *BIASES].index(other) + DISTRIBUTIONS.index(pair["distribution"])) % SHARE == 0
]
REST = [pair for pair in PAIRS if pair not in QUICK]


def test_a_pair_that_makes_no_sense_says_so():
    with pytest.raises(ValueError, match=r"Where a walk stands .* Received scores of shape"):
        self_attention(**NONSENSE)(X, training=True)


def ids(pair):
    return " x ".join(pair.values())


@pytest.fixture(
    params=[*QUICK, *(pytest.param(pair, marks=pytest.mark.slow) for pair in REST)], ids=ids, scope="module"
)
def pair(request):
    return request.param


@pytest.fixture(scope="module")
def layer(pair):
    return self_attention(**pair)


def extra(pair, prior=PRIOR):
    """What a call needs besides the inputs."""
    return {"prior": prior} if pair.get("bias") == "prior" else {}


def look(layer, x=X, **kwargs) -> tuple:
    return keras.tree.map_structure(
        lambda part: keras.ops.convert_to_numpy(part), layer(x, **ASKED, **kwargs)
    )


def assert_close(actual, expected, atol=1e-5):
    keras.tree.map_structure(lambda a, e: np.testing.assert_allclose(a, e, atol=atol), actual, expected)


@pytest.fixture(scope="module")
def seen(pair, layer):
    """What a layer tells, causal, of several inputs; one call is cheaper than one for each."""
    inputs = {
        "padded": (X, MASK),
        "padded with something else": (np.where(MASK[..., None], X, 100), MASK),
        "another future": (X + np.array([0, 0, 0, 1, 1])[:, None], MASK),
        "whole": (X, np.ones_like(MASK)),
    }
    x, mask = (np.concatenate(parts) for parts in zip(*inputs.values(), strict=True))
    prior = np.concatenate([PRIOR] * len(inputs))
    told = look(layer, x.astype("float32"), query_mask=mask, use_causal_mask=True, **extra(pair, prior))
    places = np.split(np.arange(len(x)), len(inputs))
    return {
        name: keras.tree.map_structure(lambda part, rows=rows: part[rows], told)
        for name, rows in zip(inputs, places, strict=True)
    }


def test_weights_lie_on_the_keys_that_may_be_seen(pair, seen):
    output, weights, decisions = seen["padded"]
    assert output.shape == X.shape
    assert weights.shape == (BATCH, HEADS, LENGTH, LENGTH)
    assert all(decided.shape == (BATCH, HEADS, LENGTH) for decided in decisions.values())
    visible = np.tril(MASK[:, None, :, None] & MASK[:, None, None, :])
    np.testing.assert_array_equal(weights * ~visible, 0)
    assert (weights >= 0).all()
    sums = weights.sum(-1)
    if pair["distribution"] in MONOTONIC:  # may look nowhere
        assert (sums <= 1 + 1e-5).all()
    else:
        np.testing.assert_allclose(sums, np.broadcast_to(MASK[:, None], sums.shape), atol=1e-5)


def test_neither_the_future_nor_padding_changes_anything(pair, layer, seen):
    expected = seen["padded"]
    assert_close(seen["padded with something else"][1], expected[1])
    assert_close(seen["another future"][0][:, :3], expected[0][:, :3])
    shorter = look(layer, X[1:, :3], **extra(pair, PRIOR[1:, :3, :3]))
    longer = look(layer, X[1:], query_mask=MASK[1:], **extra(pair, PRIOR[1:]))
    assert_close(longer[0][:, :3], shorter[0])


def test_step_by_step_equals_all_at_once(pair, layer, seen):
    output, weights, decisions = seen["whole"]
    cache, state = layer.init_cache(BATCH, LENGTH), layer.get_initial_state(BATCH, LENGTH)
    for start, end in ((0, 2), (2, 3), (3, 5)):
        at = slice(start, end)
        told, looked, decided, cache, *left = layer(
            X[:, at],
            use_causal_mask=True,
            cache=cache,
            cache_index=start,
            state=state or None,
            **extra(pair, PRIOR[:, at]),
            **ASKED,
        )
        state = left[0] if left else state
        expected = {name: value[:, :, at] for name, value in decisions.items()}
        actual = keras.tree.map_structure(keras.ops.convert_to_numpy, (told, looked, decided))
        assert_close(actual, (output[:, at], weights[:, :, at], expected))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_finite_and_a_row_without_keys_is_zero(pair, policy):
    mask = np.array([[1, 1, 1, 0, 0], [0, 0, 0, 0, 0]], bool)
    layer = self_attention(**pair, dtype=policy)
    output, weights, _ = look(layer, query_mask=mask, **extra(pair))
    assert np.isfinite(output.astype("float32")).all()
    np.testing.assert_array_equal(weights.astype("float32")[1], 0)


def side_by_side(pairs):
    """The layers of these pairs, and one model of them: there is but one to compile."""
    layers = [self_attention(**pair, dropout=0.1) for pair in pairs]
    x, mask = keras.Input((LENGTH, DIM)), keras.Input((LENGTH,), dtype="bool")
    prior = keras.Input((LENGTH, LENGTH))
    told = []
    for layer, pair in zip(layers, pairs, strict=True):
        given = {"prior": prior} if extra(pair) else {}
        told.append(layer(x, query_mask=mask, **given, **ASKED))
    expected = [
        look(layer, query_mask=MASK, **extra(pair)) for layer, pair in zip(layers, pairs, strict=True)
    ]
    return layers, keras.Model([x, mask, prior], keras.tree.flatten(told)), keras.tree.flatten(expected)


@pytest.mark.parametrize("pairs", [QUICK, pytest.param(REST, marks=pytest.mark.slow)], ids=["quick", "rest"])
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_symbolic_saved_loaded_and_trained(pairs, distribution, tmp_path):
    layers, model, expected = side_by_side([pair for pair in pairs if pair["distribution"] == distribution])
    for layer in layers:
        again = SelfAttention.from_config(layer.get_config()).get_config()
        assert json.dumps(again) == json.dumps(layer.get_config())

    model.save(tmp_path / "model.keras")
    for one in (model, keras.saving.load_model(tmp_path / "model.keras")):
        assert_close([keras.ops.convert_to_numpy(x) for x in one([X, MASK, PRIOR])], expected)

    outputs = [keras.ops.sum(x, axis=(1, 2)) for x in model.outputs if x.shape[-1] == DIM]
    trained = keras.Model(model.inputs, keras.ops.stack(outputs, axis=1))
    trained.compile("sgd", "mse", run_eagerly=keras.backend.backend() == "torch")
    before = trained.get_weights()
    mask = np.array([[1, 1, 1, 1, 0], [0, 0, 0, 0, 0]], bool)
    trained.train_on_batch([X, mask, PRIOR], np.ones((BATCH, len(layers))))
    assert all(np.isfinite(weight).all() for weight in trained.get_weights())
    assert any((a != b).any() for a, b in zip(before, trained.get_weights(), strict=True))


# --- gates -------------------------------------------------------------------------------------------


def gated(name, kind, **kwargs):
    keras.utils.set_random_seed(1)
    if kind == "heads":
        return MultiHeadAttention(HEADS, KEY_DIM, gate="sentinel", distribution=part(name), **kwargs), {}
    lstm: Any = tuple(rng.normal(size=(BATCH, LENGTH, width)).astype("float32") for width in (3, DIM, DIM))
    return AdaptiveAttention(distribution=part(name), **kwargs), {"lstm": lstm}


@pytest.mark.parametrize("kind", ["heads", "lstm"])
@pytest.mark.parametrize("name", [d for d in DISTRIBUTIONS if d not in MONOTONIC])
def test_a_gate_shares_the_weight_with_the_keys(name, kind):
    if (name, kind) == ("per_head", "lstm"):
        pytest.skip("AdaptiveAttention has no heads")
    layer, given = gated(name, kind)
    output, weights, decisions = look(layer, value=X, value_mask=MASK, **given)
    gate = decisions["gate"]
    assert ((gate >= 0) & (gate <= 1 + 1e-6)).all()
    looks = (gate < 1).astype("float32")  # a hard layer that relies on itself looks nowhere
    np.testing.assert_allclose(weights.sum(-1), looks, atol=1e-5)
    assert np.isfinite(output).all()
    nowhere, weights, decisions = look(layer, value=X, value_mask=np.zeros_like(MASK), **given)
    np.testing.assert_allclose(decisions["gate"], 1, atol=1e-6)
    np.testing.assert_array_equal(weights, 0)
    assert np.isfinite(nowhere).all()


@pytest.mark.parametrize("kind", ["heads", "lstm"])
@pytest.mark.parametrize("name", sorted(MONOTONIC))
def test_a_gate_has_no_place_among_keys_in_order(name, kind):
    with pytest.raises(ValueError, match=r"sentinel.*Received: .*Monotonic"):
        gated(name, kind)
