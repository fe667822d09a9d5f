import numpy as np
import pytest

from foveal.focus.measures import gradient_times_attention

RANDOM = np.random.default_rng(0)
WEIGHTS, GRADIENTS = RANDOM.dirichlet(np.ones(5), (2, 3, 4)), RANDOM.normal(size=(2, 3, 4, 5))


def test_gradient_times_attention_is_exact_for_linear_output():
    def output(weights):
        return (weights * GRADIENTS).sum()

    contributions = gradient_times_attention(WEIGHTS, GRADIENTS)
    for index in [(0, 0, 0, 0), (1, 2, 3, 4)]:
        ablated = WEIGHTS.copy()
        ablated[index] = 0
        np.testing.assert_allclose(contributions[index], output(WEIGHTS) - output(ablated))


def test_gradient_times_attention_of_masked_key_is_zero():
    mask = np.array([True, False, True, True, True])
    assert not gradient_times_attention(WEIGHTS, GRADIENTS, mask)[..., 1].any()


@pytest.mark.parametrize(
    ("gradients", "message"),
    [
        (GRADIENTS[0], r"Received: gradients.shape=\(3, 4, 5\)"),
        (np.full_like(GRADIENTS, np.inf), "120 not finite"),
    ],
)
def test_invalid_gradients_raise(gradients, message):
    with pytest.raises(ValueError, match=message):
        gradient_times_attention(WEIGHTS, gradients)
