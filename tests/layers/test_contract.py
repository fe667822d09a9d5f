"""What every attention layer promises, whatever its score, distribution or gate."""

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
    """A layer, the shapes of what it is called with, and the mask of its keys."""

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


# JAX compiles every operation for every shape: there five cases, in which each class, score, gate and
# mask is met, are enough for every day.
ON_JAX = {"soft additive", "adaptive dot", "self", "heads scaled_dot gate", "heads dot"}


def marks(name):
    return [pytest.mark.slow] if keras.backend.backend() == "jax" and name not in ON_JAX else []


@pytest.fixture(params=[pytest.param(case, id=name, marks=marks(name)) for name, case in CASES.items()])
def case(request):
    keras.utils.set_random_seed(1)
    return request.param


def is_shape(shape):
    return isinstance(shape[0], int)


def draw(case, seed=0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)

    def normal(shape):
        if is_shape(shape):
            return rng.normal(size=(BATCH, *shape)).astype("float32")
        return tuple(normal(inner) for inner in shape)

    return {name: normal(shape) for name, shape in case.inputs.items()}


def symbols(case, lengths=True):
    def symbol(name, shape):
        if is_shape(shape):
            return keras.Input((shape[0] if lengths else None, shape[1]), name=name)
        return tuple(symbol(f"{name}_{i}", inner) for i, inner in enumerate(shape))

    return {name: symbol(name, shape) for name, shape in case.inputs.items()}


def look(layer, inputs, **kwargs):
    """Output, weights and decisions as numpy arrays."""
    results = layer(**inputs, return_attention_scores=True, return_decisions=True, **kwargs)
    return keras.tree.map_structure(lambda x: keras.ops.convert_to_numpy(x), results)


def all_masked(case):
    return {case.mask_name: np.zeros_like(case.mask)}


def test_shapes(case):
    output, weights, decisions = look(case.make(), draw(case))
    assert output.shape[:2] == (BATCH, QUERIES)
    assert weights.shape == (BATCH, *case.heads, QUERIES, case.keys)
    assert {name: value.shape for name, value in decisions.items()} == (
        {"gate": (BATCH, *case.heads, QUERIES)} if case.gate else {}
    )


def test_returns_what_was_asked_for_and_no_more(case):
    layer, inputs = case.make(), draw(case)
    assert keras.ops.is_tensor(layer(**inputs))
    assert len(layer(**inputs, return_attention_scores=True)) == 2
    assert isinstance(layer(**inputs, return_decisions=True)[1], dict)


def test_weights_of_a_row_sum_to_one(case):
    _, weights, _ = look(case.make(), draw(case), **{case.mask_name: case.mask})
    seen = weights if case.memory == "value" else weights[:1]  # padded queries have no weights
    np.testing.assert_allclose(seen.sum(-1), 1, atol=1e-6)


def test_a_masked_key_has_weight_zero(case):
    _, weights, _ = look(case.make(), draw(case), **{case.mask_name: case.mask})
    visible = case.mask.reshape(BATCH, *(1 for _ in case.heads), 1, case.keys)
    np.testing.assert_array_equal(weights * ~visible, 0)
    assert (weights[0] > 0).any()


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "mixed_float16"])
def test_a_fully_masked_row_is_zero_and_not_nan(case, dtype):
    output, weights, decisions = look(case.make(dtype=dtype), draw(case), **all_masked(case))
    assert np.isfinite(output.astype("float32")).all()
    np.testing.assert_array_equal(weights.astype("float32"), 0)
    if case.gate:
        np.testing.assert_allclose(decisions["gate"].astype("float32"), 1, atol=1e-6)


def test_a_masked_query_looks_nowhere(case):
    layer, inputs = case.make(), draw(case)
    query_mask = np.array([[1, 0, 1], [1, 1, 1]], bool)
    _, weights, decisions = look(layer, inputs, query_mask=query_mask)
    np.testing.assert_array_equal(weights[0, ..., 1, :], 0)
    assert (weights[0, ..., 2, 0] > 0).all()
    assert all(np.allclose(value[0, ..., 1], 1) for value in decisions.values())


def test_padding_changes_nothing(case):
    layer, inputs = case.make(), draw(case)
    expected = look(layer, inputs, **{case.mask_name: case.mask})
    changed = inputs[case.memory].copy()
    changed[~case.mask] = 100
    actual = look(layer, {**inputs, case.memory: changed}, **{case.mask_name: case.mask})
    if case.memory == "query":
        expected, actual = ([part[0] for part in x[:2]] for x in (expected, actual))
    keras.tree.map_structure(np.testing.assert_array_equal, actual, expected)


