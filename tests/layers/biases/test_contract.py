"""Contract of every bias in every layer: padding, precision, cache, shared keys, saving, gradients."""

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
PADDING = 3
KEY_MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], bool)
QUERY_MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)

rng = np.random.default_rng(0)
QUERY = rng.normal(size=(BATCH, QUERIES, DIM)).astype("float32")
VALUE = rng.normal(size=(BATCH, KEYS, DIM)).astype("float32")
PRIOR = rng.uniform(size=(BATCH, QUERIES, KEYS + PADDING)).astype("float32")


def random_normal():
    return keras.initializers.RandomNormal(stddev=1.0, seed=1)


CASES = {
    "alibi": AlibiBias,
    "relative": lambda: RelativeBias(8, 5, initializer=random_normal()),
    "relative causal": lambda: RelativeBias(4, 5, bidirectional=False, initializer=random_normal()),
    "rotary": lambda: Rotary(max_wavelength=10),
    "gaussian": lambda: GaussianBias(1.0),
    "predicted gaussian": PredictedGaussianBias,
    "predicted centre": lambda: PredictedGaussianBias(width=1.5, units=3),
    "window": lambda: SlidingWindow(back=1, ahead=1),
    "diagonal": lambda: DiagonalBias(slope=0.8),
    "prior": PriorBias,
    "coverage": lambda: CoverageBias(2.0),
    "learned": lambda: LearnedBias(2, initializer=random_normal()),
    "span": lambda: AdaptiveSpan(6, ramp=2, initial_span=0.5),
    "several": lambda: [Rotary(), AlibiBias(), CoverageBias(), PriorBias()],
}
WITH_PRIOR = {"prior", "several"}
SEQUENTIAL = {"coverage", "several"}


@dataclasses.dataclass
class Case:
    """Factory of one bias and of the layers and calls that test it."""

    name: str
    make: Callable

    def prior(self, queries=slice(QUERIES), keys=KEYS):
        return {"prior": PRIOR[:, queries, :keys]} if self.name in WITH_PRIOR else {}

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


def output_and_weights(layer, *args, **kwargs):
    """Call the layer and return output and weights as numpy arrays."""
    return to_numpy(layer(*args, return_attention_scores=True, **kwargs))


def test_bias_changes_weights(case):
    layer = case.layers()[0]
    _, weights = output_and_weights(layer, QUERY, VALUE, **case.prior())
    layer.bias.clear()
    _, unbiased = output_and_weights(layer, QUERY, VALUE)
    assert np.abs(weights - unbiased).max() > 0.01


def test_bias_ignores_padding(case):
    pad = [(0, 0), (0, PADDING), (0, 0)]
    for layer in case.layers():
        output, weights = output_and_weights(
            layer, QUERY, VALUE, query_mask=QUERY_MASK, value_mask=KEY_MASK, **case.prior()
        )
        prior = {name: np.pad(prior, pad) for name, prior in case.prior(keys=KEYS + PADDING).items()}
        padded_output, padded_weights = output_and_weights(
            layer,
            np.pad(QUERY, pad),
            np.pad(VALUE, pad, constant_values=9),
            query_mask=np.pad(QUERY_MASK, pad[:2]),
            value_mask=np.pad(KEY_MASK, pad[:2]),
            **prior,
        )
        np.testing.assert_allclose(padded_output[:, :QUERIES], output, atol=1e-5)
        np.testing.assert_allclose(padded_weights[..., :QUERIES, :KEYS], weights, atol=1e-6)
        np.testing.assert_array_equal(padded_weights[..., KEYS:], 0)


@pytest.mark.parametrize("dtype", ["float16", "mixed_bfloat16"])
def test_bias_in_half_precision_is_close_to_float32(case, dtype):
    single, half = case.layers()[0], case.layers(dtype=dtype)[0]
    expected, _ = output_and_weights(single, QUERY, VALUE, **case.prior())
    half(QUERY, VALUE, **case.prior())
    half.set_weights(single.get_weights())
    results = half(QUERY, VALUE, return_attention_scores=True, **case.prior())
    assert {keras.backend.standardize_dtype(x.dtype) for x in results} == {dtype.split("_")[-1]}
    np.testing.assert_allclose(to_numpy(results)[0], expected, atol=0.1)


def test_bias_in_self_attention_with_cache_matches_one_call(case):
    layer, length = case.self_attention(), QUERIES + 2
    expected, weights = output_and_weights(layer, QUERY, use_causal_mask=True, **case.prior(keys=QUERIES))
    cache, state = layer.init_cache(BATCH, length), layer.get_initial_state(BATCH, length)
    for rows in (slice(0, 2), slice(2, 3), slice(3, 4)):
        output, step_weights, cache, state = layer(
            QUERY[:, rows],
            use_causal_mask=True,
            return_attention_scores=True,
            cache=cache,
            cache_index=rows.start,
            state=state,
            **case.prior(rows, length),
        )
        np.testing.assert_allclose(to_numpy(output), expected[:, rows], atol=1e-5)
        np.testing.assert_allclose(to_numpy(step_weights)[..., :QUERIES], weights[:, :, rows], atol=1e-6)


