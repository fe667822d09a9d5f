"""Coverage bias against a plain loop: whole sequences, causal, in a cell, with a state, and gradients."""

import keras
import numpy as np
import pytest

from foveal.layers import (
    AdaptiveAttention,
    AttentionCell,
    AttentionRNN,
    CoverageBias,
    MultiHeadAttention,
    SelfAttention,
    SoftAttention,
)

rng = np.random.default_rng(0)
QUERY, VALUE = (rng.normal(size=(2, length, 4)).astype("float32") for length in (3, 5))
KEY_MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], bool)
STEPS_MASK = np.array([[1, 1, 1], [1, 1, 0]], bool)
STRENGTH = 1.5
TORCH = keras.backend.backend() == "torch"  # its compiler needs a C compiler


def to_numpy(results):
    return keras.tree.map_structure(lambda x: keras.ops.convert_to_numpy(x), results)


def weights_by_loop(scores, mask, coverage_weight, coverage=0.0):
    """Compute the weights of one head, `(T, Tk)`, from its scores, query by query."""
    rows = []
    for row, row_mask in zip(scores, np.broadcast_to(mask, scores.shape), strict=True):
        exponents = np.exp(row - coverage_weight * coverage) * row_mask
        rows.append(exponents / max(exponents.sum(), 1e-30))
        coverage = coverage + rows[-1]
    return np.stack(rows)


def test_coverage_matches_loop():
    layer = SoftAttention("dot", bias=CoverageBias(STRENGTH))
    context, weights = layer(QUERY, VALUE, value_mask=KEY_MASK, return_attention_scores=True)
    for example in range(2):
        expected = weights_by_loop(QUERY[example] @ VALUE[example].T, KEY_MASK[example], STRENGTH)
        np.testing.assert_allclose(to_numpy(weights)[example], expected, atol=1e-5)
        np.testing.assert_allclose(to_numpy(context)[example], expected @ VALUE[example], atol=1e-5)


@pytest.mark.parametrize("causal", [False, True])
def test_coverage_of_each_head_matches_loop_with_its_own_weight(causal):
    layer, uncovered = (SelfAttention(2, 3, bias=bias) for bias in (CoverageBias(), None))
    for attention in (layer, uncovered):
        attention(QUERY)
    coverage_weights = np.array([[0.5], [2.0]], "float32")
    assert layer.weights[0] is layer.bias[0].coverage_weight
    layer.bias[0].set_weights([coverage_weights])
    uncovered.set_weights(layer.get_weights()[1:])
    _, weights = layer(QUERY, use_causal_mask=causal, return_attention_scores=True)
    _, uncovered_weights = uncovered(QUERY, return_attention_scores=True)
    mask = np.tril(np.ones((3, 3))) if causal else np.ones((3, 3))
    for example in range(2):
        for head in range(2):
            scores = np.log(to_numpy(uncovered_weights)[example, head])
            expected = weights_by_loop(scores, mask, coverage_weights[head])
            np.testing.assert_allclose(to_numpy(weights)[example, head], expected, atol=1e-5)


def test_coverage_continues_from_state():
    layer = SoftAttention("dot", bias=CoverageBias(STRENGTH))
    coverage = rng.uniform(size=(2, 5)).astype("float32")
    _, weights, state = layer(QUERY, VALUE, return_attention_scores=True, state={"coverage": coverage})
    for example in range(2):
        expected = weights_by_loop(QUERY[example] @ VALUE[example].T, 1, STRENGTH, coverage[example])
        np.testing.assert_allclose(to_numpy(weights)[example], expected, atol=1e-5)
        np.testing.assert_allclose(
            to_numpy(state["coverage"])[example], coverage[example] + expected.sum(0), atol=1e-5
        )


def luong_cell(attention, cell=None):
    return AttentionCell(cell or keras.layers.GRUCell(4), attention, attend="after")


