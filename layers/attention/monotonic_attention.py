"""Attention that reads its keys in order, and may do so while they arrive."""

from typing import Any

import keras
from keras import ops

from .. import biases, scores
from ..biases import AttentionContext
from ..distributions import Monotonic
from ..distributions.categorical import mode
from ..distributions.monotonic_alignment import apply_mask, chunkwise_weights
from ..functional import attention_state, components, kv_cache, masks
from .attention import Attention, check_built, check_inputs, check_value_shape, results
from .online_monotonic import chunk_weights, gather_rows, hard_monotonic_alignment


@keras.saving.register_keras_serializable(package="foveal")
class MonotonicAttention(Attention):
    """Every query looks at a key no earlier than the last one's (Raffel et al. 2017).

    1. scores `(batch, Tq, Tk)`: how much each query wants to stop at each key;
    2. weights: see `Monotonic`. In training expected ones, at inference 1 for the first key, from
       where the query before stopped, that it accepts;
    3. with `chunk_size` w > 1 (MoChA, Chiu & Raffel 2018) that weight is spread over the w keys up to
       it by a softmax, of the same scores or of others; see `MonotonicChunkwise`;
    4. the mean of the values under these weights.

    `attend_online` gives what a call gives at inference, and scores at most Tq + Tk pairs instead of all.

    Args:
        score: `"additive"` as in the paper, `"dot"`, `"scaled_dot"` or a layer.
        bias: None, a name such as `"alibi"`, a layer, or a list of them, which add up.
        distribution: `"monotonic"` or a `Monotonic`.
        chunk_size: w, how many keys a query looks at.
        chunk_score: compares the keys within a chunk, as `score`; None for the same scores.
        dropout: share of the weights dropped in training; those returned are whole.

    Call arguments:
        query, value, key, query_mask, value_mask, key_mask, attention_mask,
            return_attention_scores, return_decisions, training, use_causal_mask, cache, prior,
            state: as in `SoftAttention`. A masked query leaves the walk where it stands.

    Returns:
        The context `(batch, Tq, value_dim)`; then, where asked for, the weights `(batch, Tq, Tk)`;
        the decisions, `{"sample": (batch, Tq)}`, the key at which the walk most likely stops, int32,
        -1 where there is none; and with a state the state as it is now, which holds where the walk
        stands. A query that accepts no key gets zeros.

    Raises:
        ValueError: if ranks, widths or masks do not fit, a part is unknown, the distribution is no
            `Monotonic`, a bias asks for a coverage, `chunk_size` is below 1, or a chunk of one key
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
        score: Any = "additive",
        bias: Any = None,
        distribution: Any = "monotonic",
        chunk_size: int = 1,
        chunk_score: Any = None,
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(score=score, bias=bias, distribution=distribution, dropout=dropout, **kwargs)
        if not isinstance(self.distribution, Monotonic):
            raise ValueError(f"Expected a `Monotonic` distribution. Received: {distribution!r}")
        least = 1 if chunk_score is None else 2  # keys to compare
        if chunk_size < least:
            raise ValueError(
                f"`chunk_size` must be at least {least} with chunk_score={chunk_score!r}. "
                f"Received: {chunk_size}"
            )
        if "coverage" in self.state_keys:
            raise ValueError(
                "A coverage takes the queries one by one, a walk takes them together: expected biases "
                f"that ask for none. Received: {self.bias}"
            )
        self.chunk_size = chunk_size
        if chunk_score is not None:
            chunk_score = scores.get(chunk_score, dtype=self.dtype_policy)
        self.chunk_score: Any = chunk_score

    def build(
        self, query_shape: tuple, value_shape: tuple | None = None, key_shape: tuple | None = None
    ) -> None:
        value_shape = check_value_shape(value_shape)
        key_shape = key_shape or value_shape
        self.build_components(query_shape, key_shape)
        if self.chunk_score is not None:
            components.build_component(self.chunk_score, query_shape, key_shape)

    def call(
        self,
        query: Any,
        value: Any = None,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        return_decisions: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
        cache: dict | None = None,
        prior: Any = None,
        state: dict | None = None,
    ) -> Any:
        check_inputs(query, value, key)
        memory = kv_cache.memory(self, value, key, cache)
        mask = masks.compute_attention_mask(
            query,
            memory["key"],
            query_mask=query_mask,
            value_mask=value_mask,
            key_mask=key_mask,
            attention_mask=attention_mask,
            use_causal_mask=use_causal_mask,
        )
        attention_context = self.attention_context(query, memory["key"], mask, prior=prior, state=state)
        query = biases.transform_all(self.bias, query, attention_context.query_positions)
        weights, alignment, decisions = self._look(query, memory, attention_context, training)
        return results(
            self._mix(weights, memory["value"], training),
            (weights, return_attention_scores),
            (decisions, return_decisions),
            (
                state and {**attention_state.advance(state, weights), "previous": alignment[:, -1]},
                state is not None,
            ),
        )

    def attend_online(
        self,
        query: Any,
        value: Any = None,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        return_attention_scores: bool = False,
        cache: dict | None = None,
        state: dict | None = None,
    ) -> Any:
        """What a call gives at inference, found by scoring one key after the other: see `walk`.

        An example takes at most Tq + Tk scores, and as many again as its chunks have keys. The
        arguments are those of a call. There must be no bias: it would ask for all keys at once.
        """
        check_inputs(query, value, key)
        if self.bias:
            raise ValueError(f"A walk sees one key at a time: expected no bias. Received: {self.bias}")
        query, value, key = (x if x is None else ops.cast(x, self.compute_dtype) for x in (query, value, key))
        memory = kv_cache.memory(self, value, key, cache)
        batch, keys = ops.shape(memory["key"])[:2]
        counts = masks.compute_attention_mask(query, memory["key"], query_mask=query_mask)
        counts = ops.ones(ops.shape(query)[:2], "bool") if counts is None else counts[:, :, 0]
        seen = masks.compute_attention_mask(query, memory["key"], value_mask=value_mask, key_mask=key_mask)
        seen = ops.ones((batch, keys), "bool") if seen is None else seen[:, 0]
        counts = ops.logical_and(counts, ops.any(seen, axis=-1, keepdims=True))
        previous = (self.get_initial_state(batch, keys) if state is None else state)["previous"]
        ends = hard_monotonic_alignment(
            self.score, self.distribution, query, memory["key"], counts, seen, previous
        )
        score, chunk_key = self._of_chunks(memory)
        near, weights = chunk_weights(
            score, self.chunk_size, query, chunk_key, seen, ops.where(counts, ends, -1)
        )
        context = ops.matmul(weights[..., None, :], gather_rows(memory["value"], ops.maximum(near, 0)))
        everywhere = ops.sum(_one_hot(near, keys, weights.dtype) * weights[..., None], axis=-2)
        return results(
            context[..., 0, :],
            (everywhere, return_attention_scores),
            ({"previous": _one_hot(ends[:, -1], keys, "float32")}, state is not None),
        )

    def memory_cache(self, value: Any, key: Any = None) -> dict:
        """What depends on a fixed memory alone, computed once: pass it as `cache`."""
        check_built(self)
        key = value if key is None else key
        key = biases.transform_all(self.bias, key, ops.arange(ops.shape(key)[1], dtype="int32"))
        memory = {"key": self.score.project_key(key), "value": value}
        if self.chunk_score is not None:
            memory["chunk_key"] = self.chunk_score.project_key(key)
        return memory

    def context_dim(self, query_width: int, value_width: int) -> int:
        return value_width

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "chunk_size": self.chunk_size,
            "chunk_score": keras.saving.serialize_keras_object(self.chunk_score),
        }

    def _look(
        self, query: Any, memory: dict, attention_context: AttentionContext, training: bool | None
    ) -> tuple[Any, Any, dict]:
        """The weights, where the walk stands after each query, and what was decided."""
        leaning = self.score.compute_scores(query, memory["key"])
        leaning = energies = biases.add_biases(self.bias, leaning, query, memory["key"], attention_context)
        if self.chunk_score is not None:
            energies = self.chunk_score.compute_scores(query, memory["chunk_key"])
        mask = biases.update_mask(self.bias, attention_context).mask
        alignment = self.distribution.align(leaning, mask, training, attention_context.previous_weights)
        weights = chunkwise_weights(alignment, energies, mask, self.chunk_size)
        return ops.cast(weights, leaning.dtype), alignment, {"sample": mode(apply_mask(alignment, mask))}

    def _of_chunks(self, memory: dict) -> tuple[Any, Any]:
        """What compares the keys of a chunk, and the keys as it does."""
        if self.chunk_score is None:
            return self.score, memory["key"]
        return self.chunk_score, memory["chunk_key"]


def _one_hot(index: Any, keys: Any, dtype: str) -> Any:
    """`(...)` to `(..., keys)`; zeros for -1."""
    return ops.cast(ops.equal(index[..., None], ops.arange(keys, dtype="int32")), dtype)
