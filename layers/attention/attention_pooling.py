"""A sequence becomes one vector, in which what counts counts most (Yang et al. 2016)."""

from typing import Any

import keras
from keras import ops

from .. import biases
from ..functional import masks
from .attention import Attention, results


@keras.saving.register_keras_serializable(package="foveal")
class AttentionPooling(Attention):
    """The mean of a sequence, each position weighted by how it suits a learned query (Yang et al. 2016).

    1. scores: how relevant each position is to the query u, a weight of the layer; with the
       additive score `v . tanh(W_k h_t + W_q u)`, which is Yang's `u_w . tanh(W_w h_t + b_w)`;
    2. weights: the scores as a distribution over the positions that count;
    3. the mean of the sequence under these weights.

    Axes between batch and length are further sequences of their own. Applied to words, then to
    what that makes of each sentence, it is hierarchical attention: the mask that the words'
    layer hands on leaves out the sentences without words.

    ```
    sentences, word_weights = AttentionPooling()(words, return_attention_scores=True)
    document, sentence_weights = AttentionPooling()(sentences, return_attention_scores=True)
    ```

    Args:
        score: `"additive"` as in the paper, `"dot"`, `"scaled_dot"` or a layer such as
            `Additive(units=100)`.
        bias: None, a name such as `"alibi"`, a layer, or a list of them, which add up; the query
            is at position 0.
        distribution: `"softmax"` or a layer.
        dropout: share of the weights dropped in training; those returned are whole.
        query_initializer: of the query.

    Call arguments:
        inputs: `(batch, ..., T, dim)`.
        mask: boolean `(batch, ..., T)`, True at the positions that count.
        return_attention_scores: whether to return the weights, before dropout.
        return_decisions: whether to return what the distribution decided.
        training: whether to drop weights.
        prior: for a `PriorBias`, `(batch, ..., T)`.

    Returns:
        The mean `(batch, ..., dim)`, zeros where no position counts; then, where asked for, the
        weights `(batch, ..., T)` and the decisions, a dict.

    Raises:
        ValueError: if the inputs have no length and width, the mask does not fit, or a part is
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
        score: Any = "additive",
        bias: Any = None,
        distribution: Any = "softmax",
        dropout: float = 0.0,
        query_initializer: Any = "random_normal",
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
        inputs: Any,
        mask: Any = None,
        return_attention_scores: bool = False,
        return_decisions: bool = False,
        training: bool | None = None,
        prior: Any = None,
    ) -> Any:
        *outer, length, dim = ops.shape(inputs)
        rows = ops.reshape(inputs, (-1, length, dim))
        query = ops.broadcast_to(self.query, (ops.shape(rows)[0], 1, dim))
        mask = None if mask is None else _rows("mask", mask, inputs)
        prior = None if prior is None else _rows("prior", prior, inputs)[:, None]
        attention_context = self.attention_context(
            query, rows, masks.compute_attention_mask(query, rows, key_mask=mask), prior=prior
        )
        query = biases.transform_all(self.bias, query, attention_context.query_positions)
        context, weights, decisions = self.attend(
            query, self.prepare_keys(rows), rows, attention_context, training
        )

        def outward(tensor: Any) -> Any:
            return ops.reshape(tensor, (*outer, *ops.shape(tensor)[1:]))

        return results(
            outward(context[:, 0]),
            (outward(weights[:, 0]), return_attention_scores),
            ({name: outward(value[..., 0]) for name, value in decisions.items()}, return_decisions),
        )

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Of several sequences, those in which a position counts."""
        if previous_mask is None or len(inputs.shape) == 3:
            return None
        return ops.any(previous_mask, axis=-1)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "query_initializer": keras.initializers.serialize(self.query_initializer),
        }


def _rows(name: str, tensor: Any, inputs: Any) -> Any:
    """`(batch, ..., T)` to `(rows, T)`."""
    expected, received = tuple(inputs.shape[:-1]), tuple(tensor.shape)
    pairs = zip(expected, received, strict=False)
    if len(expected) != len(received) or any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise ValueError(f"`{name}` does not fit the inputs: expected shape {expected}, received {received}.")
    return ops.reshape(tensor, (-1, ops.shape(inputs)[-2]))
