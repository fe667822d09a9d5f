"""Attention that is told where to look."""

from typing import Any

import keras
from keras import ops

from .attention_loss import AttentionLoss

MIN_WEIGHT = 1e-6  # of a weight whose logarithm is taken


def attention_losses(weights: Any, gold: Any, divergence: str = "cross_entropy") -> tuple[Any, Any]:
    """How far each row of attention is from gold.

    With `w` the weights and `g` the gold of a row, divided by its sum:

    - `"cross_entropy"`: `-sum g log w` (Liu et al. 2016): every gold key is to get its share;
    - `"kl"`: `sum g log g / w`, the same less the entropy of the gold: 0 where attention is the gold;
    - `"mass"`: `-log sum w g / max g`: some of what is gold is to be looked at, whichever; for gold that
      says where a thing is, and not how much of it to look at (boxes, spans).

    Args:
        weights: `(batch, heads, queries, keys)`.
        gold: broadcasts to it, not negative; only the proportions within a row count.
        divergence: one of the three.

    Returns:
        The losses `(batch, heads, queries)` float32, 0 for rows without gold; and which rows have gold,
        boolean, of the shape of the gold without its keys.

    Raises:
        ValueError: where the divergence is another.

    Example:
        >>> losses, counts = attention_losses(np.array([[[[0.25, 0.75], [0.5, 0.5]]]]),
        ...                               np.array([[[[0.0, 1.0], [0.0, 0.0]]]]))
        >>> np.array(losses, float).round(3).tolist(), np.array(counts).tolist()
        ([[[0.288, 0.0]]], [[[True, False]]])

    Reference:
        Liu et al. 2016, Neural Machine Translation with Supervised Attention; Mi et al. 2016,
        Supervised Attentions for Neural Machine Translation.
    """
    if divergence not in DIVERGENCES:
        raise ValueError(f"`divergence` must be one of {list(DIVERGENCES)}. Received: {divergence!r}")
    weights, gold = ops.cast(weights, "float32"), ops.cast(gold, "float32")
    counts = ops.any(gold > 0, axis=-1)
    losses = DIVERGENCES[divergence](weights, gold)
    return ops.where(counts, losses, 0.0), counts


@keras.saving.register_keras_serializable(package="foveal")
class FocusSupervision(AttentionLoss):
    """Adds to a model's loss how far its attention is from gold: alignments, spans, boxes.

    The gold is an input of the model that is trained, and no part of the one that serves:

    ```
    seen, weights = keras.layers.MultiHeadAttention(4, 16)(x, y, return_attention_scores=True)
    predictions = keras.layers.Dense(10, activation="softmax")(seen)
    guided = FocusSupervision(weight=0.5, heads=[0], divergence="kl")(predictions, weights, gold)
    model = keras.Model([x, y, gold], guided)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit([xs, ys, golds], labels)
    served = keras.Model([x, y], predictions)  # the same weights, without gold
    ```

    `gold_from_links`, `gold_from_spans` and `gold_from_boxes` make gold of what people marked; `padded` makes
    it a batch. What is added is the mean over the rows that have gold, and over the heads.

    Args:
        weight: of the loss: a number, or a `keras.optimizers.schedules` schedule of the training steps, such
            as `PolynomialDecay(1.0, 2000, 0.0)`, which lets go of attention step by step.
        heads: which heads are told; all when None. Heads that are not told stay free.
        average_heads: whether the mean of these heads is told, and not each alone.
        divergence: `"cross_entropy"`, `"kl"` or `"mass"`: see `attention_losses`.

    Call arguments:
        outputs: what passes through: tensors of any shape.
        weights: `(batch, [heads,] queries, keys)`, as attention layers, Keras's own too, return them.
        gold: `(batch, [heads or 1,] queries, keys)`, not negative; only proportions count. A row of zeros
            says nothing, and does not count.
        attention_mask: boolean that broadcasts to the gold: gold on keys that may not be looked at is left
            out, and what is left of its row counts in full.
        training: whether the steps of a schedule are counted.

    Returns:
        `outputs`.

    Raises:
        ValueError: where the divergence is another, ranks or heads do not fit.

    Example:
        >>> layer = FocusSupervision(weight=2.0)
        >>> weights, gold = np.array([[[0.25, 0.75], [0.5, 0.5]]]), np.array([[[0, 1], [0, 0]]])
        >>> _ = layer(np.zeros((1, 3)), weights, gold)
        >>> [round(float(loss), 3) for loss in layer.losses]
        [0.575]

    Reference: see `attention_losses`.
    """

    def __init__(self, *args: Any, divergence: str = "cross_entropy", **kwargs: Any):
        super().__init__(*args, **kwargs)
        if divergence not in DIVERGENCES:
            raise ValueError(f"`divergence` must be one of {list(DIVERGENCES)}. Received: {divergence!r}")
        self.divergence = divergence

    def call(
        self,
        outputs: Any,
        weights: Any,
        gold: Any,
        attention_mask: Any = None,
        training: bool | None = None,
    ) -> Any:
        weights = self.chosen(weights)
        gold = ops.cast(gold, "float32")
        gold = gold[:, None] if len(gold.shape) == 3 else gold
        if attention_mask is not None:
            mask = ops.cast(attention_mask, "float32")
            gold = gold * (mask[:, None] if len(mask.shape) == 3 else mask)
        self.add_masked_mean(*attention_losses(weights, gold, self.divergence), training)
        return outputs

    def get_config(self) -> dict:
        return {**super().get_config(), "divergence": self.divergence}


def _cross_entropy(weights: Any, gold: Any) -> Any:
    return -ops.sum(_shares(gold) * ops.log(ops.maximum(weights, MIN_WEIGHT)), axis=-1)


def _kl(weights: Any, gold: Any) -> Any:
    shares = _shares(gold)
    return _cross_entropy(weights, gold) + ops.sum(shares * ops.log(ops.maximum(shares, 1e-30)), axis=-1)


def _mass(weights: Any, gold: Any) -> Any:
    whole = ops.divide_no_nan(gold, ops.max(gold, axis=-1, keepdims=True))
    return -ops.log(ops.maximum(ops.sum(weights * whole, axis=-1), MIN_WEIGHT))


def _shares(gold: Any) -> Any:
    return ops.divide_no_nan(gold, ops.sum(gold, axis=-1, keepdims=True))


DIVERGENCES = {"cross_entropy": _cross_entropy, "kl": _kl, "mass": _mass}
