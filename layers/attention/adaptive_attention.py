"""When to look, and when to rely on memory (Lu et al. 2017)."""

from typing import Any

import keras

from .. import biases
from ..functional import attention_state, kv_cache, masks
from ..gates import LSTMSentinel
from .attention import Attention, check_built, check_inputs, check_sentinel, check_value_shape, results


@keras.saving.register_keras_serializable(package="foveal")
class AdaptiveAttention(Attention):
    """Attention of an LSTM that may look at regions or rely on its own memory (Lu et al. 2017).

    With `x_t`, `h_t`, `m_t` the LSTM's input, state and cell state, `V` the regions:

    1. the sentinel `s_t = sigmoid(W_x x_t + W_h h_{t-1}) * tanh(m_t)` (eq. 9-10);
    2. `z_t = w_h . tanh(W_v V + W_g h_t)`, `alpha_t = softmax(z_t)`, `c_t = alpha_t V` (eq. 6-8);
    3. `beta_t`, the last of `softmax([z_t; w_h . tanh(W_s s_t + W_g h_t)])` (eq. 12);
    4. `beta_t s_t + (1 - beta_t) c_t` (eq. 11).

    Eq. 13, the word, is the model's: it adds `h_t` and projects. For a Transformer the same idea
    is `MultiHeadAttention(gate="sentinel")`.

    Args:
        score: `"additive"` as in the paper, `"dot"`, `"scaled_dot"` or a layer.
        bias: None, a name such as `"alibi"`, a layer, or a list of them, which add up; not
            `"rotary"`, for memory stands at no position.
        distribution: `"softmax"` or a layer.
        dropout: share of the weights dropped in training; those returned are whole.

    Call arguments:
        query: `h_t`, `(batch, Tq, dim)`.
        value: the regions `V`, `(batch, Tk, units)`; None with a cache.
        key: `(batch, Tk, key_dim)`; `value` when None.
        lstm: `x_t`, `h_{t-1}` and `m_t`, each `(batch, Tq, ...)`; `m_t` as wide as `value`.
        query_mask, value_mask, key_mask, attention_mask, return_attention_scores,
            return_decisions, training, use_causal_mask, cache, prior, state: as in `SoftAttention`.

    Returns:
        The adaptive context `(batch, Tq, units)`; then, where asked for, the weights alpha
        `(batch, Tq, Tk)`; and the decisions `{"gate": beta}`, `(batch, Tq)`: 1 where the layer
        relies on memory alone, 0 where it only looks. Where all keys are masked alpha is 0 and
        beta 1.

    Raises:
        ValueError: if `lstm` is missing, ranks, widths or masks do not fit, or a bias turns the keys.

    Example:
        >>> layer = AdaptiveAttention()
        >>> hidden, regions, words = np.ones((1, 3, 8)), np.ones((1, 5, 8)), np.ones((1, 3, 4))
        >>> tuple(layer(hidden, regions, lstm=(words, hidden, hidden)).shape)
        (1, 3, 8)

    Reference:
        Lu et al. 2017, Knowing When to Look: Adaptive Attention via a Visual Sentinel for Image
        Captioning, sections 2.3 and 2.4.
    """

    def __init__(
        self,
        score: Any = "additive",
        bias: Any = None,
        distribution: Any = "softmax",
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(score=score, bias=bias, distribution=distribution, dropout=dropout, **kwargs)
        check_sentinel(self.distribution)
        if any(isinstance(part, biases.Rotary) for part in self.bias):
            raise ValueError(
                "The sentinel is a key without a position: expected biases that add to the scores, or "
                f"MultiHeadAttention(gate='sentinel'), whose sentinel stands at its query. Received: {bias!r}"
            )
        self.sentinel = LSTMSentinel(dtype=self.dtype_policy)

    def build(
        self,
        query_shape: tuple,
        value_shape: tuple | None = None,
        key_shape: tuple | None = None,
        lstm_shape: tuple | None = None,
    ) -> None:
        value_shape = check_value_shape(value_shape)
        if lstm_shape is None or len(lstm_shape) != 3 or lstm_shape[2][-1] != value_shape[-1]:
            raise ValueError(
                "`lstm` must be the LSTM's input, previous state and memory, the memory as wide as "
                f"`value`, {value_shape[-1]}. Received shapes: {lstm_shape}"
            )
        self.build_components(query_shape, key_shape or value_shape)
        self.sentinel.build(*lstm_shape)
        self.sentinel_dense = keras.layers.Dense(
            self.score.projected_dim(query_shape[-1]),
            use_bias=False,
            dtype=self.dtype_policy,
            name="sentinel_key",
        )
        self.sentinel_dense.build(lstm_shape[2])

    def call(
        self,
        query: Any,
        value: Any = None,
        key: Any = None,
        lstm: tuple | None = None,
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
        if lstm is None:
            raise ValueError("Expected `lstm`, (x_t, h_{t-1}, m_t). Received: None")
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
        sentinel = self.sentinel(*lstm)
        attention_context = self.attention_context(query, memory["key"], mask, prior=prior, state=state)
        output, weights, decisions = self.attend(
            query,
            memory["key"],
            memory["value"],
            attention_context,
            training,
            sentinel=(sentinel, self.sentinel_dense(sentinel)),
        )
        return results(
            output,
            (weights, return_attention_scores),
            (decisions, return_decisions),
            (state and attention_state.advance(state, weights), state is not None),
        )

    def memory_cache(self, value: Any, key: Any = None) -> dict:
        """What depends on a fixed memory alone, computed once: pass it as `cache`."""
        check_built(self)
        return {"key": self.prepare_keys(value if key is None else key), "value": value}

    def context_dim(self, query_width: int, value_width: int) -> int:
        return value_width
