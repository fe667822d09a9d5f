"""Combinations of components: each score and bias with each distribution, and gates."""

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
FLAGS = {"return_attention_scores": True, "return_decisions": True}

# Factories of components whose name is not enough; the other components are created from their name.
FACTORIES = {
    "top_k": lambda: TopK(2),
    "monotonic_chunkwise": lambda: MonotonicChunkwise(chunk_size=2),
    "per_head": lambda: PerHead(["softmax", "sparsemax"]),
    "location": lambda: scores.Location(max_length=128),
    "window": lambda: SlidingWindow(back=2),
    "diagonal": lambda: biases.DiagonalBias(slope=1.0),  # cached decoding does not know the number of queries
    "adaptive_span": lambda: biases.AdaptiveSpan(max_span=4, ramp=2),
    "two_biases": lambda: ["alibi", SlidingWindow(back=2)],
}
DISTRIBUTIONS = sorted({*distributions.REGISTRY, "top_k", "per_head", "monotonic_chunkwise"})
SCORES = sorted(scores.REGISTRY)
BIASES = sorted({*biases.REGISTRY, "two_biases"})
MONOTONIC = {name for name in DISTRIBUTIONS if "monotonic" in name}


def component(name):
    return FACTORIES.get(name, lambda: name)()


def self_attention(score="scaled_dot", bias=None, distribution="softmax", **kwargs):
    keras.utils.set_random_seed(1)
    return SelfAttention(
        HEADS,
        KEY_DIM,
        score=component(score),
        bias=component(bias),
        distribution=component(distribution),
        **kwargs,
    )


PAIRS = [
    *({"score": s, "distribution": d} for s, d in itertools.product(SCORES, DISTRIBUTIONS)),
    *({"bias": b, "distribution": d} for b, d in itertools.product(BIASES, DISTRIBUTIONS)),
]

# The weights of a chunkwise distribution are not its alignment, which sequential queries need as their state.
INVALID_PAIR = {"bias": "coverage", "distribution": "monotonic_chunkwise"}
PAIRS.remove(INVALID_PAIR)


# Each score, bias and distribution at least once; the other pairs are slow.
FAST_PAIRS = [
    pair
    for index, name in enumerate([*SCORES, *BIASES])
    for pair in PAIRS
    if name in pair.values() and pair["distribution"] == DISTRIBUTIONS[index % len(DISTRIBUTIONS)]
]
SLOW_PAIRS = [pair for pair in PAIRS if pair not in FAST_PAIRS]
LOOPS = {"coverage", "entmax", "entmax15", "sparsemax", *MONOTONIC}  # their graphs contain loops


def test_fast_pairs_cover_all_components():
    covered = {name for pair in FAST_PAIRS for name in pair.values()}
    assert covered == {*SCORES, *BIASES, *DISTRIBUTIONS}


def test_coverage_with_chunkwise_distribution_raises():
    with pytest.raises(ValueError, match=r"Received: scores of shape"):
        self_attention(**INVALID_PAIR)(X, training=True)


def pair_id(pair):
    return " x ".join(pair.values())


@pytest.fixture(
    params=[*FAST_PAIRS, *(pytest.param(pair, marks=pytest.mark.slow) for pair in SLOW_PAIRS)],
    ids=pair_id,
    scope="module",
)
def pair(request):
    return request.param


@pytest.fixture(scope="module")
def layer(pair):
    return self_attention(**pair)


def extra_arguments(pair, prior=PRIOR):
    """Return further arguments of a call."""
    return {"prior": prior} if pair.get("bias") == "prior" else {}


def run_layer(layer, x=X, **kwargs) -> tuple:
    return keras.tree.map_structure(
        lambda part: keras.ops.convert_to_numpy(part), layer(x, **FLAGS, **kwargs)
    )


def assert_close(actual, expected, atol=1e-5):
    keras.tree.map_structure(lambda a, e: np.testing.assert_allclose(a, e, atol=atol), actual, expected)


