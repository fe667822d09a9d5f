import numpy as np
import pytest

from foveal.focus.measures import gradient_times_attention

RANDOM = np.random.default_rng(0)
WEIGHTS, GRADIENTS = RANDOM.dirichlet(np.ones(5), (2, 3, 4)), RANDOM.normal(size=(2, 3, 4, 5))


def test_of_a_linear_output_it_is_what_the_output_loses_without_the_weight():
    def output(weights):
        return (weights * GRADIENTS).sum()

    found = gradient_times_attention(WEIGHTS, GRADIENTS)
    for place in [(0, 0, 0, 0), (1, 2, 3, 4)]:
        without = WEIGHTS.copy()
        without[place] = 0
        np.testing.assert_allclose(found[place], output(WEIGHTS) - output(without))


def test_what_is_masked_adds_nothing():
    mask = np.array([True, False, True, True, True])
    assert not gradient_times_attention(WEIGHTS, GRADIENTS, mask)[..., 1].any()


@pytest.mark.parametrize(
    ("gradients", "message"),
    [(GRADIENTS[0], r"Received: \(3, 4, 5\)"), (np.full_like(GRADIENTS, np.inf), "120 not finite")],
)
def test_gradients_that_do_not_fit_are_an_error(gradients, message):
    with pytest.raises(ValueError, match=message):
        gradient_times_attention(WEIGHTS, gradients)
