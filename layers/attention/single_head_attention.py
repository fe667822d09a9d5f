"""Base class of attention layers without heads and without projections of their own."""

from keras import ops

from ..functional.attention_axes import AttentionAxes
from ..functional.tensor import Tensor, TensorTree
from .argument_checks import check_key_shape, check_value_shape
from .attention import Attention
from .attention_inputs import AttentionInputs
from .input_lists import is_list, unpack_inputs, unpack_masks


class SingleHeadAttention(Attention):
    """Base class of attention without heads, and without projections beyond those of the score.

    Subclasses set the defaults of the components.
    """

    def build(
        self, query_shape: tuple, value_shape: tuple | None = None, key_shape: tuple | None = None
    ) -> None:
        query_shape, value_shape, key_shape = unpack_inputs(query_shape, value_shape, key_shape)
        value_shape = check_value_shape(value_shape)
        key_shape = check_key_shape(value_shape, key_shape)
        self.build_components((None, *query_shape[-2:]), (None, *key_shape[-2:]))

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
        training: bool | None = None,
        use_causal_mask: bool = False,
        return_decisions: bool = False,
        cache: dict[str, Tensor] | None = None,
        prior: Tensor | None = None,
        state: dict[str, Tensor] | None = None,
        mask: TensorTree = None,
    ) -> Tensor | tuple:
        query_mask, value_mask, key_mask = unpack_masks(query, mask, query_mask, value_mask, key_mask)
        query, value, key = unpack_inputs(query, value, key)
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
        if len(query.shape) > 3:  # the axes between batch and length hold separate sequences
            axes = AttentionAxes(len(query.shape), (len(query.shape) - 2,))
            outputs = self._forward(inputs.fold(axes), training, return_attention_scores)
            outputs = outputs.unfold(axes, query, value)
        else:
            outputs = self._forward(inputs, training, return_attention_scores)
        return outputs.select(return_attention_scores, return_decisions)

    def compute_mask(self, inputs: TensorTree, mask: TensorTree = None) -> Tensor | None:
        """Return the mask of the query, the first of a list."""
        mask = mask[0] if is_list(inputs) and mask is not None else mask
        return None if mask is None else ops.convert_to_tensor(mask)

    def compute_output_shape(
        self, query_shape: tuple, value_shape: tuple | None = None, key_shape: tuple | None = None
    ) -> tuple:
        query_shape, value_shape, key_shape = unpack_inputs(query_shape, value_shape, key_shape)
        value_shape = check_value_shape(value_shape)
        check_key_shape(value_shape, key_shape)
        return (*query_shape[:-1], value_shape[-1])