@pytest.fixture(scope="module")
def results(pair, layer):
    """Results of a causal call for several inputs, from one batch."""
    inputs = {
        "padded": (X, MASK),
        "other padding": (np.where(MASK[..., None], X, 100), MASK),
        "other future": (X + np.array([0, 0, 0, 1, 1])[:, None], MASK),
        "unpadded": (X, np.ones_like(MASK)),
    }
    x, mask = (np.concatenate(parts) for parts in zip(*inputs.values(), strict=True))
    prior = np.concatenate([PRIOR] * len(inputs))
    outputs = run_layer(
        layer, x.astype("float32"), query_mask=mask, use_causal_mask=True, **extra_arguments(pair, prior)
    )
    indices = np.split(np.arange(len(x)), len(inputs))
    return {
        name: keras.tree.map_structure(lambda array, rows=rows: array[rows], outputs)
        for name, rows in zip(inputs, indices, strict=True)
    }


def test_weights_are_zero_at_masked_keys(pair, results):
    output, weights, decisions = results["padded"]
    assert output.shape == X.shape
    assert weights.shape == (BATCH, HEADS, LENGTH, LENGTH)
    assert all(decided.shape == (BATCH, HEADS, LENGTH) for decided in decisions.values())
    visible = np.tril(MASK[:, None, :, None] & MASK[:, None, None, :])
    np.testing.assert_array_equal(weights * ~visible, 0)
    assert (weights >= 0).all()
    sums = weights.sum(-1)
    if pair["distribution"] in {*MONOTONIC, "sink_softmax"}:  # may attend to nothing
        assert (sums <= 1 + 1e-5).all()
    else:
        np.testing.assert_allclose(sums, np.broadcast_to(MASK[:, None], sums.shape), atol=1e-5)


def test_future_and_padding_have_no_effect(pair, layer, results):
    expected = results["padded"]
    assert_close(results["other padding"][1], expected[1])
    assert_close(results["other future"][0][:, :3], expected[0][:, :3])
    shorter = run_layer(layer, X[1:, :3], **extra_arguments(pair, PRIOR[1:, :3, :3]))
    longer = run_layer(layer, X[1:], query_mask=MASK[1:], **extra_arguments(pair, PRIOR[1:]))
    assert_close(longer[0][:, :3], shorter[0])


def test_incremental_decoding_matches_full_sequence(pair, layer, results):
    output, weights, decisions = results["unpadded"]
    cache, state = layer.init_cache(BATCH, LENGTH), layer.get_initial_state(BATCH, LENGTH)
    for start, end in ((0, 2), (2, 3), (3, 5)):
        rows = slice(start, end)
        output_step, weights_step, decisions_step, cache, *new_state = layer(
            X[:, rows],
            use_causal_mask=True,
            cache=cache,
            cache_index=start,
            state=state or None,
            **extra_arguments(pair, PRIOR[:, rows]),
            **FLAGS,
        )
        state = new_state[0] if new_state else state
        expected = {name: value[:, :, rows] for name, value in decisions.items()}
        actual = keras.tree.map_structure(
            keras.ops.convert_to_numpy, (output_step, weights_step, decisions_step)
        )
        assert_close(actual, (output[:, rows], weights[:, :, rows], expected))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_finite_and_zero_when_masked(pair, policy):
    mask = np.array([[1, 1, 1, 0, 0], [0, 0, 0, 0, 0]], bool)
    layer = self_attention(**pair, dtype=policy)
    output, weights, _ = run_layer(layer, query_mask=mask, **extra_arguments(pair))
    assert np.isfinite(output.astype("float32")).all()
    np.testing.assert_array_equal(weights.astype("float32")[1], 0)


def combined_model(pairs):
    """Return the layers of these pairs, one functional model of them, and its expected outputs."""
    layers = [self_attention(**pair, dropout=0.1) for pair in pairs]
    x, mask = keras.Input((LENGTH, DIM)), keras.Input((LENGTH,), dtype="bool")
    prior = keras.Input((LENGTH, LENGTH))
    outputs, expected = [], []
    for layer, pair in zip(layers, pairs, strict=True):
        arguments = {"prior": prior} if extra_arguments(pair) else {}
        outputs.append(layer(x, query_mask=mask, **arguments, **FLAGS))
        expected.append(run_layer(layer, query_mask=MASK, **extra_arguments(pair)))
    return layers, keras.Model([x, mask, prior], keras.tree.flatten(outputs)), keras.tree.flatten(expected)


