"""Transformer encoder block with layer normalization before each sublayer (Vaswani et al. 2017)."""

import keras

from ..attention.attention_outputs import AttentionOutputs
from ..functional.tensor import Tensor
from .transformer_block import TransformerBlock


@keras.saving.register_keras_serializable(package="foveal")
class EncoderBlock(TransformerBlock):
    """Transformer encoder block: self-attention and feed-forward, pre-norm (Vaswani et al. 2017).

    Args:
        num_heads: number of heads; they divide the width of the inputs.
        intermediate_dim: width of the feed-forward layer.
        dropout: dropout rate of the output of each sublayer.
        attention_dropout: dropout rate of the attention weights.
        activation_dropout: dropout rate inside the feed-forward layer.
        bias, distribution, num_key_value_heads: of the self-attention, as in `SelfAttention`.
        self_attention_gate: gate of the self-attention: None, `"output"`, `"sentinel"` or a layer.

    Call arguments:
        inputs: `(batch, T, dim)`.
        mask: boolean `(batch, T)`, False at padding.
        return_attention_scores: whether to return the weights, before dropout.
        training: whether to apply dropout.
        return_decisions: whether to return the decisions of the distribution.

    Returns:
        The output `(batch, T, dim)`; then, where requested, the weights `(batch, heads, T, T)` and the
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
        inputs: Tensor,
        mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        return_decisions: bool = False,
    ) -> Tensor | tuple:
        attended = AttentionOutputs.from_call(
            self.self_attention(
                self.attention_norm(inputs),
                query_mask=mask,
                return_attention_scores=return_attention_scores,
                return_decisions=return_decisions,
                training=training,
            ),
            has_scores=return_attention_scores,
            has_decisions=return_decisions,
        )
        hidden = self.add_residual(inputs, attended.output, training)
        outputs = attended._replace(output=self.feed_forward(hidden, training))
        return outputs.select(return_attention_scores, return_decisions)
