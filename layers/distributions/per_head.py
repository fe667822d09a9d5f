"""A distribution of its own for each head."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from ..functional import components
from .distribution import Distribution
from .registry import get


@keras.saving.register_keras_serializable(package="foveal")
class PerHead(Distribution):
    """Lets heads spread their weight in different ways, such as one broadly and one on few keys.

    Args:
        distributions: one distribution for each head, names or layers.

    Call arguments:
        scores: `(batch, heads, Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.
        training: whether the model is being trained; handed on to the parts.
        previous: for parts that carry it, the weights of the query before the first,
            `(batch, heads, Tk)`.

    Returns:
        The weights, and what was decided by any part, each `(batch, heads, Tq)`. A head whose part
        does not decide something has 0 there; where it is a key, -1.

    Raises:
        ValueError: if there are not as many heads as parts, or a part is unknown.

    Example:
        >>> weights, _ = PerHead(["sparsemax", "entmax15"])(np.array([[[[1.5, 0.0]], [[1.5, 0.0]]]]))
        >>> (np.array(weights) > 0).tolist()
        [[[[True, False]], [[True, True]]]]
    """

    def __init__(self, distributions: Sequence[Any], **kwargs: Any):
        super().__init__(**kwargs)
        self.distributions = [get(part, dtype=self.dtype_policy) for part in distributions]
        self.state_keys = tuple(sorted({name for part in self.distributions for name in part.state_keys}))
        self.is_stochastic = any(part.is_stochastic for part in self.distributions)
        self.is_hard = all(part.is_hard for part in self.distributions)
        self.is_ordered = any(part.is_ordered for part in self.distributions)

    def build(self, scores_shape: tuple) -> None:
        for part in self.distributions:
            components.build_component(part, (*scores_shape[:-3], 1, *scores_shape[-2:]))

    def call(
        self, scores: Any, mask: Any = None, training: bool | None = None, previous: Any = None
    ) -> tuple[Any, dict]:
        if len(scores.shape) != 4 or scores.shape[1] != len(self.distributions):
            raise ValueError(
                f"Expected a head for each part, scores of shape (batch, {len(self.distributions)}, Tq, Tk). "
                f"Received shape: {tuple(scores.shape)}"
            )
        told = []
        for head, part in enumerate(self.distributions):
            carried = {"previous": previous[:, head : head + 1]} if "previous" in part.state_keys else {}
            told.append(part(_of(head, scores), mask=_of(head, mask), training=training, **carried))
        weights, decisions = zip(*told, strict=True)
        return ops.concatenate(weights, axis=1), _merge(decisions, weights[0][..., 0])

    def get_config(self) -> dict:
        distributions = [keras.saving.serialize_keras_object(part) for part in self.distributions]
        return {**super().get_config(), "parts": distributions}


def _of(head: int, tensor: Any) -> Any:
    """What concerns one head; a tensor without heads, or with one for all, concerns each."""
    if tensor is None or len(tensor.shape) < 3 or tensor.shape[-3] == 1:
        return tensor
    return tensor[..., head : head + 1, :, :]


def _merge(decisions: Sequence[dict], like: Any) -> dict:
    """The decisions of the heads side by side."""
    dtypes = {
        name: keras.backend.standardize_dtype(decided.dtype)
        for decision in decisions
        for name, decided in decision.items()
    }
    merged = {}
    for name, dtype in dtypes.items():
        nothing = ops.full_like(like, -1 if "int" in dtype else 0, dtype=dtype)
        merged[name] = ops.concatenate([decision.get(name, nothing) for decision in decisions], axis=1)
    return merged
