"""Adaptive computation time: a block applied a variable number of times (Graves 2016)."""

import inspect
from typing import Any

import keras
from keras import ops

from ..functional import components
from ..functional.output_spec import traced_output_spec
from ..functional.precision import working_dtype
from ..functional.tensor import Tensor, TensorTree


@keras.saving.register_keras_serializable(package="foveal")
class AdaptiveHalting(keras.layers.Layer):
    """Adaptive computation time per position (Graves 2016; Dehghani et al. 2019).

    1. `s_n = block(s_{n-1})`, from the inputs `s_0`; a position that halted keeps its features, and
       remains visible to the other positions;
    2. `h_n = sigmoid(W_h s_n + b_h)`: the halting probability;
    3. a position halts at the first step N at which `h_1 + ... + h_N >= 1 - epsilon`, at the latest
       at `max_steps`;
    4. the output is `p_1 s_1 + ... + p_N s_N`, with `p_n = h_n` before N, and `p_N` the remainder
       `R = 1 - h_1 - ... - h_{N-1}`: the weights sum to 1;
    5. the ponder cost `N + R`, of which R has a gradient, is added to the loss in training: `penalty`
       times its mean over the positions that are not masked.

    At inference the block is not computed after all positions have halted.

    Args:
        block: any layer that maps `(batch, T, dim)` to the same shape, such as an `EncoderBlock`. A block
            whose call accepts `mask` receives the mask.
        max_steps: maximum number of steps.
        epsilon: a position halts with a remainder of at most epsilon, so that it can halt after one step.
        penalty: weight of the ponder cost in the loss.

    Call arguments:
        inputs: `(batch, T, dim)`.
        mask: boolean `(batch, T)`, False at padding; masked positions take no step.
        training: whether to add the ponder cost to the loss.
        return_decisions: whether to return the decisions.

    Returns:
        The output `(batch, T, dim)`, zeros at masked positions; then, where requested, the
        decisions: `"steps"`, N, int32, and `"ponder"`, N + R, `(batch, T)`; `"halting"`, the
        weights p, `(batch, max_steps, T)`.

    Raises:
        ValueError: if `max_steps` is below 1, `epsilon` is not in [0, 1), the inputs have
            another rank or the block changes their shape.

    Example:
        >>> layer = AdaptiveHalting(keras.layers.Dense(8, activation="tanh"), max_steps=4)
        >>> output, decisions = layer(np.ones((1, 3, 8)), return_decisions=True)
        >>> tuple(output.shape), np.array(decisions["halting"]).sum(1).round(5).tolist()
        ((1, 3, 8), [[1.0, 1.0, 1.0]])

    Reference:
        Graves 2016, Adaptive Computation Time for Recurrent Neural Networks, section 2; Dehghani
        et al. 2019, Universal Transformers, section 2.2.
    """

    def __init__(
        self,
        block: keras.layers.Layer,
        max_steps: int,
        epsilon: float = 0.01,
        penalty: float = 0.01,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        if max_steps < 1:
            raise ValueError(f"`max_steps` must be at least 1. Received: max_steps={max_steps}")
        if not 0 <= epsilon < 1:
            raise ValueError(f"`epsilon` must be in [0, 1). Received: epsilon={epsilon}")
        self.block = block
        components.add_user(self, block)
        self.max_steps = max_steps
        self.epsilon = epsilon
        self.penalty = penalty
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def build(self, inputs_shape: tuple) -> None:
        components.build_component(self.block, inputs_shape)
        self.halting_dense = keras.layers.Dense(
            1, bias_initializer="ones", dtype=self.dtype_policy, name="halting"
        )
        self.halting_dense.build(inputs_shape)

    def call(
        self,
        inputs: Tensor,
        mask: Tensor | None = None,
        training: bool | None = None,
        return_decisions: bool = False,
    ) -> Tensor | tuple:
        dtype = working_dtype(inputs.dtype)
        remainder = ops.ones(ops.shape(inputs)[:2], dtype) if mask is None else ops.cast(mask, dtype)
        count, ponder = ops.sum(remainder), ops.zeros_like(remainder)
        features, output = inputs, ops.zeros_like(inputs, dtype)
        step_weights, running = [], []
        for step in range(self.max_steps):
            running.append(remainder > 0)
            features = self._step(features, running[-1], mask, training)
            halting = ops.cast(ops.sigmoid(self.halting_dense(features))[..., 0], dtype)
            halts = remainder - halting <= (self.epsilon if step < self.max_steps - 1 else 1.0)
            step_weights.append(ops.where(halts, remainder, halting))  # 0 after a position has halted
            output = output + ops.expand_dims(step_weights[-1], -1) * ops.cast(features, dtype)
            ponder = ponder + ops.where(halts, remainder, 0) + ops.cast(running[-1], dtype)
            remainder = remainder - step_weights[-1]
        if training:
            self.add_loss(self.penalty * ops.sum(ponder) / ops.maximum(count, 1))
        output = ops.cast(output, self.compute_dtype)
        if not return_decisions:
            return output
        return output, {
            "steps": ops.sum(ops.cast(ops.stack(running), "int32"), axis=0),
            "ponder": ponder,
            "halting": ops.stack(step_weights, axis=1),
        }

    def compute_output_shape(self, inputs_shape: tuple) -> tuple:
        return inputs_shape

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> TensorTree:
        return traced_output_spec(self, *args, **kwargs)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "block": components.serialize_component(self.block),
            "max_steps": self.max_steps,
            "epsilon": self.epsilon,
            "penalty": self.penalty,
        }

    @classmethod
    def from_config(cls, config: dict) -> "AdaptiveHalting":
        return cls(**{**config, "block": components.deserialize_component(config["block"])})

    def _step(self, features: Tensor, running: Tensor, mask: Tensor | None, training: bool | None) -> Tensor:
        """Apply the block to running positions; the other positions keep their features."""

        def apply_block() -> Tensor:
            accepts_mask = "mask" in inspect.signature(self.block.call).parameters
            output = self.block(features, training=training, **({"mask": mask} if accepts_mask else {}))
            if tuple(output.shape) != tuple(features.shape):
                raise ValueError(
                    f"`block` must keep the shape of its input, {tuple(features.shape)}. "
                    f"Received: output.shape={tuple(output.shape)}"
                )
            return ops.cast(output, features.dtype)

        # Training always applies the block: random states and losses of the block cannot leave a JAX branch.
        output = apply_block() if training else ops.cond(ops.any(running), apply_block, lambda: features)
        return ops.where(ops.expand_dims(running, -1), output, features)