def test_longer_padding_changes_nothing(case):
    layer, inputs = case.make(), draw(case)
    expected, weights, _ = look(layer, inputs, **{case.mask_name: case.mask})
    grown = {**inputs, case.memory: np.pad(inputs[case.memory], [(0, 0), (0, 3), (0, 0)])}
    mask = np.pad(case.mask, [(0, 0), (0, 3)])
    output, longer, _ = look(layer, grown, **{case.mask_name: mask})
    np.testing.assert_allclose(output[:, :QUERIES], expected, atol=1e-6)
    np.testing.assert_allclose(longer[..., :QUERIES, : case.keys], weights, atol=1e-6)
    np.testing.assert_array_equal(longer[..., case.keys :], 0)


def test_the_future_cannot_change_the_past(case):
    layer, inputs = case.make(), draw(case)
    expected, _, _ = look(layer, inputs, use_causal_mask=True)
    changed = inputs[case.memory].copy()
    changed[:, 2:] += 1
    output, weights, _ = look(layer, {**inputs, case.memory: changed}, use_causal_mask=True)
    np.testing.assert_array_equal(output[:, :2], expected[:, :2])
    assert np.abs(output[:, 2] - expected[:, 2]).max() > 0
    np.testing.assert_array_equal(np.triu(weights, 1), 0)


def test_a_batch_gives_what_its_examples_give(case):
    layer, inputs = case.make(), draw(case)
    together = look(layer, inputs, **{case.mask_name: case.mask})
    first = keras.tree.map_structure(lambda x: x[1:], inputs)
    alone = look(layer, first, **{case.mask_name: case.mask[1:]})
    keras.tree.map_structure(lambda a, b: np.testing.assert_allclose(a, b[1:], atol=1e-6), alone, together)


def test_dropout_changes_the_output_and_not_the_weights(case):
    layer, inputs = case.make(dropout=0.7), draw(case)
    still, dropped = look(layer, inputs, training=False), look(layer, inputs, training=True)
    assert np.abs(still[0] - dropped[0]).max() > 1e-3
    keras.tree.map_structure(np.testing.assert_array_equal, still[1:], dropped[1:])


def test_a_graph_of_symbols_gives_what_eager_calls_give(case):
    layer, inputs = case.make(), draw(case)
    symbolic = symbols(case, lengths=False)
    asked = {"return_attention_scores": True, "return_decisions": True}
    outputs = layer(**symbolic, **asked)
    model = keras.Model(symbolic, keras.tree.flatten(outputs))
    actual = [keras.ops.convert_to_numpy(x) for x in model(inputs)]
    expected = keras.tree.flatten(look(layer, inputs))
    assert [len(o.shape) for o in keras.tree.flatten(outputs)] == [e.ndim for e in expected]
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, e, atol=1e-6)


def test_symbolic_shapes_are_the_eager_ones(case):
    layer = case.make()
    asked = {"return_attention_scores": True, "return_decisions": True}
    outputs = keras.tree.flatten(layer(**symbols(case), **asked))
    expected = keras.tree.flatten(look(layer, draw(case)))
    assert [tuple(o.shape[1:]) for o in outputs] == [e.shape[1:] for e in expected]


def test_config_makes_the_same_layer(case):
    layer = case.make(dropout=0.2)
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


