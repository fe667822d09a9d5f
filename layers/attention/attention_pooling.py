"""Attention-weighted pooling over a sequence (Yang et al. 2016)."""

from typing import Any

import keras
from keras import ops

from ..biases.bias import BiasLike
from ..distributions.distribution import DistributionLike
from ..functional.components import InitializerLike
from ..functional.tensor import Tensor
from ..scores.score import ScoreLike
from .attention import Attention
from .attention_inputs import AttentionInputs
from .attention_outputs import AttentionOutputs


@keras.saving.register_keras_serializable(package="foveal")
class AttentionPooling(Attention):
    """Attention-weighted pooling over a sequence, with a learned query (Yang et al. 2016).

    1. scores: the relevance of each position to the query u, a weight of the layer; with the
       additive score `v . tanh(W_k h_t + W_q u)`, which is Yang's `u_w . tanh(W_w h_t + b_w)`;
    2. weights: a distribution over the positions that are not masked, from the scores;
    3. the mean of the sequence under these weights.

    Axes between batch and length are separate sequences. Applied to words and then to the resulting
    sentences, the layer is hierarchical attention: the mask that the first layer passes on masks the
    sentences without words.

    ```
    sentences, word_weights = AttentionPooling()(words, return_attention_scores=True)
    document, sentence_weights = AttentionPooling()(sentences, return_attention_scores=True)
    ```

    Args:
        score: `"additive"` as in the paper, `"dot"`, `"scaled_dot"` or a layer such as
            `Additive(units=100)`.
        bias: None, a name such as `"alibi"`, a layer, or a list of them, which are summed; the query
            is at position 0.
        distribution: `"softmax"` or a layer.
        dropout: fraction of the weights dropped in training; returned weights are those before dropout.
        query_initializer: of the query.

    Call arguments:
        inputs: `(batch, ..., T, dim)`.
        mask: boolean `(batch, ..., T)`, False at padding.
        return_attention_scores: whether to return the weights, before dropout.
        training: whether to drop weights.
        return_decisions: whether to return the decisions of the distribution.
        prior: for a `PriorBias`, `(batch, ..., T)`.

    Returns:
        The mean `(batch, ..., dim)`, zeros where all positions are masked; then, where requested, the
        weights `(batch, ..., T)` and the decisions, a dict.

    Raises:
        ValueError: if the inputs have no length and width, the mask does not fit, or a component is
            unknown.

    Example:
        >>> words = np.ones((2, 3, 5, 8))  # batch, sentences, words, dim
        >>> sentences, weights = AttentionPooling()(words, return_attention_scores=True)
        >>> tuple(sentences.shape), tuple(weights.shape), tuple(AttentionPooling()(sentences).shape)
        ((2, 3, 8), (2, 3, 5), (2, 8))

    Reference:
        Yang et al. 2016, Hierarchical Attention Networks for Document Classification, section 2.2.
    """

    def __init__(
        self,
        score: ScoreLike = "additive",
        bias: BiasLike | None = None,
        distribution: DistributionLike = "softmax",
        dropout: float = 0.0,
        query_initializer: InitializerLike = "random_normal",
        **kwargs: Any,
    ):
        super().__init__(score=score, bias=bias, distribution=distribution, dropout=dropout, **kwargs)
        self.query_initializer = keras.initializers.get(query_initializer)
        self.input_spec = keras.layers.InputSpec(min_ndim=3)

    def build(self, inputs_shape: tuple) -> None:
        *_, length, dim = inputs_shape
        self.query = self.add_weight(shape=(dim,), initializer=self.query_initializer, name="query")
        self.build_components((None, 1, dim), (None, length, dim))

    def call(
        self,
        inputs: Tensor,
        mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        return_decisions: bool = False,
        prior: Tensor | None = None,
    ) -> Tensor | tuple:
        *outer_shape, length, dim = ops.shape(inputs)
        rows = ops.reshape(inputs, (-1, length, dim))
        rows_inputs = AttentionInputs(
            query=ops.broadcast_to(self.query, (ops.shape(rows)[0], 1, dim)),
            value=rows,
            key_mask=None if mask is None else _to_rows("mask", mask, inputs),
            prior=None if prior is None else _to_rows("prior", prior, inputs)[:, None],
        )
        outputs = self._forward(rows_inputs, training, return_attention_scores)

        def from_rows(tensor: Tensor) -> Tensor:
            return ops.reshape(tensor, (*outer_shape, *ops.shape(tensor)[1:]))

        scores, decisions = outputs.attention_scores, outputs.decisions
        return AttentionOutputs(
            from_rows(outputs.output[:, 0]),
            None if scores is None else from_rows(scores[:, 0]),
            {name: from_rows(decision[..., 0]) for name, decision in decisions.items()},
        ).select(return_attention_scores, return_decisions)

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None) -> Tensor | None:
        """Mask the sequences whose positions are all masked; None for a single sequence."""
        if previous_mask is None or len(inputs.shape) == 3:
            return None
        return ops.any(previous_mask, axis=-1)

    def compute_output_shape(self, inputs_shape: tuple) -> tuple:
        return (*inputs_shape[:-2], inputs_shape[-1])

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "query_initializer": keras.initializers.serialize(self.query_initializer),
        }


def _to_rows(name: str, tensor: Tensor, inputs: Tensor) -> Tensor:
    """Reshape `(batch, ..., T)` to `(rows, T)`."""
    expected, received = tuple(inputs.shape[:-1]), tuple(tensor.shape)
    pairs = zip(expected, received, strict=False)
    if len(expected) != len(received) or any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise ValueError(f"`{name}` must have shape {expected}. Received: {name}.shape={received}")
    return ops.reshape(tensor, (-1, ops.shape(inputs)[-2]))