def test_bias_in_cross_attention_step_by_step_matches_one_call(case):
    for layer in case.layers():
        expected, weights = output_and_weights(layer, QUERY, VALUE, value_mask=KEY_MASK, **case.prior())
        state, cache = layer.get_initial_state(BATCH, KEYS), layer.memory_cache(VALUE)
        for rows in (slice(0, 1), slice(1, 3), slice(3, 4)):
            output, step_weights, state = layer(
                QUERY[:, rows],
                cache=cache,
                value_mask=KEY_MASK,
                return_attention_scores=True,
                state=state,
                **case.prior(rows),
            )
            np.testing.assert_allclose(to_numpy(output), expected[:, rows], atol=1e-5)
            np.testing.assert_allclose(to_numpy(step_weights), weights[..., rows, :], atol=1e-6)


def test_bias_with_shared_keys_matches_copied_keys(case):
    shared = MultiHeadAttention(HEADS, 4, num_key_value_heads=1, bias=case.make())
    copied = case.layers()[0]
    expected, _ = output_and_weights(shared, QUERY, VALUE, **case.prior())
    copied(QUERY, VALUE, **case.prior())
    copied.set_weights(
        [
            np.repeat(w, HEADS, axis=-2) if w.shape != o.shape else w  # kernels (dim, heads, width)
            for w, o in zip(shared.get_weights(), copied.get_weights(), strict=True)
        ]
    )
    actual, _ = output_and_weights(copied, QUERY, VALUE, **case.prior())
    np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_prior_multiplies_weights_of_another_bias(case):
    if case.name in SEQUENTIAL:
        pytest.skip("the prior of one query changes the coverage of the next")
    single, combined = (
        MultiHeadAttention(HEADS, 4, bias=[case.make(), *priors]) for priors in ([], [PriorBias(2.0)])
    )
    _, weights = output_and_weights(single, QUERY, VALUE, **case.prior())
    combined(QUERY, VALUE, prior=PRIOR[..., :KEYS])
    combined.set_weights(single.get_weights())
    _, actual = output_and_weights(combined, QUERY, VALUE, prior=PRIOR[..., :KEYS])
    expected = weights * (PRIOR[:, None, :, :KEYS] + 1e-3) ** 2
    np.testing.assert_allclose(actual, expected / expected.sum(-1, keepdims=True), rtol=1e-4, atol=1e-6)


def parallel_model(names):
    """Return the layers of a model, one for each bias, and the model: one trace, compilation and file."""
    query, value = keras.Input((None, DIM), name="query"), keras.Input((None, DIM), name="value")
    mask = keras.Input((None,), dtype="bool", name="mask")
    prior = keras.Input((None, None), name="prior")
    keras.utils.set_random_seed(1)
    layers, outputs = [], []
    for name in names:
        arguments = {"prior": prior} if name in WITH_PRIOR else {}
        layer = MultiHeadAttention(HEADS, 4, bias=CASES[name]())
        layers.append(layer)
        outputs.append(layer(query, value, value_mask=mask, return_attention_scores=True, **arguments))
    return layers, keras.Model({"query": query, "value": value, "mask": mask, "prior": prior}, outputs)


DATA = {"query": QUERY, "value": VALUE, "mask": KEY_MASK, "prior": PRIOR[..., :KEYS]}


def test_bias_in_saved_functional_model_matches_eager_call(tmp_path):
    layers, model = parallel_model(CASES)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for layer, *results in zip(layers, model(DATA), loaded(DATA), strict=True):
        arguments = {"prior": DATA["prior"]} if any(bias.needs_prior for bias in layer.bias) else {}
        expected = output_and_weights(layer, QUERY, VALUE, value_mask=KEY_MASK, **arguments)
        for result in to_numpy(results):
            for actual, e in zip(result, expected, strict=True):
                np.testing.assert_allclose(actual, e, atol=1e-6)
        assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


def gradients(names, compiled):
    """Return the layers and the gradient of all weights, from one step of gradient descent."""
    layers, model = parallel_model(names)
    total = sum(keras.ops.mean(output**2, axis=(1, 2)) for output in model.outputs[::2])
    model = keras.Model(model.inputs, total)
    torch = keras.backend.backend() == "torch"  # its compiler needs a C compiler
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


def test_bias_gradients_are_finite_and_reach_all_weights():
    layers, steps = gradients(CASES, compiled=False)
    assert all(np.isfinite(step).all() for step in steps.values())
    trained = [weight.path for layer in layers for bias in layer.bias for weight in bias.weights]
    assert all(np.abs(steps[path]).max() > 0 for path in trained)


@pytest.mark.parametrize(
    "names",
    [
        ["relative", "predicted gaussian", "learned", "span"],
        pytest.param(list(CASES), marks=pytest.mark.slow),
    ],
    ids=["with weights", "all"],
)
def test_bias_gradients_compiled_match_eager(names):
    (_, eager), (layers, compiled) = (gradients(names, compiled) for compiled in (False, True))
    for a, b in zip(eager.values(), compiled.values(), strict=True):
        assert np.isfinite(a).all()
        np.testing.assert_allclose(a, b, atol=1e-5)
    trained = [weight.path for layer in layers for bias in layer.bias for weight in bias.weights]
    assert all(np.abs(compiled[path]).max() > 0 for path in trained)


@pytest.mark.parametrize("name", biases.REGISTRY)
def test_get_resolves_registered_name(name):
    (bias,) = biases.get(name)
    assert type(bias) is biases.REGISTRY[name]


def test_bias_leaves_single_distant_key_all_weight_in_float16():
    layer = SelfAttention(HEADS, 4, bias=[GaussianBias(0.05), AlibiBias()], dtype="float16")
    last_only = np.arange(40) == 39
    _, weights = output_and_weights(layer, np.ones((1, 40, DIM)), attention_mask=last_only[None, None])
    np.testing.assert_array_equal(weights[..., 39], 1)
