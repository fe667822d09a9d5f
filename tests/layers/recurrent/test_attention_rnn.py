"""Attention RNN against its cell called in a Python loop."""

import keras
import numpy as np
import pytest

from foveal.layers import AdaptiveAttention, AttentionCell, AttentionRNN, MultiHeadAttention, SoftAttention

rng = np.random.default_rng(0)
INPUTS, MEMORY = (rng.normal(size=shape).astype("float32") for shape in ((2, 3, 7), (2, 4, 6)))
INPUTS_MASK = np.array([[1, 1, 1], [1, 0, 0]], bool)
MEMORY_MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)

CELLS = {
    "gru": lambda: AttentionCell(keras.layers.GRUCell(5), SoftAttention("additive")),
    "heads": lambda: AttentionCell(keras.layers.GRUCell(6), MultiHeadAttention(2, 3, gate="sentinel")),
    "lstm": lambda: AttentionCell(keras.layers.LSTMCell(6), AdaptiveAttention(), attend="after"),
    "stack": lambda: AttentionCell(
        keras.layers.StackedRNNCells([keras.layers.LSTMCell(4), keras.layers.GRUCell(6)]),
        SoftAttention(),
    ),
}


@pytest.fixture(params=CELLS.values(), ids=list(CELLS))
def cell(request):
    return request.param()


def to_numpy(results):
    return keras.tree.map_structure(lambda x: keras.ops.convert_to_numpy(x), results)


def run_python_loop(cell, rows):
    """Call the cell in a Python loop; return outputs, last states, scores and decisions."""
    cell(INPUTS[rows, 0], cell.get_initial_state(len(rows)), MEMORY[rows])
    states, cache, steps = cell.get_initial_state(len(rows)), cell.memory_cache(MEMORY[rows]), []
    for t in range(INPUTS.shape[1]):
        output, states, scores, decisions = cell(
            INPUTS[rows, t], states, memory_mask=MEMORY_MASK[rows], cache=cache
        )
        steps.append((output, scores, decisions))
    outputs, scores, decisions = keras.tree.map_structure(
        lambda *parts: np.stack([keras.ops.convert_to_numpy(p) for p in parts], 1), *steps
    )
    decisions = {name: np.moveaxis(value, 1, -1) for name, value in decisions.items()}
    return outputs, to_numpy(states), np.moveaxis(scores, 1, -2), decisions


def assert_close(actual, expected):
    flat = (keras.tree.flatten(to_numpy(x)) for x in (actual, expected))
    for a, e in zip(*flat, strict=True):
        np.testing.assert_allclose(a, e, atol=1e-5)


def test_attention_rnn_matches_python_loop(cell):
    expected = run_python_loop(cell, [0, 1])
    assert_close(AttentionRNN(cell)(INPUTS, MEMORY, memory_mask=MEMORY_MASK), expected)


def test_masked_step_returns_zeros_and_keeps_states(cell):
    outputs, states, scores, decisions = to_numpy(AttentionRNN(cell)(INPUTS, MEMORY, inputs_mask=INPUTS_MASK))
    short, earlier, _, _ = to_numpy(AttentionRNN(cell)(INPUTS[1:, :1], MEMORY[1:]))
    np.testing.assert_array_equal(outputs[1, 1:], 0)
    np.testing.assert_array_equal(scores[1, ..., 1:, :], 0)
    assert all((value[1, ..., 1:] == 0).all() for value in decisions.values())
    np.testing.assert_allclose(outputs[1:, :1], short, atol=1e-6)
    assert_close(keras.tree.map_structure(lambda state: state[1:], list(states)), list(earlier))


def test_initial_state_continues_sequence(cell):
    layer = AttentionRNN(cell)
    expected = layer(INPUTS, MEMORY)
    _, states, _, _ = layer(INPUTS[:, :1], MEMORY)
    continued, *_ = layer(INPUTS[:, 1:], MEMORY, initial_state=states)
    assert_close(continued, expected[0][:, 1:])


def test_attend_after_keeps_recurrence():
    gru = keras.layers.GRUCell(5)
    layer = AttentionRNN(AttentionCell(gru, SoftAttention("additive"), attend="after"))
    outputs, *_ = layer(INPUTS, MEMORY)
    expected = keras.layers.RNN(gru, return_sequences=True)(INPUTS)
    assert_close(outputs[..., :5], expected)


def model_of(cell):
    inputs = keras.Input((None, 7), name="inputs")
    memory = keras.Input((None, 6), name="memory")
    outputs, _, scores, decisions = AttentionRNN(cell)(inputs, memory)
    return keras.Model([inputs, memory], [outputs, scores, *decisions.values()])


def test_functional_and_loaded_models_match_eager_call(cell, tmp_path):
    model = model_of(cell)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    outputs, _, scores, decisions = AttentionRNN(cell)(INPUTS, MEMORY)
    expected = [outputs, scores, *decisions.values()]
    assert_close(model([INPUTS, MEMORY]), expected)
    assert_close(loaded([INPUTS, MEMORY]), expected)


@pytest.mark.parametrize(
    ("dropout", "jit_compile"),
    [(0.3, False), *(pytest.param(dropout, True, marks=pytest.mark.slow) for dropout in (0.0, 0.3))],
)
def test_compiled_training_retraces_for_other_lengths(dropout, jit_compile):
    attention = SoftAttention("additive", dropout=dropout)
    recurrent = keras.layers.LSTMCell(5, dropout=dropout, recurrent_dropout=dropout)
    model = model_of(AttentionCell(recurrent, attention))
    backend = keras.backend.backend()  # compiling in PyTorch would call a C compiler
    model.compile("sgd", ["mse", None], jit_compile=backend == "jax" or (jit_compile and backend != "torch"))
    before = model.get_weights()
    for length in (3, 2):  # the second graph must not use tensors of the first
        x = [INPUTS[:, :length], MEMORY]
        model.train_on_batch(x, [np.ones((2, length, 11)), np.ones((2, length, 4))])
    after = model.get_weights()
    assert all(np.isfinite(weight).all() for weight in after)
    assert all((a != b).any() for a, b in zip(before, after, strict=True))


def test_keras_mask_of_inputs_is_used():
    ids = np.where(INPUTS_MASK, 3, 0)
    embedded = keras.layers.Embedding(5, 7, mask_zero=True)(ids)
    layer = AttentionRNN(AttentionCell(keras.layers.GRUCell(5), SoftAttention("additive")))
    assert_close(
        layer(embedded, MEMORY)[0],
        layer(keras.ops.convert_to_numpy(embedded), MEMORY, inputs_mask=INPUTS_MASK)[0],
    )