def test_saved_and_loaded_gives_the_same(case, tmp_path):
    symbolic = symbols(case)
    outputs = case.make()(**symbolic, return_attention_scores=True, return_decisions=True)
    model = keras.Model(symbolic, keras.tree.flatten(outputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for a, e in zip(loaded(draw(case)), model(draw(case)), strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(e))


@pytest.mark.parametrize("masked", [False, True])
def test_one_step_of_training_keeps_weights_finite_and_moves_them(case, masked):
    symbolic = symbols(case)
    mask = keras.Input((case.keys,), dtype="bool")
    layer = case.make(dropout=0.1)
    hidden = keras.layers.Dense(1)(layer(**symbolic, **{case.mask_name: mask}))
    model = keras.Model([symbolic, mask], hidden)
    model.compile("sgd", "mse", run_eagerly=keras.backend.backend() == "torch")
    before = model.get_weights()
    seen = np.zeros_like(case.mask) if masked else case.mask
    model.train_on_batch([draw(case), seen], np.ones((BATCH, QUERIES, 1)))
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


def test_the_mask_of_an_input_is_found_and_left_in_place(case):
    layer, inputs = case.make(), draw(case)
    ids = np.where(case.mask, 3, 0)
    embedding = keras.layers.Embedding(5, inputs[case.memory].shape[-1], mask_zero=True)
    embedded = embedding(ids)
    expected = look(layer, {**inputs, case.memory: embedded}, **{case.mask_name: case.mask})
    keras.tree.map_structure(
        np.testing.assert_array_equal,
        look(layer, {**inputs, case.memory: embedded}),
        expected,
    )
    np.testing.assert_array_equal(embedded._keras_mask, case.mask)


WRONG = {
    "attention_mask": np.ones((BATCH, QUERIES, 9), bool),
    "query_mask": np.ones((BATCH, 9), bool),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mask_of_another_shape_is_refused(case, name):
    with pytest.raises(ValueError, match=rf"`{name}` does not fit.*expected shape .*received"):
        case.make()(**draw(case), **{name: WRONG[name]})
    with pytest.raises(ValueError, match=rf"`{name}` does not fit"):
        case.make()(**symbols(case), **{name: keras.Input(WRONG[name].shape[1:], dtype="bool")})


def test_a_mask_of_floats_is_refused(case):
    mask = np.zeros((BATCH, QUERIES, case.keys), "float32")
    with pytest.raises(ValueError, match=r"must be boolean.*float32"):
        case.make()(**draw(case), attention_mask=mask)


def test_inputs_of_another_rank_are_refused(case):
    layer, inputs = case.make(), draw(case)
    layer(**inputs)
    flat = {**inputs, "query": inputs["query"][:, 0]}
    with pytest.raises(ValueError, match=r"`query` must be of shape \(batch, length, dim\)"):
        layer(**flat)
    with pytest.raises(ValueError, match=r"`query` must be of shape \(batch, length, dim\)"):
        layer(**{**symbols(case), "query": keras.Input((DIM,))})


@pytest.mark.parametrize("slot", ["score", "distribution"])
def test_an_unknown_part_names_the_known_ones(slot):
    unknown: Any = {slot: "softest"}
    with pytest.raises(ValueError, match=rf"Unknown {slot}: expected one of \[.*'softest'"):
        SoftAttention(**unknown)
    with pytest.raises(ValueError, match=rf"Unknown {slot}"):
        MultiHeadAttention(2, 4, **unknown)


def zeros(*shape, dtype="float32"):
    return np.zeros(shape, dtype)


QUERY, VALUE, NARROW = zeros(2, 3, 8), zeros(2, 4, 8), zeros(2, 4, 5)
BAD = {
    "dot of two widths": (lambda: SoftAttention("dot"), (QUERY, NARROW), {}, "same width.*8.*5"),
    "scaled dot of two widths": (SoftAttention, (QUERY, NARROW), {}, "same width.*8.*5"),
    "cosine of two widths": (lambda: SoftAttention("cosine"), (QUERY, NARROW), {}, "same width.*8.*5"),
    "no value": (SoftAttention, (QUERY,), {}, "Expected `value` in the first call.*None"),
    "no value for heads": (lambda: MultiHeadAttention(2, 4), (QUERY,), {}, "Expected `value`.*None"),
    "more keys than there are": (
        lambda: SoftAttention(distribution=TopK(9)),
        (QUERY, VALUE),
        {},
        r"at least k = 9 keys.*, 4\)",
    ),
    "index without cache": (lambda: SelfAttention(2, 4), (QUERY,), {"cache_index": 0}, "cache=None"),
    "state of something else": (
        lambda: SoftAttention(bias="coverage"),
        (QUERY, VALUE),
        {"state": {"previous": zeros(2, 4)}},
        r"`state` of \['coverage'\].*\['previous'\]",
    ),
}


@pytest.mark.parametrize("symbolic", [False, True], ids=["eager", "symbolic"])
@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_is_refused_with_what_was_expected(name, symbolic):
    make, inputs, arguments, message = BAD[name]
    if symbolic:
        inputs = [keras.Input(x.shape[1:], dtype=str(x.dtype)) for x in inputs]
    with pytest.raises(ValueError, match=rf"(?s){message}"):
        make()(*inputs, **arguments)


@pytest.mark.parametrize("symbolic", [False, True], ids=["eager", "symbolic"])
def test_a_cache_without_an_index_is_refused(symbolic):
    query = keras.Input((3, 8), batch_size=2) if symbolic else QUERY
    layer = SelfAttention(2, 4)
    with pytest.raises(ValueError, match=r"(?s)cache=given, cache_index=None"):
        layer(query, cache=layer.init_cache(2, 5))


@pytest.mark.parametrize("sizes", [(0, 4), (2, 0)])
def test_no_heads_or_no_width_are_refused(sizes):
    for layer in (SelfAttention, MultiHeadAttention):
        with pytest.raises(ValueError, match="must be 1 or more. Received: {} and {}".format(*sizes)):
            layer(*sizes)
