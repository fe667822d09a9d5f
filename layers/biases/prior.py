"""Prior bias: expected weights given by the caller, such as a lexicon (Arthur et al. 2016)."""

from typing import Any

import keras
from keras import ops

from ..functional.precision import at_least_float32
from ..functional.tensor import Tensor
from .attention_context import AttentionContext
from .bias import Bias


@keras.saving.register_keras_serializable(package="foveal")
class PriorBias(Bias):
    """Bias towards expected weights, given in the call as `prior` (Arthur et al. 2016).

    The bias is `strength * log(prior + floor)`: the weights are multiplied by a power of the prior. A
    prior of 0 masks nothing, because the floor leaves each key some weight. Only the proportions of
    the prior matter, so it need not sum to 1. A prior is, for example, a lexicon, a saliency map or
    an alignment.

    Args:
        strength: exponent of the prior: 0 ignores it, 1 takes it as given, larger values sharpen it.
        floor: number that is added to every prior.

    Raises:
        ValueError: if `floor` is not positive, or the call has no `prior`.

    Example:
        >>> from foveal.layers import SoftAttention
        >>> layer = SoftAttention(bias=PriorBias(floor=1e-6))
        >>> query, value = np.zeros((1, 1, 2)), np.zeros((1, 3, 2))
        >>> prior = np.array([[[0.5, 0.25, 0.25]]])
        >>> _, weights = layer(query, value, prior=prior, return_attention_scores=True)
        >>> np.array(weights[0, 0]).round(3).tolist()
        [0.5, 0.25, 0.25]

    Reference:
        Arthur et al. 2016, Incorporating Discrete Translation Lexicons into Neural Machine
        Translation, section 4 (a lexicon as a bias of a softmax).
    """

    needs_prior = True

    def __init__(self, strength: float = 1.0, floor: float = 1e-3, **kwargs: Any):
        super().__init__(**kwargs)
        self.strength = strength
        self.floor = floor
        if floor <= 0:
            raise ValueError(f"`floor` must be positive. Received: floor={floor}")

    def compute_bias(self, query: Tensor, key: Tensor, attention_context: AttentionContext) -> Tensor:
        if attention_context.prior is None:
            raise ValueError("`prior` must be given in a call with `PriorBias`. Received: prior=None")
        return self.strength * ops.log(at_least_float32(attention_context.prior) + self.floor)

    def get_config(self) -> dict:
        return {**super().get_config(), "strength": self.strength, "floor": self.floor}


def check_prior(prior: Tensor, shape: tuple, needs_prior: bool) -> None:
    """Check that a bias reads the prior and that the prior fits the scores.

    Args:
        prior: a tensor.
        shape: shape of the scores, `(batch, [heads,] Tq, Tk)`, None for sizes that are not static.
        needs_prior: whether any bias reads the prior.

    Raises:
        ValueError: if either check fails.
    """
    if not needs_prior:
        raise ValueError(
            "`bias` must contain a bias that reads `prior`, such as `PriorBias`. Received: a prior and no "
            "such bias"
        )
    batch, *heads, queries, keys = shape
    sizes = tuple(prior.shape)
    expected = [(batch, queries, keys), *([shape] if heads else [])]
    if not any(_fits(sizes, expected_sizes) for expected_sizes in expected):
        raise ValueError(
            f"`prior` must be of shape {' or '.join(map(str, expected))}, with 1 allowed for any size but "
            f"the last. Received: prior of shape {sizes}"
        )


def _fits(sizes: tuple, expected: tuple) -> bool:
    return len(sizes) == len(expected) and all(
        None in (size, expected_size) or size == expected_size or (size == 1 and axis < len(sizes) - 1)
        for axis, (size, expected_size) in enumerate(zip(sizes, expected, strict=True))
    )
