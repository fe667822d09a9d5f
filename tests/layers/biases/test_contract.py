"""What every bias promises, in every layer."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
import pytest

from foveal.layers import (
    AdaptiveSpan,
    AlibiBias,
    CoverageBias,
    DiagonalBias,
    GaussianBias,
    LearnedBias,
    MultiHeadAttention,
    PredictedGaussianBias,
    PriorBias,
    RelativeBias,
    Rotary,
    SelfAttention,
    SlidingWindow,
    SoftAttention,
    biases,
)

BATCH, QUERIES, KEYS, DIM, HEADS = 2, 4, 5, 6, 2
LONGER = 3
KEY_MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], bool)
QUERY_MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)

rng = np.random.default_rng(0)
QUERY = rng.normal(size=(BATCH, QUERIES, DIM)).astype("float32")
VALUE = rng.normal(size=(BATCH, KEYS, DIM)).astype("float32")
PRIOR = rng.uniform(size=(BATCH, QUERIES, KEYS + LONGER)).astype("float32")


def normal():
    return keras.initializers.RandomNormal(stddev=1.0, seed=1)


CASES = {
    "alibi": AlibiBias,
    "relative": lambda: RelativeBias(8, 5, initializer=normal()),
    "relative behind": lambda: RelativeBias(4, 5, bidirectional=False, initializer=normal()),
    "rotary": lambda: Rotary(max_wavelength=10),
    "gaussian": lambda: GaussianBias(1.0),
    "predicted gaussian": PredictedGaussianBias,
    "predicted centre": lambda: PredictedGaussianBias(width=1.5, units=3),
    "window": lambda: SlidingWindow(back=1, ahead=1),
    "diagonal": lambda: DiagonalBias(slope=0.8),
    "prior": PriorBias,
    "coverage": lambda: CoverageBias(2.0),
    "learned": lambda: LearnedBias(2, initializer=normal()),
    "span": lambda: AdaptiveSpan(6, ramp=2, initial_span=0.5),
    "several": lambda: [Rotary(), AlibiBias(), CoverageBias(), PriorBias()],
}
READ_PRIOR = {"prior", "several"}


@dataclasses.dataclass
class Case:
    """Makes the bias, and the layers and calls it is tried in."""

    name: str
    make: Callable

    def prior(self, queries=slice(QUERIES), keys=KEYS):
        return {"prior": PRIOR[:, queries, :keys]} if self.name in READ_PRIOR else {}

    def self_attention(self):
        return SelfAttention(HEADS, 4, bias=self.make())

    def layers(self, **kwargs):
        keras.utils.set_random_seed(2)
        return (
            MultiHeadAttention(HEADS, 4, bias=self.make(), **kwargs),
            SoftAttention(bias=self.make(), **kwargs),
        )


@pytest.fixture(params=[Case(*case) for case in CASES.items()], ids=list(CASES))
def case(request):
    keras.utils.set_random_seed(1)
    return request.param


def to_numpy(results):
    return keras.tree.map_structure(
        lambda x: keras.ops.convert_to_numpy(keras.ops.cast(x, "float32")), results
    )


def look(layer, *args, **kwargs):
    """Output and weights as numpy arrays."""
    return to_numpy(layer(*args, return_attention_scores=True, **kwargs))


def test_it_leans(case):
    layer = case.layers()[0]
    _, weights = look(layer, QUERY, VALUE, **case.prior())
    layer.bias.clear()
    _, without = look(layer, QUERY, VALUE)
    assert np.abs(weights - without).max() > 0.01


def test_longer_padding_changes_nothing(case):
    pad = [(0, 0), (0, LONGER), (0, 0)]
    for layer in case.layers():
        output, weights = look(
            layer, QUERY, VALUE, query_mask=QUERY_MASK, value_mask=KEY_MASK, **case.prior()
        )
        prior = {name: np.pad(prior, pad) for name, prior in case.prior(keys=KEYS + LONGER).items()}
        longer, wider = look(
            layer,
            np.pad(QUERY, pad),
            np.pad(VALUE, pad, constant_values=9),
            query_mask=np.pad(QUERY_MASK, pad[:2]),
            value_mask=np.pad(KEY_MASK, pad[:2]),
            **prior,
        )
        np.testing.assert_allclose(longer[:, :QUERIES], output, atol=1e-5)
        np.testing.assert_allclose(wider[..., :QUERIES, :KEYS], weights, atol=1e-6)
        np.testing.assert_array_equal(wider[..., KEYS:], 0)


@pytest.mark.parametrize("dtype", ["float16", "mixed_bfloat16"])
def test_half_precision_is_near(case, dtype):
    whole, half = case.layers()[0], case.layers(dtype=dtype)[0]
    expected, _ = look(whole, QUERY, VALUE, **case.prior())
    half(QUERY, VALUE, **case.prior())
    half.set_weights(whole.get_weights())
    results = half(QUERY, VALUE, return_attention_scores=True, **case.prior())
    assert {keras.backend.standardize_dtype(x.dtype) for x in results} == {dtype.split("_")[-1]}
    np.testing.assert_allclose(to_numpy(results)[0], expected, atol=0.1)


def test_self_attention_step_by_step_in_a_longer_cache_equals_all_at_once(case):
    layer, length = case.self_attention(), QUERIES + 2
    expected, weights = look(layer, QUERY, use_causal_mask=True, **case.prior(keys=QUERIES))
    cache, state = layer.init_cache(BATCH, length), layer.get_initial_state(BATCH, length)
    for rows in (slice(0, 2), slice(2, 3), slice(3, 4)):
        output, seen, cache, state = layer(
            QUERY[:, rows],
            use_causal_mask=True,
            return_attention_scores=True,
            cache=cache,
            cache_index=rows.start,
            state=state,
            **case.prior(rows, length),
        )
        np.testing.assert_allclose(to_numpy(output), expected[:, rows], atol=1e-5)
        np.testing.assert_allclose(to_numpy(seen)[..., :QUERIES], weights[:, :, rows], atol=1e-6)


def test_a_memory_looked_at_step_by_step_equals_all_at_once(case):
    for layer in case.layers():
        expected, weights = look(layer, QUERY, VALUE, value_mask=KEY_MASK, **case.prior())
        state, cache = layer.get_initial_state(BATCH, KEYS), layer.memory_cache(VALUE)
        for rows in (slice(0, 1), slice(1, 3), slice(3, 4)):
            output, seen, state = layer(
                QUERY[:, rows],
                cache=cache,
                value_mask=KEY_MASK,
                return_attention_scores=True,
                state=state,
                **case.prior(rows),
            )
            np.testing.assert_allclose(to_numpy(output), expected[:, rows], atol=1e-5)
            np.testing.assert_allclose(to_numpy(seen), weights[..., rows, :], atol=1e-6)


def test_heads_that_share_keys_lean_as_heads_that_have_their_own(case):
    shared = MultiHeadAttention(HEADS, 4, num_key_value_heads=1, bias=case.make())
    own = case.layers()[0]
    expected, _ = look(shared, QUERY, VALUE, **case.prior())
    own(QUERY, VALUE, **case.prior())
    own.set_weights(
        [
            np.concatenate([w] * (o.shape[-1] // w.shape[-1]), -1) if w.shape != o.shape else w
            for w, o in zip(shared.get_weights(), own.get_weights(), strict=True)
        ]
    )
    np.testing.assert_allclose(look(own, QUERY, VALUE, **case.prior())[0], expected, atol=1e-5)


def test_a_prior_beside_it_multiplies_its_weights(case):
    if case.name in ("coverage", "several"):
        pytest.skip("what the prior changes in one query the coverage changes in the next")
    alone, both = (MultiHeadAttention(HEADS, 4, bias=[case.make(), *more]) for more in ([], [PriorBias(2.0)]))
    _, weights = look(alone, QUERY, VALUE, **case.prior())
    both(QUERY, VALUE, prior=PRIOR[..., :KEYS])
    both.set_weights(alone.get_weights())
    _, actual = look(both, QUERY, VALUE, prior=PRIOR[..., :KEYS])
    expected = weights * (PRIOR[:, None, :, :KEYS] + 1e-3) ** 2
    np.testing.assert_allclose(actual, expected / expected.sum(-1, keepdims=True), rtol=1e-4, atol=1e-6)


def side_by_side():
    """A model of one layer for each bias, so that there is one to trace, compile and save."""
    query, value = keras.Input((None, DIM), name="query"), keras.Input((None, DIM), name="value")
    mask = keras.Input((None,), dtype="bool", name="mask")
    prior = keras.Input((None, None), name="prior")
    keras.utils.set_random_seed(1)
    layers = {}
    for name, make in CASES.items():
        given = {"prior": prior} if name in READ_PRIOR else {}
        layer = MultiHeadAttention(HEADS, 4, bias=make())
        layers[layer] = layer(query, value, value_mask=mask, return_attention_scores=True, **given)
    inputs = {"query": query, "value": value, "mask": mask, "prior": prior}
    return list(layers), keras.Model(inputs, list(layers.values()))


DATA = {"query": QUERY, "value": VALUE, "mask": KEY_MASK, "prior": PRIOR[..., :KEYS]}


def test_saved_and_loaded_a_graph_of_symbols_gives_what_eager_calls_give(tmp_path):
    layers, model = side_by_side()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for layer, *told in zip(layers, model(DATA), loaded(DATA), strict=True):
        given = {"prior": DATA["prior"]} if any(bias.needs_prior for bias in layer.bias) else {}
        expected = look(layer, QUERY, VALUE, value_mask=KEY_MASK, **given)
        for actual in to_numpy(told):
            for a, e in zip(actual, expected, strict=True):
                np.testing.assert_allclose(a, e, atol=1e-6)
        assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


def gradients_by_one_step(compiled):
    """The gradient of all weights, as a step of plain gradient descent shows it."""
    layers, model = side_by_side()
    total = sum(keras.ops.mean(output**2, axis=(1, 2)) for output in model.outputs[::2])
    model = keras.Model(model.inputs, total)
    torch = keras.backend.backend() == "torch"  # there a compiled step would call a C compiler
    model.compile(
        keras.optimizers.SGD(1.0),
        loss=lambda _, y: keras.ops.mean(y),
        run_eagerly=torch or not compiled,
        jit_compile=compiled and not torch,
    )
    before = model.get_weights()
    half_masked = np.array([[1, 1, 1, 0, 1], [0, 0, 0, 0, 0]], bool)
    model.train_on_batch({**DATA, "mask": half_masked}, np.ones(BATCH))
    steps = [b - a for b, a in zip(before, model.get_weights(), strict=True)]
    return layers, dict(zip((weight.path for weight in model.weights), steps, strict=True))


def test_compiled_or_not_the_gradients_are_the_same_and_finite_and_none_is_missing():
    (_, plain), (layers, compiled) = (gradients_by_one_step(compiled) for compiled in (False, True))
    for a, b in zip(plain.values(), compiled.values(), strict=True):
        assert np.isfinite(a).all()
        np.testing.assert_allclose(a, b, atol=1e-5)
    learned = [weight.path for layer in layers for bias in layer.bias for weight in bias.weights]
    assert all(np.abs(compiled[path]).max() > 0 for path in learned)


@pytest.mark.parametrize("name", biases.REGISTRY)
def test_a_name_makes_the_plain_part(name):
    (bias,) = biases.get(name)
    assert type(bias) is biases.REGISTRY[name]


def test_far_away_keys_alone_are_looked_at_in_float16():
    layer = SelfAttention(HEADS, 4, bias=[GaussianBias(0.05), AlibiBias()], dtype="float16")
    far = np.arange(40) == 39
    _, weights = look(layer, np.ones((1, 40, DIM)), attention_mask=far[None, None])
    np.testing.assert_array_equal(weights[..., 39], 1)
