"""Base class of attention layers without heads and without projections of their own."""

from ..functional.tensor import Tensor
from .argument_checks import check_value_shape
from .attention import Attention
from .attention_inputs import AttentionInputs


class SingleHeadAttention(Attention):
    """Base class of attention without heads, and without projections beyond those of the score.

    Subclasses set the defaults of the components.
    """

    def build(
        self, query_shape: tuple, value_shape: tuple | None = None, key_shape: tuple | None = None
    ) -> None:
        value_shape = check_value_shape(value_shape)
        self.build_components(query_shape, key_shape or value_shape)

    def call(
        self,
        query: Tensor,
        value: Tensor | None = None,
        key: Tensor | None = None,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        key_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        return_decisions: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
        cache: dict[str, Tensor] | None = None,
        prior: Tensor | None = None,
        state: dict[str, Tensor] | None = None,
    ) -> Tensor | tuple:
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
        )
        outputs = self._forward(inputs, training, return_attention_scores)
        return outputs.select(return_attention_scores, return_decisions)