def test_coverage_in_attention_rnn_matches_loop():
    cell = luong_cell(SoftAttention("dot", bias=CoverageBias(STRENGTH)))
    outputs, states, weights, _ = to_numpy(
        AttentionRNN(cell)(QUERY, VALUE, inputs_mask=STEPS_MASK, memory_mask=KEY_MASK)
    )
    for example, steps in ((0, 3), (1, 2)):
        queries = outputs[example, :steps, :4]
        expected = weights_by_loop(queries @ VALUE[example].T, KEY_MASK[example], STRENGTH)
        np.testing.assert_allclose(weights[example, :steps], expected, atol=1e-5)
        np.testing.assert_allclose(states[-1][example], expected.sum(0), atol=1e-5)
        np.testing.assert_array_equal(weights[example, steps:], 0)


CELLS = {
    "one head": lambda: AttentionCell(keras.layers.GRUCell(4), SoftAttention(bias="coverage")),
    "heads": lambda: luong_cell(MultiHeadAttention(2, 3, bias=["coverage", "alibi"], gate="sentinel")),
    "adaptive": lambda: luong_cell(AdaptiveAttention(bias="coverage"), keras.layers.LSTMCell(4)),
}


@pytest.fixture(params=CELLS.values(), ids=list(CELLS))
def cell(request):
    keras.utils.set_random_seed(1)
    return request.param()


def test_coverage_in_attention_rnn_matches_cell_step_by_step(cell):
    expected = to_numpy(AttentionRNN(cell)(QUERY, VALUE, memory_mask=KEY_MASK))
    states, cache = cell.get_initial_state(2, 5), cell.memory_cache(VALUE)
    for t in range(3):
        output, states, scores, _ = cell(QUERY[:, t], states, memory_mask=KEY_MASK, cache=cache)
        np.testing.assert_allclose(to_numpy(output), expected[0][:, t], atol=1e-5)
        np.testing.assert_allclose(to_numpy(scores), expected[2][..., t, :], atol=1e-5)
    for a, e in zip(to_numpy(list(states)), expected[1], strict=True):
        np.testing.assert_allclose(a, e, atol=1e-5)


def test_coverage_of_rows_that_share_memory_matches_repeated_memory(cell):
    rows = rng.normal(size=(6, 4)).astype("float32")
    memory = np.repeat(VALUE, 3, 0), np.repeat(KEY_MASK, 3, 0)
    _, states, _, _ = cell(rows, cell.get_initial_state(6, 5), *memory)
    expected = to_numpy(cell(-rows, states, *memory))
    actual = to_numpy(cell(-rows, states, memory_mask=KEY_MASK, cache=cell.memory_cache(VALUE)))
    keras.tree.map_structure(lambda a, e: np.testing.assert_allclose(a, e, atol=1e-5), actual, expected)


def rnn_model(cell):
    inputs, memory = keras.Input((None, 4)), keras.Input((None, 4))
    mask = keras.Input((None,), dtype="bool")
    outputs, _, scores, _ = AttentionRNN(cell)(inputs, memory, inputs_mask=mask)
    return keras.Model([inputs, memory, mask], [outputs, scores])


def test_coverage_in_saved_rnn_model_matches_eager_call(cell, tmp_path):
    rnn_model(cell).save(tmp_path / "model.keras")
    actual = keras.saving.load_model(tmp_path / "model.keras")([QUERY, VALUE, STEPS_MASK])
    outputs, _, scores, _ = AttentionRNN(cell)(QUERY, VALUE, inputs_mask=STEPS_MASK)
    for a, e in zip(to_numpy(list(actual)), to_numpy([outputs, scores]), strict=True):
        np.testing.assert_allclose(a, e, atol=1e-5)


