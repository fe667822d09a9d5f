"""What the caller expects: a lexicon, a saliency map, an alignment."""

from typing import Any

import keras
from keras import ops

from .attention_context import AttentionContext
from .bias import Bias


@keras.saving.register_keras_serializable(package="foveal")
class PriorBias(Bias):
    """Leans towards what the caller expects, given in the call as `prior` (Arthur et al. 2016).

    `strength * log(prior + floor)`: the weights are multiplied by the prior, to a power. A prior of
    0 forbids nothing: the floor leaves each key a chance. Only proportions count, so the prior need
    not sum to 1.

    Args:
        strength: 0 ignores the prior, 1 takes it as it is, more sharpens it.
        floor: what is added to every prior.

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
            raise ValueError(f"`floor` must be positive. Received: {floor}")

    def compute_bias(self, query: Any, key: Any, attention_context: AttentionContext) -> Any:
        if attention_context.prior is None:
            raise ValueError("PriorBias expects `prior` in the call. Received: None")
        return self.strength * ops.log(ops.cast(attention_context.prior, "float32") + self.floor)

    def get_config(self) -> dict:
        return {**super().get_config(), "strength": self.strength, "floor": self.floor}


def check_prior(prior: Any, shape: tuple, read: bool) -> None:
    """Raises a `ValueError` unless a prior fits the scores and a bias reads it.

    Args:
        prior: a tensor.
        shape: of the scores, `(batch, [heads,] Tq, Tk)`, None where it is unknown.
        read: whether any bias reads it.
    """
    if not read:
        raise ValueError("Expected a bias that reads `prior`, such as `PriorBias`. Received: none")
    batch, *heads, queries, keys = shape
    sizes = tuple(prior.shape)
    expected = [(batch, queries, keys), *([shape] if heads else [])]
    if not any(_fits(sizes, one) for one in expected):
        raise ValueError(
            "`prior` does not fit the inputs: expected shape "
            f"{' or '.join(map(str, expected))}, with 1 for any but the last. Received: {sizes}"
        )


def _fits(sizes: tuple, expected: tuple) -> bool:
    return len(sizes) == len(expected) and all(
        None in (size, wanted) or size == wanted or (size == 1 and axis < len(sizes) - 1)
        for axis, (size, wanted) in enumerate(zip(sizes, expected, strict=True))
    )
