"""Attention cell against its cell and attention called separately."""

import keras
import numpy as np
import pytest

from foveal.layers import AdaptiveAttention, AttentionCell, MultiHeadAttention, SoftAttention

rng = np.random.default_rng(0)
INPUTS, MEMORY = (rng.normal(size=shape).astype("float32") for shape in ((2, 7), (2, 4, 6)))
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)
UNITS = 5


def to_numpy(results):
    return keras.tree.map_structure(lambda x: keras.ops.convert_to_numpy(x), results)


def random_states(*widths, rows=2):
    return [rng.normal(size=(rows, width)).astype("float32") for width in widths]


def test_attend_before_matches_separate_calls():
    attention, gru = SoftAttention("additive"), keras.layers.GRUCell(UNITS)
    cell = AttentionCell(gru, attention, attend="before")
    states = random_states(UNITS)
    output, new, scores, decisions = to_numpy(cell(INPUTS, states, MEMORY, memory_mask=MASK))
    context, weights = to_numpy(
        attention(states[0][:, None], MEMORY, value_mask=MASK, return_attention_scores=True)
    )
    hidden, _ = to_numpy(gru(np.concatenate([INPUTS, context[:, 0]], -1), states))
    np.testing.assert_allclose(output, np.concatenate([hidden, context[:, 0]], -1), atol=1e-6)
    np.testing.assert_allclose(new[0], hidden, atol=1e-6)
    np.testing.assert_allclose(scores, weights[:, 0], atol=1e-6)
    assert decisions == {}


def test_attend_after_matches_separate_calls():
    attention, lstm = SoftAttention("additive"), keras.layers.LSTMCell(UNITS)
    cell = AttentionCell(lstm, attention, attend="after")
    states = random_states(UNITS, UNITS)
    output, new, _, _ = to_numpy(cell(INPUTS, states, MEMORY))
    hidden, expected = to_numpy(lstm(INPUTS, states))
    context = to_numpy(attention(hidden[:, None], MEMORY))[:, 0]
    np.testing.assert_allclose(output, np.concatenate([hidden, context], -1), atol=1e-6)
    keras.tree.map_structure(
        lambda a, e: np.testing.assert_allclose(a, e, atol=1e-6), list(new), list(expected)
    )


def test_adaptive_attention_receives_lstm_states():
    attention, lstm = AdaptiveAttention(), keras.layers.LSTMCell(6)
    cell = AttentionCell(lstm, attention, attend="after")
    states = random_states(6, 6)
    output, _, scores, decisions = to_numpy(cell(INPUTS, states, MEMORY, memory_mask=MASK))
    hidden, (_, memory) = to_numpy(lstm(INPUTS, states))
    context, alpha, gates = to_numpy(
        attention(
            hidden[:, None],
            MEMORY,
            lstm=tuple(x[:, None] for x in (INPUTS, states[0], memory)),
            value_mask=MASK,
            return_attention_scores=True,
            return_decisions=True,
        )
    )
    np.testing.assert_allclose(output, np.concatenate([hidden, context[:, 0]], -1), atol=1e-6)
    np.testing.assert_allclose(scores, alpha[:, 0], atol=1e-6)
    np.testing.assert_allclose(decisions["gate"], gates["gate"][:, 0], atol=1e-6)


@pytest.mark.parametrize(
    ("cell", "attention", "widths"),
    [
        (keras.layers.GRUCell, lambda: SoftAttention("additive"), [6]),
        (keras.layers.SimpleRNNCell, lambda: MultiHeadAttention(2, 3, gate="sentinel"), [6]),
        (keras.layers.LSTMCell, AdaptiveAttention, [6, 6]),
    ],
)
def test_beams_sharing_memory_match_repeated_memory(cell, attention, widths):
    attention = attention()
    attend = "after" if len(widths) == 2 else "before"
    cell = AttentionCell(cell(6), attention, attend=attend)
    rows = rng.normal(size=(6, 7)).astype("float32")
    states = random_states(*widths, rows=6)
    expected = to_numpy(cell(rows, states, np.repeat(MEMORY, 3, 0), np.repeat(MASK, 3, 0)))
    actual = to_numpy(cell(rows, states, memory_mask=MASK, cache=cell.memory_cache(MEMORY)))
    keras.tree.map_structure(lambda a, e: np.testing.assert_allclose(a, e, atol=1e-5), actual, expected)


def test_stacked_cells_query_with_top_cell():
    stack = keras.layers.StackedRNNCells([keras.layers.LSTMCell(4), keras.layers.GRUCell(5)])
    attention = SoftAttention("additive")
    cell = AttentionCell(stack, attention)
    top = random_states(5)
    _, _, scores, _ = to_numpy(cell(INPUTS, [random_states(4, 4), top], MEMORY))
    _, weights = to_numpy(attention(top[0][:, None], MEMORY, return_attention_scores=True))
    np.testing.assert_allclose(scores, weights[:, 0], atol=1e-6)


def test_get_initial_state_returns_states_of_cell():
    cell = AttentionCell(keras.layers.LSTMCell(UNITS), SoftAttention("additive"))
    assert [tuple(state.shape) for state in cell.get_initial_state(3)] == [(3, UNITS)] * 2


def test_config_round_trip():
    cell = AttentionCell(keras.layers.LSTMCell(6), AdaptiveAttention(), attend="after")
    assert AttentionCell.from_config(cell.get_config()).get_config() == cell.get_config()


def test_invalid_attend_raises():
    with pytest.raises(ValueError, match=r"must be 'before' or 'after'\. Received: attend='during'"):
        AttentionCell(keras.layers.GRUCell(2), SoftAttention(), attend="during")


@pytest.mark.parametrize(
    ("cell", "attend"), [(keras.layers.GRUCell, "after"), (keras.layers.LSTMCell, "before")]
)
def test_adaptive_attention_without_lstm_raises(cell, attend):
    with pytest.raises(
        ValueError, match=f"`cell` must be an LSTMCell.*cell={cell.__name__}, attend='{attend}'"
    ):
        AttentionCell(cell(2), AdaptiveAttention(), attend=attend)