def compile_model(model, loss, compiled):
    jit_compile = compiled and not TORCH
    model.compile(keras.optimizers.SGD(1.0), loss, jit_compile=jit_compile, run_eagerly=not jit_compile)


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_coverage_in_rnn_with_heads_and_masked_steps_trains(compiled):
    model = rnn_model(CELLS["heads"]())
    compile_model(model, ["mse", None], compiled)
    before = model.get_weights()
    x = [QUERY, VALUE, STEPS_MASK]
    model.train_on_batch(x, [np.zeros(target.shape) for target in model(x)])
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


def gradients(model, x, y, compiled=False):
    """Return the gradient of all weights, from one step of gradient descent."""
    compile_model(model, "mse", compiled)
    before = model.get_weights()
    model.train_on_batch(x, y)
    return [b - a for b, a in zip(before, model.get_weights(), strict=True)]


@pytest.mark.parametrize("compiled", [False, True])
def test_coverage_gradient_matches_finite_differences(compiled):
    query, value = keras.Input((None, 4)), keras.Input((None, 4))
    hidden = keras.layers.Dense(4, use_bias=False)(query)
    layer = SoftAttention("dot", bias=CoverageBias(STRENGTH))
    model = keras.Model([query, value], layer(hidden, value))
    target = rng.normal(size=QUERY.shape)
    weights = [weight.astype("float64") for weight in model.get_weights()]

    def loss(kernel, coverage_weight):
        contexts = [
            weights_by_loop(q @ kernel @ v.T, 1, coverage_weight[0]) @ v
            for q, v in zip(QUERY, VALUE, strict=True)
        ]
        return np.mean((np.stack(contexts) - target) ** 2)

    def slope(number, index):
        losses = []
        for step in (1e-4, -1e-4):
            shifted = [weight.copy() for weight in weights]
            shifted[number][index] += step
            losses.append(loss(*shifted))
        return (losses[0] - losses[1]) / 2e-4

    kernel_gradient, coverage_gradient = gradients(model, [QUERY, VALUE], target, compiled)
    np.testing.assert_allclose(coverage_gradient[0, 0], slope(1, (0, 0)), atol=1e-5)
    for index in np.ndindex(4, 4):
        np.testing.assert_allclose(kernel_gradient[index], slope(0, index), atol=1e-5)


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_coverage_gradients_in_cell_match_the_sequence(compiled):
    cell = keras.layers.GRUCell(4)
    attention = SoftAttention("additive", bias=CoverageBias(STRENGTH))
    inputs, memory = keras.Input((3, 4)), keras.Input((5, 4))
    cell_context = AttentionRNN(AttentionCell(cell, attention, attend="after"))(inputs, memory)[0][..., 4:]
    hidden = keras.layers.RNN(cell, return_sequences=True)(inputs)
    results = []
    for context in (cell_context, attention(hidden, memory)):
        model = keras.Model([inputs, memory], context)
        names = [weight.path.split("/")[-1] + str(weight.shape) for weight in model.weights]
        weights = model.get_weights()
        steps = gradients(model, [QUERY, VALUE], np.ones_like(QUERY), compiled)
        results.append(dict(zip(names, steps, strict=True)))
        model.set_weights(weights)
    assert results[0].keys() == results[1].keys()
    for name, gradient in results[0].items():
        np.testing.assert_allclose(gradient, results[1][name], atol=1e-6, err_msg=name)


def test_coverage_is_float32_in_half_precision():
    query, value = np.zeros((1, 21, 4), "float32"), np.zeros((1, 2, 4), "float32")
    mask = np.ones((1, 21, 2), bool)
    mask[0, :20, 1] = False  # 20 queries more attend to the first key: bfloat16 cannot count beyond 256
    layer = SoftAttention(bias=CoverageBias(0.1), dtype="bfloat16")
    state = {"coverage": np.full((1, 2), 256, "float32")}
    _, weights, _ = layer(query, value, attention_mask=mask, return_attention_scores=True, state=state)
    first, second = to_numpy(keras.ops.cast(weights, "float32"))[0, 20]
    np.testing.assert_allclose(first / second, np.exp(-2), rtol=0.02)