def model_groups():
    """Groups of pairs that share a model, which is cheaper than a model for each pair."""
    by_distribution = {pair["distribution"]: pair for pair in FAST_PAIRS if not LOOPS & set(pair.values())}
    without_loops = list(by_distribution.values())
    yield pytest.param(without_loops, False, id="without loops")
    for name in DISTRIBUTIONS:
        pairs = [pair for pair in PAIRS if pair["distribution"] == name and pair not in without_loops]
        yield pytest.param(pairs, True, marks=pytest.mark.slow, id=name)


@pytest.mark.parametrize(("pairs", "use_xla"), list(model_groups()))
def test_functional_model_saves_loads_and_trains(pairs, use_xla, tmp_path):
    layers, model, expected = combined_model(pairs)
    for layer in layers:
        restored_config = SelfAttention.from_config(layer.get_config()).get_config()
        assert json.dumps(restored_config) == json.dumps(layer.get_config())

    model.save(tmp_path / "model.keras")
    for restored in (model, keras.saving.load_model(tmp_path / "model.keras")):
        assert_close([keras.ops.convert_to_numpy(x) for x in restored([X, MASK, PRIOR])], expected)

    outputs = [keras.ops.sum(x, axis=(1, 2)) for x in model.outputs if x.shape[-1] == DIM]
    trained = keras.Model(model.inputs, keras.ops.stack(outputs, axis=1))
    backend = keras.backend.backend()
    jit_compile = "auto" if use_xla or backend == "jax" else False
    trained.compile("sgd", "mse", run_eagerly=backend == "torch", jit_compile=jit_compile)
    before = trained.get_weights()
    mask = np.array([[1, 1, 1, 1, 0], [0, 0, 0, 0, 0]], bool)
    trained.train_on_batch([X, mask, PRIOR], np.ones((BATCH, len(layers))))
    assert all(np.isfinite(weight).all() for weight in trained.get_weights())
    assert any((a != b).any() for a, b in zip(before, trained.get_weights(), strict=True))


# --- gates -------------------------------------------------------------------------------------------


def gated_layer(name, kind, **kwargs):
    keras.utils.set_random_seed(1)
    if kind == "heads":
        return MultiHeadAttention(HEADS, KEY_DIM, gate="sentinel", distribution=component(name), **kwargs), {}
    lstm: Any = tuple(rng.normal(size=(BATCH, LENGTH, width)).astype("float32") for width in (3, DIM, DIM))
    return AdaptiveAttention(distribution=component(name), **kwargs), {"lstm": lstm}


@pytest.mark.parametrize("kind", ["heads", "lstm"])
@pytest.mark.parametrize("name", [d for d in DISTRIBUTIONS if d not in MONOTONIC])
def test_gate_and_weights_sum_to_one(name, kind):
    if (name, kind) == ("per_head", "lstm"):
        pytest.skip("AdaptiveAttention has no heads")
    layer, arguments = gated_layer(name, kind)
    output, weights, decisions = run_layer(layer, value=X, value_mask=MASK, **arguments)
    gate = decisions["gate"]
    assert ((gate >= 0) & (gate <= 1 + 1e-6)).all()
    expected_sum = (gate < 1).astype("float32")  # a hard distribution may select the sentinel alone
    np.testing.assert_allclose(weights.sum(-1), expected_sum, atol=1e-5)
    assert np.isfinite(output).all()
    masked_output, weights, decisions = run_layer(layer, value=X, value_mask=np.zeros_like(MASK), **arguments)
    np.testing.assert_allclose(decisions["gate"] + decisions.get("sink", 0), 1, atol=1e-6)
    np.testing.assert_array_equal(weights, 0)
    assert np.isfinite(masked_output).all()


@pytest.mark.parametrize("kind", ["heads", "lstm"])
@pytest.mark.parametrize("name", sorted(MONOTONIC))
def test_gate_with_ordered_distribution_raises(name, kind):
    with pytest.raises(ValueError, match=r"sentinel.*Received: .*Monotonic"):
        gated_layer(name, kind)
