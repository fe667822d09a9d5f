"""Adaptive attention with a visual sentinel (Lu et al. 2017)."""

from typing import Any

import keras

from .. import biases
from ..biases.bias import BiasLike
from ..distributions.distribution import DistributionLike
from ..functional.tensor import Tensor
from ..gates import LSTMSentinel
from ..scores.score import ScoreLike
from .argument_checks import check_sentinel, check_value_shape
from .attention import Attention
from .attention_inputs import AttentionInputs


@keras.saving.register_keras_serializable(package="foveal")
class AdaptiveAttention(Attention):
    """Adaptive attention of an LSTM to regions, gated by a visual sentinel (Lu et al. 2017).

    With `x_t`, `h_t`, `m_t` the input, state and memory cell of the LSTM, `V` the regions:

    1. the sentinel `s_t = sigmoid(W_x x_t + W_h h_{t-1}) * tanh(m_t)` (eq. 9-10);
    2. `z_t = w_h . tanh(W_v V + W_g h_t)`, `alpha_t = softmax(z_t)`, `c_t = alpha_t V` (eq. 6-8);
    3. `beta_t`, the last of `softmax([z_t; w_h . tanh(W_s s_t + W_g h_t)])` (eq. 12);
    4. `beta_t s_t + (1 - beta_t) c_t` (eq. 11).

    Eq. 13, the distribution over words, is left to the model: it adds `h_t` and projects. The Transformer
    form of this layer is `MultiHeadAttention(gate="sentinel")`.

    Args:
        score: `"additive"` as in the paper, `"dot"`, `"scaled_dot"` or a layer.
        bias: None, a name such as `"alibi"`, a layer, or a list of them, which are summed; not
            `"rotary"`, because the sentinel has no position. A `transform` of a bias applies to query and
            keys, not to the key of the sentinel.
        distribution: `"softmax"` or a layer.
        dropout: fraction of the weights dropped in training; returned weights are those before dropout.

    Call arguments:
        query: `h_t`, `(batch, Tq, dim)`.
        value: the regions `V`, `(batch, Tk, units)`; None with a cache.
        key: `(batch, Tk, key_dim)`; `value` when None.
        lstm: `x_t`, `h_{t-1}` and `m_t`, each `(batch, Tq, ...)`; `m_t` as wide as `value`.
        query_mask, value_mask, key_mask, attention_mask, return_attention_scores,
            return_decisions, training, use_causal_mask, cache, prior, state: as in `SoftAttention`.

    Returns:
        The adaptive context `(batch, Tq, units)`; then, where requested, the weights alpha
        `(batch, Tq, Tk)`; and the decisions `{"gate": beta}`, `(batch, Tq)`: 1 for the sentinel
        alone, 0 for the regions alone. Where all keys are masked, and for a masked query, alpha is
        0 and beta 1: the output is the sentinel.

    Raises:
        ValueError: if `lstm` is missing, ranks, widths or masks do not fit, or a bias is `Rotary`.

    Example:
        >>> layer = AdaptiveAttention()
        >>> hidden, regions, words = np.ones((1, 3, 8)), np.ones((1, 5, 8)), np.ones((1, 3, 4))
        >>> tuple(layer(hidden, regions, lstm=(words, hidden, hidden)).shape)
        (1, 3, 8)

    Reference:
        Lu et al. 2017, Knowing When to Look: Adaptive Attention via a Visual Sentinel for Image
        Captioning, sections 2.3 and 2.4.
    """

    needs_lstm_states = True

    def __init__(
        self,
        score: ScoreLike = "additive",
        bias: BiasLike | None = None,
        distribution: DistributionLike = "softmax",
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(score=score, bias=bias, distribution=distribution, dropout=dropout, **kwargs)
        check_sentinel(self.distribution)
        if any(isinstance(part, biases.Rotary) for part in self.bias):
            raise ValueError(
                "`bias` must not be rotary, because the sentinel is a key without a position; use "
                "MultiHeadAttention(gate='sentinel'), whose sentinel has the position of its query. "
                f"Received: bias={bias!r}"
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
                "`lstm` must be (x_t, h_{t-1}, m_t), where m_t has the width of `value`, "
                f"{value_shape[-1]}. Received: shapes {lstm_shape}"
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
        query: Tensor,
        value: Tensor | None = None,
        key: Tensor | None = None,
        lstm: tuple[Tensor, Tensor, Tensor] | None = None,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        key_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
        return_decisions: bool = False,
        cache: dict[str, Tensor] | None = None,
        prior: Tensor | None = None,
        state: dict[str, Tensor] | None = None,
    ) -> Tensor | tuple:
        if lstm is None:
            raise ValueError("`lstm` must be (x_t, h_{t-1}, m_t). Received: lstm=None")
        inputs = AttentionInputs(
            query,
            value,
            key,
            query_mask,
            value_mask,
            key_mask,
            attention_mask,
            use_causal_mask,
            cache=cache,
            prior=prior,
            state=state,
            lstm=lstm,
        )
        outputs = self._forward(inputs, training, return_attention_scores)
        return outputs.select(return_attention_scores, return_decisions)

    def compute_output_shape(
        self,
        query_shape: tuple,
        value_shape: tuple,
        key_shape: tuple | None = None,
        lstm_shape: tuple | None = None,
    ) -> tuple:
        return (*query_shape[:-1], value_shape[-1])

    def make_sentinel(self, inputs: AttentionInputs, query_positions: Tensor) -> tuple[Tensor, Tensor]:
        sentinel = self.sentinel(*(inputs.lstm or ()))
        return sentinel, self.sentinel_dense(sentinel)
