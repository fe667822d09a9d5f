"""Contract of all attention layers, for several scores and gates."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from foveal.layers import AdaptiveAttention, MultiHeadAttention, SelfAttention, SoftAttention, TopK

BATCH, QUERIES, KEYS, DIM, UNITS = 2, 3, 4, 6, 5
KEY_MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)
SELF_MASK = np.array([[1, 1, 1], [1, 0, 0]], bool)


@dataclasses.dataclass
class Case:
    """A layer, the shapes of its inputs, and the mask of its keys."""

    make: Callable
    inputs: dict
    heads: tuple = ()
    gate: bool = False
    mask_name: str = "value_mask"
    mask: np.ndarray = dataclasses.field(default_factory=lambda: KEY_MASK)

    @property
    def keys(self):
        return self.mask.shape[1]

    @property
    def memory(self):
        return "value" if "value" in self.inputs else "query"


CROSS = {"query": (QUERIES, DIM), "value": (KEYS, UNITS)}
SAME_WIDTH = {"query": (QUERIES, DIM), "value": (KEYS, DIM)}
LSTM = {"query": (QUERIES, DIM), "value": (KEYS, UNITS), "lstm": ((3, 7), (3, 6), (3, 5))}
SELF = {
    "inputs": {"query": (QUERIES, DIM)},
    "heads": (2,),
    "mask_name": "query_mask",
    "mask": SELF_MASK,
}


def multi_head(score, gate=None):
    return lambda **kwargs: MultiHeadAttention(2, 4, score=score, gate=gate, **kwargs)


CASES = {
    "soft dot": Case(lambda **k: SoftAttention("dot", **k), SAME_WIDTH),
    "soft scaled": Case(lambda **k: SoftAttention(**k), SAME_WIDTH),
    "soft additive": Case(lambda **k: SoftAttention("additive", **k), CROSS),
    "adaptive": Case(AdaptiveAttention, LSTM, gate=True),
    "adaptive dot": Case(
        lambda **k: AdaptiveAttention("dot", **k),
        {**SAME_WIDTH, "lstm": ((3, 7), (3, 6), (3, 6))},
        gate=True,
    ),
    "self": Case(lambda **k: SelfAttention(2, 4, **k), **SELF),
    "self additive": Case(lambda **k: SelfAttention(2, 4, score="additive", **k), **SELF),
    **{f"heads {s}": Case(multi_head(s), CROSS, (2,)) for s in ("dot", "scaled_dot", "additive")},
    **{
        f"heads {s} gate": Case(multi_head(s, "sentinel"), CROSS, (2,), gate=True)
        for s in ("dot", "scaled_dot", "additive")
    },
}


# These cases cover each class, score, gate and mask; the other cases are slow.
FAST_CASES = {"soft additive", "soft dot", "adaptive dot", "self", "heads scaled_dot gate", "heads dot"}


def case_marks(name):
    return [] if name in FAST_CASES else [pytest.mark.slow]


@pytest.fixture(params=[pytest.param(case, id=name, marks=case_marks(name)) for name, case in CASES.items()])
def case(request):
    keras.utils.set_random_seed(1)
    return request.param


def is_single_shape(shape):
    return isinstance(shape[0], int)


def sample_inputs(case, seed=0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)

    def normal(shape):
        if is_single_shape(shape):
            return rng.normal(size=(BATCH, *shape)).astype("float32")
        return tuple(normal(inner) for inner in shape)

    return {name: normal(shape) for name, shape in case.inputs.items()}


def symbolic_inputs(case, lengths=True):
    def symbol(name, shape):
        if is_single_shape(shape):
            return keras.Input((shape[0] if lengths else None, shape[1]), name=name)
        return tuple(symbol(f"{name}_{i}", inner) for i, inner in enumerate(shape))

    return {name: symbol(name, shape) for name, shape in case.inputs.items()}


def run_layer(layer, inputs, **kwargs):
    """Return output, weights and decisions as NumPy arrays."""
    results = layer(**inputs, return_attention_scores=True, return_decisions=True, **kwargs)
    return keras.tree.map_structure(lambda x: keras.ops.convert_to_numpy(x), results)


def all_masked(case):
    return {case.mask_name: np.zeros_like(case.mask)}


def test_output_shapes(case):
    output, weights, decisions = run_layer(case.make(), sample_inputs(case))
    assert output.shape[:2] == (BATCH, QUERIES)
    assert weights.shape == (BATCH, *case.heads, QUERIES, case.keys)
    assert {name: value.shape for name, value in decisions.items()} == (
        {"gate": (BATCH, *case.heads, QUERIES)} if case.gate else {}
    )


def test_call_returns_only_requested_outputs(case):
    layer, inputs = case.make(), sample_inputs(case)
    assert keras.ops.is_tensor(layer(**inputs))
    assert len(layer(**inputs, return_attention_scores=True)) == 2
    assert isinstance(layer(**inputs, return_decisions=True)[1], dict)


def test_weights_sum_to_one(case):
    _, weights, _ = run_layer(case.make(), sample_inputs(case), **{case.mask_name: case.mask})
    unpadded = weights if case.memory == "value" else weights[:1]  # padded queries have no weights
    np.testing.assert_allclose(unpadded.sum(-1), 1, atol=1e-6)


def test_masked_key_has_weight_zero(case):
    _, weights, _ = run_layer(case.make(), sample_inputs(case), **{case.mask_name: case.mask})
    visible = case.mask.reshape(BATCH, *(1 for _ in case.heads), 1, case.keys)
    np.testing.assert_array_equal(weights * ~visible, 0)
    assert (weights[0] > 0).any()


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "mixed_float16"])
def test_fully_masked_row_is_zero_and_finite(case, dtype):
    output, weights, decisions = run_layer(case.make(dtype=dtype), sample_inputs(case), **all_masked(case))
    assert np.isfinite(output.astype("float32")).all()
    np.testing.assert_array_equal(weights.astype("float32"), 0)
    if case.gate:
        np.testing.assert_allclose(decisions["gate"].astype("float32"), 1, atol=1e-6)


def test_masked_query_has_zero_weights(case):
    layer, inputs = case.make(), sample_inputs(case)
    query_mask = np.array([[1, 0, 1], [1, 1, 1]], bool)
    _, weights, decisions = run_layer(layer, inputs, query_mask=query_mask)
    np.testing.assert_array_equal(weights[0, ..., 1, :], 0)
    assert (weights[0, ..., 2, 0] > 0).all()
    assert all(np.allclose(value[0, ..., 1], 1) for value in decisions.values())


def test_padding_has_no_effect(case):
    layer, inputs = case.make(), sample_inputs(case)
    expected = run_layer(layer, inputs, **{case.mask_name: case.mask})
    changed = inputs[case.memory].copy()
    changed[~case.mask] = 100
    actual = run_layer(layer, {**inputs, case.memory: changed}, **{case.mask_name: case.mask})
    if case.memory == "query":
        expected, actual = ([part[0] for part in x[:2]] for x in (expected, actual))
    keras.tree.map_structure(np.testing.assert_array_equal, actual, expected)


def test_longer_padding_has_no_effect(case):
    layer, inputs = case.make(), sample_inputs(case)
    expected, weights, _ = run_layer(layer, inputs, **{case.mask_name: case.mask})
    grown = {**inputs, case.memory: np.pad(inputs[case.memory], [(0, 0), (0, 3), (0, 0)])}
    mask = np.pad(case.mask, [(0, 0), (0, 3)])
    output, longer, _ = run_layer(layer, grown, **{case.mask_name: mask})
    np.testing.assert_allclose(output[:, :QUERIES], expected, atol=1e-6)
    np.testing.assert_allclose(longer[..., :QUERIES, : case.keys], weights, atol=1e-6)
    np.testing.assert_array_equal(longer[..., case.keys :], 0)


def test_causal_mask_hides_future(case):
    layer, inputs = case.make(), sample_inputs(case)
    expected, _, _ = run_layer(layer, inputs, use_causal_mask=True)
    changed = inputs[case.memory].copy()
    changed[:, 2:] += 1
    output, weights, _ = run_layer(layer, {**inputs, case.memory: changed}, use_causal_mask=True)
    np.testing.assert_array_equal(output[:, :2], expected[:, :2])
    assert np.abs(output[:, 2] - expected[:, 2]).max() > 0
    np.testing.assert_array_equal(np.triu(weights, 1), 0)


def test_batch_matches_single_examples(case):
    layer, inputs = case.make(), sample_inputs(case)
    batch_outputs = run_layer(layer, inputs, **{case.mask_name: case.mask})
    first = keras.tree.map_structure(lambda x: x[1:], inputs)
    single_outputs = run_layer(layer, first, **{case.mask_name: case.mask[1:]})
    keras.tree.map_structure(
        lambda a, b: np.testing.assert_allclose(a, b[1:], atol=1e-6), single_outputs, batch_outputs
    )


def test_dropout_changes_output_but_not_returned_weights(case):
    layer, inputs = case.make(dropout=0.7), sample_inputs(case)
    still, dropped = run_layer(layer, inputs, training=False), run_layer(layer, inputs, training=True)
    assert np.abs(still[0] - dropped[0]).max() > 1e-3
    keras.tree.map_structure(np.testing.assert_array_equal, still[1:], dropped[1:])


def test_functional_model_matches_eager_call(case):
    layer, inputs = case.make(), sample_inputs(case)
    symbolic = symbolic_inputs(case, lengths=False)
    flags = {"return_attention_scores": True, "return_decisions": True}
    outputs = layer(**symbolic, **flags)
    model = keras.Model(symbolic, keras.tree.flatten(outputs))
    actual = [keras.ops.convert_to_numpy(x) for x in model(inputs)]
    expected = keras.tree.flatten(run_layer(layer, inputs))
    assert [len(o.shape) for o in keras.tree.flatten(outputs)] == [e.ndim for e in expected]
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, e, atol=1e-6)


def test_symbolic_shapes_match_eager_shapes(case):
    layer = case.make()
    flags = {"return_attention_scores": True, "return_decisions": True}
    outputs = keras.tree.flatten(layer(**symbolic_inputs(case), **flags))
    expected = keras.tree.flatten(run_layer(layer, sample_inputs(case)))
    assert [tuple(o.shape[1:]) for o in outputs] == [e.shape[1:] for e in expected]


def test_config_round_trip(case):
    layer = case.make(dropout=0.2)
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


def test_loaded_model_matches_saved_model(case, tmp_path):
    symbolic = symbolic_inputs(case)
    outputs = case.make()(**symbolic, return_attention_scores=True, return_decisions=True)
    model = keras.Model(symbolic, keras.tree.flatten(outputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for a, e in zip(loaded(sample_inputs(case)), model(sample_inputs(case)), strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(e))


def test_training_step_updates_weights_and_keeps_them_finite(case):
    symbolic = symbolic_inputs(case)
    mask = keras.Input((case.keys,), dtype="bool")
    layer = case.make(dropout=0.1)
    hidden = keras.layers.Dense(1)(layer(**symbolic, **{case.mask_name: mask}))
    model = keras.Model([symbolic, mask], hidden)
    backend = keras.backend.backend()
    model.compile("sgd", "mse", run_eagerly=backend == "torch", jit_compile=backend == "jax")
    for key_mask in (case.mask, np.zeros_like(case.mask)):
        before = model.get_weights()
        model.train_on_batch([sample_inputs(case), key_mask], np.ones((BATCH, QUERIES, 1)))
        assert all(np.isfinite(weight).all() for weight in model.get_weights())
        assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


def test_keras_mask_of_inputs_is_used_and_kept(case):
    layer, inputs = case.make(), sample_inputs(case)
    ids = np.where(case.mask, 3, 0)
    embedding = keras.layers.Embedding(5, inputs[case.memory].shape[-1], mask_zero=True)
    embedded = embedding(ids)
    expected = run_layer(layer, {**inputs, case.memory: embedded}, **{case.mask_name: case.mask})
    keras.tree.map_structure(
        np.testing.assert_array_equal,
        run_layer(layer, {**inputs, case.memory: embedded}),
        expected,
    )
    np.testing.assert_array_equal(embedded._keras_mask, case.mask)


INVALID_MASKS = {
    "attention_mask": np.ones((BATCH, QUERIES, 9), bool),
    "query_mask": np.ones((BATCH, 9), bool),
}


@pytest.mark.parametrize("name", INVALID_MASKS)
def test_mask_of_other_shape_raises(case, name):
    with pytest.raises(ValueError, match=rf"`{name}` must have shape .*Received: {name}\.shape="):
        case.make()(**sample_inputs(case), **{name: INVALID_MASKS[name]})
    with pytest.raises(ValueError, match=rf"`{name}` must have shape"):
        case.make()(
            **symbolic_inputs(case), **{name: keras.Input(INVALID_MASKS[name].shape[1:], dtype="bool")}
        )


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_numeric_mask_matches_boolean_mask(case, dtype):
    layer, inputs = case.make(), sample_inputs(case)
    mask = np.random.default_rng(4).random((BATCH, QUERIES, case.keys)) > 0.4
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(layer(**inputs, attention_mask=mask.astype(dtype))),
        keras.ops.convert_to_numpy(layer(**inputs, attention_mask=mask)),
    )


def test_attention_mask_of_each_head_masks_its_head(case):
    if not case.heads:
        pytest.skip("the layer has no heads")
    layer, inputs = case.make(), sample_inputs(case)
    mask = np.random.default_rng(5).random((BATCH, *case.heads, QUERIES, case.keys)) > 0.5
    output, weights, _ = run_layer(layer, inputs, attention_mask=mask)
    assert (weights[~mask] == 0).all()
    for head in range(*case.heads):
        _, expected, _ = run_layer(layer, inputs, attention_mask=mask[:, head])
        np.testing.assert_allclose(weights[:, head], expected[:, head], atol=1e-6)
    fused = keras.ops.convert_to_numpy(layer(**inputs, attention_mask=mask))
    np.testing.assert_allclose(output, fused, atol=1e-5)


def test_inputs_of_other_rank_raise(case):
    layer, inputs = case.make(), sample_inputs(case)
    layer(**inputs)
    flat = {**inputs, "query": inputs["query"][:, 0]}
    with pytest.raises(ValueError, match=r"`query` must have shape \(batch, length, dim\)"):
        layer(**flat)
    with pytest.raises(ValueError, match=r"`query` must have shape \(batch, length, dim\)"):
        layer(**{**symbolic_inputs(case), "query": keras.Input((DIM,))})


@pytest.mark.parametrize("slot", ["score", "distribution"])
def test_unknown_component_raises_and_lists_names(slot):
    unknown: Any = {slot: "softest"}
    with pytest.raises(ValueError, match=rf"`{slot}` must be one of \[.*Received: {slot}='softest'"):
        SoftAttention(**unknown)
    with pytest.raises(ValueError, match=rf"`{slot}` must be one of"):
        MultiHeadAttention(2, 4, **unknown)


def zeros(*shape, dtype="float32"):
    return np.zeros(shape, dtype)


QUERY, VALUE, NARROW = zeros(2, 3, 8), zeros(2, 4, 8), zeros(2, 4, 5)
INVALID_CALLS = {
    "dot of different widths": (lambda: SoftAttention("dot"), (QUERY, NARROW), {}, "same width.*8.*5"),
    "scaled dot of different widths": (SoftAttention, (QUERY, NARROW), {}, "same width.*8.*5"),
    "cosine of different widths": (lambda: SoftAttention("cosine"), (QUERY, NARROW), {}, "same width.*8.*5"),
    "no value": (SoftAttention, (QUERY,), {}, "`value` must be given in the first call.*value=None"),
    "no value for heads": (lambda: MultiHeadAttention(2, 4), (QUERY,), {}, "`value` must be given.*None"),
    "top-k beyond the keys": (
        lambda: SoftAttention(distribution=TopK(9)),
        (QUERY, VALUE),
        {},
        r"at least k=9 keys.*, 4\)",
    ),
    "index without cache": (lambda: SelfAttention(2, 4), (QUERY,), {"cache_index": 0}, "cache=None"),
    "state with other keys": (
        lambda: SoftAttention(bias="coverage"),
        (QUERY, VALUE),
        {"state": {"previous": zeros(2, 4)}},
        r"`state` must have the keys \['coverage'\].*\['previous'\]",
    ),
}


@pytest.mark.parametrize("symbolic", [False, True], ids=["eager", "symbolic"])
@pytest.mark.parametrize("name", INVALID_CALLS)
def test_invalid_inputs_raise(name, symbolic):
    make, inputs, arguments, message = INVALID_CALLS[name]
    if symbolic:
        inputs = [keras.Input(x.shape[1:], dtype=str(x.dtype)) for x in inputs]
    with pytest.raises(ValueError, match=rf"(?s){message}"):
        make()(*inputs, **arguments)


@pytest.mark.parametrize("symbolic", [False, True], ids=["eager", "symbolic"])
def test_cache_without_index_raises(symbolic):
    query = keras.Input((3, 8), batch_size=2) if symbolic else QUERY
    layer = SelfAttention(2, 4)
    with pytest.raises(ValueError, match=r"(?s)cache=given, cache_index=None"):
        layer(query, cache=layer.init_cache(2, 5))
