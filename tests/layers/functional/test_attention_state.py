"""State of attention between queries: initial state and updates."""

import keras
import numpy as np

from foveal.layers.functional import attention_state

WEIGHTS = np.random.default_rng(0).random((2, 3, 4, 5)).astype("float32")  # batch, heads, queries, keys
NAMES = ("coverage", "position", "previous")


def to_numpy(state):
    return {name: keras.ops.convert_to_numpy(value) for name, value in state.items()}


def test_initial_state_has_only_named_keys():
    assert attention_state.initial_state((), 2, (3,), 5, "float32") == {}
    assert list(attention_state.initial_state(("coverage",), 2, (3,), 5, "float32")) == ["coverage"]


def test_initial_state_values():
    state = to_numpy(attention_state.initial_state(NAMES, 2, (3,), 5, "float32"))
    np.testing.assert_array_equal(state["position"], np.zeros((2, 1), int))
    np.testing.assert_array_equal(state["coverage"], np.zeros((2, 3, 5)))
    np.testing.assert_array_equal(state["previous"], np.eye(5)[[0]] * np.ones((2, 3, 1)))


def test_two_updates_match_update_of_all_queries():
    initial = attention_state.initial_state(NAMES, 2, (3,), 5, "float32")
    in_single_update = to_numpy(attention_state.update_state(initial, WEIGHTS, 4))
    in_two_updates = to_numpy(
        attention_state.update_state(
            attention_state.update_state(initial, WEIGHTS[:, :, :3], 3), WEIGHTS[:, :, 3:], 1
        )
    )
    for name in NAMES:
        np.testing.assert_allclose(in_two_updates[name], in_single_update[name], rtol=1e-6)
    np.testing.assert_array_equal(in_single_update["position"], np.full((2, 1), 4))
    np.testing.assert_allclose(in_single_update["coverage"], WEIGHTS.sum(2), rtol=1e-6)
    np.testing.assert_array_equal(in_single_update["previous"], WEIGHTS[:, :, 3])


def test_update_state_accepts_half_precision():
    state = {"coverage": keras.ops.ones((1, 2), "bfloat16")}
    updated = attention_state.update_state(state, keras.ops.ones((1, 3, 2), "bfloat16"), 3)
    np.testing.assert_array_equal(to_numpy(updated)["coverage"], [[4, 4]])
