"""Monotonic attention and MoChA, with an online algorithm (Raffel et al. 2017; Chiu & Raffel 2018)."""

from typing import Any

import keras
from keras import ops

from .. import biases, scores
from ..biases import AttentionContext
from ..biases.bias import BiasLike
from ..distributions import Monotonic
from ..distributions.categorical import mode
from ..distributions.distribution import DistributionLike
from ..distributions.monotonic_alignment import apply_mask, chunkwise_weights
from ..functional import components
from ..functional.tensor import Tensor, TensorTree
from ..scores.score import Score, ScoreLike
from .argument_checks import check_built
from .attention_inputs import AttentionInputs
from .attention_outputs import AttentionOutputs
from .attention_weights import AttentionWeights
from .online_monotonic import chunk_weights, gather_rows, hard_monotonic_alignment
from .single_head_attention import SingleHeadAttention


@keras.saving.register_keras_serializable(package="foveal")
class MonotonicAttention(SingleHeadAttention):
    """Monotonic attention: the key of a query is not before that of the last query (Raffel et al. 2017).

    1. scores `(batch, Tq, Tk)`: how strongly each query selects each key;
    2. weights: see `Monotonic`. In training expected weights; at inference 1 for the first key that the
       query selects, from the key of the previous query on;
    3. with `chunk_size` w > 1 (MoChA, Chiu & Raffel 2018) the weight is distributed over the last w keys
       by a softmax, of the same scores or of `chunk_score`; see `MonotonicChunkwise`;
    4. the mean of the values under these weights.

    `attend_online` returns what a call returns at inference, and scores at most Tq + Tk pairs instead of all.

    Args:
        score: `"additive"` as in the paper, `"dot"`, `"scaled_dot"` or a layer.
        bias: None, a name such as `"alibi"`, a layer, or a list of them, which are summed.
        distribution: `"monotonic"` or a `Monotonic`.
        chunk_size: w, the number of keys of a chunk.
        chunk_score: score of the keys of a chunk, as `score`; None for the same scores.
        dropout: fraction of the weights dropped in training; returned weights are those before dropout.

    Call arguments:
        query, value, key, query_mask, value_mask, key_mask, attention_mask,
            return_attention_scores, return_decisions, training, use_causal_mask, cache, prior,
            state, mask: as in `SoftAttention`. A masked query keeps the alignment of the query before.

    Returns:
        The context `(batch, Tq, value_dim)`; then, where requested, the weights `(batch, Tq, Tk)`;
        the decisions, `{"sample": (batch, Tq)}`, the most likely key, int32, -1 where there is none; and
        with a state the updated state, which holds the alignment of the last query. A query that selects
        no key returns zeros.

    Raises:
        ValueError: if ranks, widths or masks do not fit, a component is unknown, the distribution is no
            `Monotonic`, a bias needs a coverage, `chunk_size` is below 1, or a chunk of one key
            has a score.

    Example:
        >>> layer = MonotonicAttention(chunk_size=2, chunk_score="additive")
        >>> query, value = np.ones((1, 3, 8)), np.ones((1, 5, 6))
        >>> tuple(layer(query, value).shape), tuple(layer.attend_online(query, value).shape)
        ((1, 3, 6), (1, 3, 6))

    Reference:
        Raffel et al. 2017, Online and Linear-Time Attention by Enforcing Monotonic Alignments;
        Chiu & Raffel 2018, Monotonic Chunkwise Attention.
    """

    def __init__(
        self,
        score: ScoreLike = "additive",
        bias: BiasLike | None = None,
        distribution: DistributionLike = "monotonic",
        chunk_size: int = 1,
        chunk_score: ScoreLike | None = None,
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(score=score, bias=bias, distribution=distribution, dropout=dropout, **kwargs)
        if not isinstance(self.distribution, Monotonic):
            raise ValueError(
                "`distribution` must be 'monotonic' or a `Monotonic` layer. "
                f"Received: distribution={distribution!r}"
            )
        min_size = 1 if chunk_score is None else 2  # a chunk of one key has nothing to compare
        if chunk_size < min_size:
            raise ValueError(
                f"`chunk_size` must be at least {min_size} with chunk_score={chunk_score!r}. "
                f"Received: chunk_size={chunk_size}"
            )
        if "coverage" in self.state_keys:
            raise ValueError(
                "`bias` must not need a coverage, which is updated after each query, because the alignment "
                f"is computed for all queries at once. Received: bias={self.bias}"
            )
        self.chunk_size = chunk_size
        if chunk_score is not None:
            chunk_score = scores.get(chunk_score, dtype=self.dtype_policy)
        self.chunk_score: Score | None = chunk_score
        components.add_user(self, self.chunk_score)

    def build(
        self, query_shape: tuple, value_shape: tuple | None = None, key_shape: tuple | None = None
    ) -> None:
        super().build(query_shape, value_shape, key_shape)
        if self.chunk_score is not None:
            components.build_component(self.chunk_score, query_shape, key_shape or value_shape)

    def compute_weights(
        self,
        query: Tensor,
        memory: dict[str, Tensor],
        attention_context: AttentionContext,
        training: bool | None = None,
        sentinel: tuple[Tensor, Tensor] | None = None,
    ) -> AttentionWeights:
        """Compute the weights, with the alignment that the state keeps. Args: as in `attend`."""
        scores = self.score.compute_scores(query, memory["key"])
        scores = biases.add_biases(self.bias, scores, query, memory["key"], attention_context)
        chunk_scores = scores
        if self.chunk_score is not None:
            chunk_scores = self.chunk_score.compute_scores(query, memory["chunk_key"])
        mask = biases.update_mask(self.bias, attention_context).mask
        alignment = self.distribution.align(scores, mask, training, attention_context.previous_weights)
        weights = chunkwise_weights(alignment, chunk_scores, mask, self.chunk_size)
        sample = mode(apply_mask(alignment, mask))
        return AttentionWeights(ops.cast(weights, scores.dtype), {"sample": sample}, alignment=alignment)

    def attend_online(
        self,
        query: Tensor,
        value: Tensor | None = None,
        key: Tensor | None = None,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        key_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        cache: dict[str, Tensor] | None = None,
        state: dict[str, Tensor] | None = None,
    ) -> TensorTree:
        """Return what a call returns at inference, from scores of one key at a time.

        An example takes at most Tq + Tk scores, and as many again as its chunks have keys. The
        layer must have no bias, because a bias needs all keys at once.

        Args:
            query, value, key, query_mask, value_mask, key_mask, return_attention_scores, cache, state:
                as in a call.

        Returns:
            The context `(batch, Tq, value_dim)`; then, where requested, the weights `(batch, Tq, Tk)`, and
            with a state the updated state.

        Raises:
            ValueError: if the layer has a bias, or ranks, widths or masks do not fit.
        """
        if self.bias:
            raise ValueError(f"`bias` must be None for `attend_online`. Received: bias={self.bias}")
        query, value, key = (x if x is None else ops.cast(x, self.compute_dtype) for x in (query, value, key))
        inputs = AttentionInputs(
            query, value, key, query_mask, value_mask, key_mask, cache=cache, state=state
        )
        inputs.check_shapes()
        memory = self.project_memory(inputs)
        batch, key_length = ops.shape(memory["key"])[:2]
        query_mask, visible_keys = _online_masks(inputs, memory["key"])
        previous = (self.get_initial_state(batch, key_length) if state is None else state)["previous"]
        ends = hard_monotonic_alignment(
            self.score, self.distribution, query, memory["key"], query_mask, visible_keys, previous
        )
        score, chunk_key = self.score, memory["key"]
        if self.chunk_score is not None:
            score, chunk_key = self.chunk_score, memory["chunk_key"]
        chunk_ends = ops.where(query_mask, ends, -1)
        index, weights = chunk_weights(score, self.chunk_size, query, chunk_key, visible_keys, chunk_ends)
        chunk_values = gather_rows(memory["value"], ops.maximum(index, 0))
        context = ops.matmul(weights[..., None, :], chunk_values)[..., 0, :]
        dense = ops.sum(_one_hot(index, key_length, weights.dtype) * ops.expand_dims(weights, -1), axis=-2)
        next_state = (
            None if state is None else {"previous": _one_hot(ends[:, -1], key_length, previous.dtype)}
        )
        return AttentionOutputs(context, dense, state=next_state).select(return_attention_scores, False)

    def memory_cache(
        self, value: Tensor, key: Tensor | None = None, start: int | Tensor = 0
    ) -> dict[str, Tensor]:
        check_built(self)
        key = self.transform_keys(value if key is None else key, start)
        memory = {"key": self.score.project_key(key), "value": value}
        if self.chunk_score is not None:
            memory["chunk_key"] = self.chunk_score.project_key(key)
        return memory

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "chunk_size": self.chunk_size,
            "chunk_score": components.serialize_component(self.chunk_score),
        }


def _online_masks(inputs: AttentionInputs, key: Tensor) -> tuple[Tensor, Tensor]:
    """Masks `(batch, Tq)` and `(batch, Tk)`; a query without visible keys is masked."""
    query_mask = AttentionInputs(inputs.query, query_mask=inputs.query_mask).compute_mask(key)
    query_mask = ops.ones(ops.shape(inputs.query)[:2], "bool") if query_mask is None else query_mask[:, :, 0]
    visible_keys = AttentionInputs(
        inputs.query, value_mask=inputs.value_mask, key_mask=inputs.key_mask
    ).compute_mask(key)
    visible_keys = ops.ones(ops.shape(key)[:2], "bool") if visible_keys is None else visible_keys[:, 0]
    return ops.logical_and(query_mask, ops.any(visible_keys, axis=-1, keepdims=True)), visible_keys


def _one_hot(index: Tensor, key_length: int | Tensor, dtype: str) -> Tensor:
    """Encode `(...)` as `(..., Tk)`; zeros for -1."""
    return ops.cast(ops.equal(ops.expand_dims(index, -1), ops.arange(key_length, dtype="int32")), dtype)
