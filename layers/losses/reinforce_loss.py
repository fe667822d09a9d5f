"""REINFORCE loss layer for hard attention (Xu et al. 2015)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
from keras import ops

from ..functional.output_spec import traced_output_spec
from ..functional.precision import at_least_float32, working_dtype
from ..functional.tensor import Tensor, TensorTree
from .policy_gradient import policy_gradient, sum_per_example


@keras.saving.register_keras_serializable(package="foveal")
class ReinforceLoss(keras.layers.Layer):
    """REINFORCE loss with a moving-average baseline, the last layer of a model (Xu et al. 2015).

    Let `L` be the loss of an example, summed over its words, `W` the number of words, `s` the sampled
    keys and `b` the baseline.

    1. The mean loss is `sum L / sum W`, over the batch.
    2. Each example adds to the gradient of `L`
       `reward_weight * (L - b W) * d log p(s) - entropy_weight * d H(s)`.
    3. Then, in training, `b <- baseline_decay * b + (1 - baseline_decay) * mean loss`.

    The mean loss is added by `add_loss` and reported; step 2 changes only gradients. The first batch
    is its own baseline. Each of several devices has a baseline of its own.

    The labels are an input of such a model, which is compiled without a loss:

    ```
    context, decisions = HardAttention()(query, value, return_decisions=True)
    predictions = keras.layers.Dense(10, activation="softmax")(context)
    outputs = ReinforceLoss("sparse_categorical_crossentropy")(predictions, labels, decisions)
    model = keras.Model([query, value, labels], outputs)
    model.compile("adam")
    model.fit([queries, values, labels])
    predictor = keras.Model([query, value], predictions)  # the same weights, without labels
    ```

    Args:
        loss: name or instance of a Keras loss.
        reward_weight: weight of the log-probability term (lambda_r).
        entropy_weight: weight of the entropy bonus (lambda_e).
        baseline_decay: decay of the moving average, in [0, 1).

    Call arguments:
        predictions: as the loss takes them, `(batch, ...)`.
        labels: as the loss takes them.
        decisions: decisions of the attention; a list of them for several layers.
        sample_weight: `(batch,)` or of the shape of the losses, such as `(batch, words)`; False or 0
            excludes an element.
        predictions_mask: boolean of such a shape; Keras passes the mask of earlier layers.
        training: whether the baseline is updated.

    Returns:
        The predictions.

    Raises:
        ValueError: if `baseline_decay` is outside [0, 1), decisions are not those of `Reinforce`,
            or weights do not fit.

    Example:
        >>> layer = ReinforceLoss("mean_squared_error")
        >>> decisions = {"log_prob": np.array([[-0.7]]), "entropy": np.array([[0.6]])}
        >>> _ = layer(np.array([[1.0]]), np.array([[3.0]]), decisions, training=True)
        >>> [float(loss) for loss in layer.losses], float(layer.baseline.numpy())
        ([4.0], 4.0)

    Reference:
        Xu et al. 2015, Show, Attend and Tell, section 4.1, eq. 10-12 and the rule below them.
    """

    def __init__(
        self,
        loss: str | dict | keras.losses.Loss | Callable,
        reward_weight: float = 1.0,
        entropy_weight: float = 0.01,
        baseline_decay: float = 0.9,
        **kwargs: Any,
    ):
        super().__init__(autocast=False, **kwargs)  # losses are computed in float32 or wider
        if not 0 <= baseline_decay < 1:
            raise ValueError(f"`baseline_decay` must be in [0, 1). Received: baseline_decay={baseline_decay}")
        self.supports_masking = True
        self.loss = keras.losses.get(loss)
        self.reward_weight = reward_weight
        self.entropy_weight = entropy_weight
        self.baseline_decay = baseline_decay

    def build(self, predictions_shape: tuple) -> None:
        state = {"initializer": "zeros", "trainable": False}
        dtype = working_dtype(self.variable_dtype)
        self.baseline = self.add_weight(dtype=dtype, name="baseline", **state)
        self.num_batches = self.add_weight(dtype="int32", name="num_batches", **state)

    def call(
        self,
        predictions: Tensor,
        labels: Tensor,
        decisions: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]],
        sample_weight: Tensor | None = None,
        predictions_mask: Tensor | None = None,
        training: bool | None = None,
    ) -> Tensor:
        losses = self._unreduced_loss(predictions, labels)
        weights = _multiply_weights(losses, sample_weight=sample_weight, predictions_mask=predictions_mask)
        losses, num_words = sum_per_example(losses * weights), sum_per_example(weights)
        mean = ops.divide_no_nan(ops.sum(losses), ops.sum(num_words))
        baseline = self._update_baseline(ops.stop_gradient(mean)) if training else self.baseline.value
        losses = losses + policy_gradient(
            losses,
            decisions,
            ops.cast(baseline, losses.dtype) * num_words,
            self.reward_weight,
            self.entropy_weight,
        )
        self.add_loss(ops.divide_no_nan(ops.sum(losses), ops.sum(num_words)))
        return predictions

    def compute_output_shape(self, predictions_shape: tuple) -> tuple:
        return predictions_shape

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> TensorTree:
        return traced_output_spec(self, *args, **kwargs)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "loss": keras.losses.serialize(self.loss),
            "reward_weight": self.reward_weight,
            "entropy_weight": self.entropy_weight,
            "baseline_decay": self.baseline_decay,
        }

    def _unreduced_loss(self, predictions: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of every prediction, `(batch, ...)`, float32 or wider."""
        loss = self.loss.call if isinstance(self.loss, keras.losses.Loss) else self.loss
        return at_least_float32(loss(labels, at_least_float32(predictions)))

    def _update_baseline(self, mean: Tensor) -> Tensor:
        """Return the baseline of this batch, and update that of the next."""
        baseline = ops.where(self.num_batches.value > 0, ops.cast(self.baseline.value, mean.dtype), mean)
        self.baseline.assign(self.baseline_decay * baseline + (1 - self.baseline_decay) * mean)
        self.num_batches.assign(self.num_batches.value + 1)
        return baseline


def _multiply_weights(losses: Tensor, **weights: Tensor | None) -> Tensor:
    """Multiply the weights and masks that are given, broadcast to the losses.

    Raises:
        ValueError: if a weight has another shape than the first axes of the losses.
    """
    product = ops.ones_like(losses)
    for name, weight in weights.items():
        if weight is None:
            continue
        expected, received = tuple(losses.shape), tuple(weight.shape)
        pairs = zip(expected, received, strict=False)
        if len(received) > len(expected) or any(None not in pair and pair[0] != pair[1] for pair in pairs):
            raise ValueError(
                f"`{name}` must be of shape {expected}, or of its first axes. "
                f"Received: {name} of shape {received}"
            )
        missing = [None] * (len(expected) - len(received))
        product = product * ops.cast(weight, losses.dtype)[(..., *missing)]
    return product
