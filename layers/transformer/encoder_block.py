"""The encoder's block of a Transformer, which tells where it looked."""

from typing import Any

import keras

from ..attention.attention import results
from .transformer_block import TransformerBlock


@keras.saving.register_keras_serializable(package="foveal")
class EncoderBlock(TransformerBlock):
    """Self-attention and a feed-forward layer, each after a normalization (Vaswani et al. 2017).

    Args:
        num_heads: how many heads; they share the width of the inputs.
        intermediate_dim: width of the feed-forward layer.
        dropout: share dropped of what each sublayer adds to the stream.
        attention_dropout: share dropped of the attention weights.
        activation_dropout: share dropped inside the feed-forward layer.
        bias, distribution: of the self-attention, as in `SelfAttention`.

    Call arguments:
        inputs: `(batch, T, dim)`.
        mask: boolean `(batch, T)`, True at the positions that count.
        return_attention_scores: whether to return the weights, before dropout.
        return_decisions: whether to return what the distribution decided.
        training: whether to drop anything.

    Returns:
        The output `(batch, T, dim)`; then, where asked for, the weights `(batch, heads, T, T)` and the
        decisions, a dict of `(batch, heads, T)`.

    Raises:
        ValueError: if the width is no multiple of `num_heads`, or the mask does not fit.

    Example:
        >>> tuple(EncoderBlock(num_heads=2, intermediate_dim=16)(np.ones((1, 3, 8))).shape)
        (1, 3, 8)

    Reference:
        Vaswani et al. 2017, Attention Is All You Need, section 3.1; Xiong et al. 2020, On Layer
        Normalization in the Transformer Architecture (pre-norm).
    """

    def build(self, inputs_shape: tuple) -> None:
        self.build_block(inputs_shape)

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        return_attention_scores: bool = False,
        return_decisions: bool = False,
        training: bool | None = None,
    ) -> Any:
        update, weights, decisions = self.self_attention(
            self.attention_norm(inputs),
            query_mask=mask,
            return_attention_scores=True,
            return_decisions=True,
            training=training,
        )
        stream = self.add(inputs, update, training)
        output = self.feed_forward(stream, training)
        return results(output, (weights, return_attention_scores), (decisions, return_decisions))
