"""Supervision of attention by gold attention: alignments, spans, boxes (Liu et al. 2016)."""

from typing import Any

import keras
from keras import ops

from ...layers.functional.tensor import Tensor, TensorTree
from .attention_loss import AttentionLoss
from .losses import attention_losses, check_divergence


@keras.saving.register_keras_serializable(package="foveal")
class FocusSupervision(AttentionLoss):
    """Attention supervision: adds the divergence of attention weights from gold to the loss of a model.

    The gold attention is an input of the training model only. The inference model has no such input:

    ```
    context, weights = keras.layers.MultiHeadAttention(4, 16)(x, y, return_attention_scores=True)
    predictions = keras.layers.Dense(10, activation="softmax")(context)
    supervised = FocusSupervision(weight=0.5, heads=[0], divergence="kl")(predictions, weights, gold)
    model = keras.Model([x, y, gold], supervised)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit([xs, ys, golds], labels)
    inference_model = keras.Model([x, y], predictions)  # the same weights, without gold
    ```

    `gold_from_links`, `gold_from_spans` and `gold_from_boxes` convert annotations to gold attention;
    `pad_gold` batches it. The loss is the mean over the rows with gold, and over the heads.

    Args:
        weight: of the loss: a number, or a `keras.optimizers.schedules` schedule of the training steps,
            such as `PolynomialDecay(1.0, 2000, 0.0)`, which reduces the supervision step by step.
        heads: indices of the supervised heads; all when None. The other heads are not supervised.
        average_heads: whether the mean of these heads is supervised, instead of each head.
        divergence: `"cross_entropy"`, `"kl"` or `"mass"`: see `attention_losses`.

    Call arguments:
        outputs: returned unchanged: tensors of any shape.
        weights: `(batch, [heads,] queries, keys)`, as attention layers, those of Keras too, return them.
        gold: `(batch, [heads or 1,] queries, keys)`, not negative; only proportions count. A row of zeros
            has no gold and no loss.
        attention_mask: boolean that broadcasts to the gold. Gold on masked keys is removed, and the
            remaining gold of the row is normalized.
        training: whether the step of a schedule advances.

    Returns:
        `outputs`.

    Raises:
        ValueError: if the divergence is unknown, or ranks or heads do not match.

    Example:
        >>> layer = FocusSupervision(weight=2.0)
        >>> weights, gold = np.array([[[0.25, 0.75], [0.5, 0.5]]]), np.array([[[0, 1], [0, 0]]])
        >>> _ = layer(np.zeros((1, 3)), weights, gold)
        >>> [round(float(loss), 3) for loss in layer.losses]
        [0.575]

    Reference:
        See `attention_losses`.
    """

    def __init__(self, *args: Any, divergence: str = "cross_entropy", **kwargs: Any):
        super().__init__(*args, **kwargs)
        check_divergence(divergence)
        self.divergence = divergence

    def call(
        self,
        outputs: TensorTree,
        weights: Tensor,
        gold: Tensor,
        attention_mask: Tensor | None = None,
        training: bool | None = None,
    ) -> TensorTree:
        weights = self.select_heads(weights)
        gold = ops.cast(gold, "float32")
        gold = gold[:, None] if len(gold.shape) == 3 else gold
        if attention_mask is not None:
            mask = ops.cast(attention_mask, "float32")
            gold = gold * (mask[:, None] if len(mask.shape) == 3 else mask)
        self.add_masked_mean(*attention_losses(weights, gold, self.divergence), training)
        return outputs

    def get_config(self) -> dict:
        return {**super().get_config(), "divergence": self.divergence}
