import keras
import numpy as np

from foveal.layers.functional import attention_state

WEIGHTS = np.random.default_rng(0).random((2, 3, 4, 5)).astype("float32")  # batch, heads, queries, keys
NAMES = ("coverage", "position", "previous")


def to_numpy(state):
    return {name: keras.ops.convert_to_numpy(value) for name, value in state.items()}


def test_nothing_is_carried_that_is_not_named():
    assert attention_state.initial_state((), 2, (3,), 5) == {}
    assert list(attention_state.initial_state(("coverage",), 2, (3,), 5)) == ["coverage"]


def test_before_the_first_query_nothing_is_covered_and_the_first_key_is_where_it_stands():
    state = to_numpy(attention_state.initial_state(NAMES, 2, (3,), 5))
    np.testing.assert_array_equal(state["position"], np.zeros((2, 1), int))
    np.testing.assert_array_equal(state["coverage"], np.zeros((2, 3, 5)))
    np.testing.assert_array_equal(state["previous"], np.eye(5)[[0]] * np.ones((2, 3, 1)))


def test_two_advances_are_one_with_the_queries_of_both():
    first = attention_state.initial_state(NAMES, 2, (3,), 5)
    at_once = to_numpy(attention_state.update_state(first, WEIGHTS, 4))
    twice = to_numpy(
        attention_state.update_state(
            attention_state.update_state(first, WEIGHTS[:, :, :3], 3), WEIGHTS[:, :, 3:], 1
        )
    )
    for name in NAMES:
        np.testing.assert_allclose(twice[name], at_once[name], rtol=1e-6)
    np.testing.assert_array_equal(at_once["position"], np.full((2, 1), 4))
    np.testing.assert_allclose(at_once["coverage"], WEIGHTS.sum(2), rtol=1e-6)
    np.testing.assert_array_equal(at_once["previous"], WEIGHTS[:, :, 3])


def test_a_state_in_half_precision_goes_on():
    state = {"coverage": keras.ops.ones((1, 2), "bfloat16")}
    after = attention_state.update_state(state, keras.ops.ones((1, 3, 2), "bfloat16"), 3)
    np.testing.assert_array_equal(to_numpy(after)["coverage"], [[4, 4]])
