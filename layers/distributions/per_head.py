"""Per-head distribution: another attention distribution for each head."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from ..functional import components
from ..functional.tensor import Tensor
from .distribution import Distribution, DistributionLike
from .registry import get


@keras.saving.register_keras_serializable(package="foveal")
class PerHead(Distribution):
    """Per-head distribution, which applies another distribution to each head.

    Args:
        distributions: one distribution for each head, names or layers.

    Call arguments:
        scores: `(batch, heads, Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.
        training: passed on to the distributions.
        previous: weights of the query before the first, `(batch, heads, Tk)`, for distributions that
            need them.

    Returns:
        The weights, and the decisions of all distributions, each `(batch, heads, Tq)`. A head whose
        distribution does not make a decision has 0 there, or -1 if the decision is a key.

    Raises:
        ValueError: if the numbers of heads and distributions differ, or a distribution is unknown.

    Example:
        >>> weights, _ = PerHead(["sparsemax", "entmax15"])(np.array([[[[1.5, 0.0]], [[1.5, 0.0]]]]))
        >>> (np.array(weights) > 0).tolist()
        [[[[True, False]], [[True, True]]]]
    """

    def __init__(self, distributions: Sequence[DistributionLike], **kwargs: Any):
        super().__init__(**kwargs)
        self.distributions = [get(identifier, dtype=self.dtype_policy) for identifier in distributions]
        components.add_user(self, *self.distributions)
        state_keys = {key for distribution in self.distributions for key in distribution.state_keys}
        self.state_keys = tuple(sorted(state_keys))
        self.is_stochastic = any(distribution.is_stochastic for distribution in self.distributions)
        self.is_hard = all(distribution.is_hard for distribution in self.distributions)
        self.is_ordered = any(distribution.is_ordered for distribution in self.distributions)

    def build(self, scores_shape: tuple) -> None:
        for distribution in self.distributions:
            components.build_component(distribution, (*scores_shape[:-3], 1, *scores_shape[-2:]))

    def call(
        self,
        scores: Tensor,
        mask: Tensor | None = None,
        training: bool | None = None,
        previous: Tensor | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        if len(scores.shape) != 4 or scores.shape[1] != len(self.distributions):
            raise ValueError(
                "`scores` must have a head for each distribution, shape "
                f"(batch, {len(self.distributions)}, Tq, Tk). "
                f"Received: scores of shape {tuple(scores.shape)}"
            )
        results = []
        for head, distribution in enumerate(self.distributions):
            needs_previous = "previous" in distribution.state_keys
            state = {"previous": previous[:, head : head + 1]} if needs_previous else {}  # pyright: ignore[reportOptionalSubscript]
            head_scores, head_mask = _select_head(scores, head), _select_head(mask, head)
            results.append(distribution(head_scores, mask=head_mask, training=training, **state))
        weights, decisions = zip(*results, strict=True)
        return ops.concatenate(weights, axis=1), _merge_decisions(decisions, weights[0][..., 0])

    def get_config(self) -> dict:
        distributions = [components.serialize_component(item) for item in self.distributions]
        return {**super().get_config(), "distributions": distributions}


def _select_head(tensor: Tensor | None, head: int) -> Tensor | None:
    """Return the slice of one head; a tensor without heads, or with one for all, is returned as it is."""
    if tensor is None or len(tensor.shape) < 3 or tensor.shape[-3] == 1:
        return tensor
    return tensor[..., head : head + 1, :, :]


def _merge_decisions(decisions: Sequence[dict[str, Tensor]], like: Tensor) -> dict[str, Tensor]:
    """Concatenate the decisions of the heads, with a default for heads that made none."""
    dtypes = {
        name: keras.backend.standardize_dtype(decision.dtype)
        for head_decisions in decisions
        for name, decision in head_decisions.items()
    }
    merged = {}
    for name, dtype in dtypes.items():
        default = ops.full_like(like, -1 if "int" in dtype else 0, dtype=dtype)
        merged[name] = ops.concatenate([decision.get(name, default) for decision in decisions], axis=1)
    return merged
