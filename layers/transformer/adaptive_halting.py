"""A block applied as often as each position needs (Graves 2016)."""

import inspect
from typing import Any

import keras
from keras import ops

from ..attention.attention import results
from ..functional import components


@keras.saving.register_keras_serializable(package="foveal")
class AdaptiveHalting(keras.layers.Layer):
    """Applies a block again and again, to each position as often as it asks (Graves 2016).

    Adaptive computation time, for each position on its own (Dehghani et al. 2019):

    1. `s_n = block(s_{n-1})`, from the inputs `s_0`; a position that halted stays as it is, and is
       still seen by the others;
    2. `h_n = sigmoid(W_h s_n + b_h)`: the chance to halt;
    3. a position halts at the first step N at which `h_1 + ... + h_N >= 1 - epsilon`, at the latest
       at `max_steps`;
    4. the output is `p_1 s_1 + ... + p_N s_N`, with `p_n = h_n` before N, and `p_N` the remainder
       `R = 1 - h_1 - ... - h_{N-1}`: the weights sum to 1;
    5. the ponder cost `N + R`, of which R has a gradient, joins the loss in training: `penalty`
       times its mean over the positions that count.

    At inference the block is not computed any more once all positions have halted.

    Args:
        block: any layer that maps `(batch, T, dim)` to the same, such as an `EncoderBlock`; if it
            takes a `mask` it is given one.
        max_steps: how often it is applied at most.
        epsilon: how much may be left to halt, so that a position can halt after one step.
        penalty: the price of a step.

    Call arguments:
        inputs: `(batch, T, dim)`.
        mask: boolean `(batch, T)`, True at the positions that count; the others never start.
        return_decisions: whether to return what was decided.
        training: whether the ponder cost joins the loss.

    Returns:
        The output `(batch, T, dim)`, zeros at masked positions; then, where asked for, the
        decisions: `"steps"`, N, int32, and `"ponder"`, N + R, `(batch, T)`; `"halting"`, the
        weights p, `(batch, max_steps, T)`.

    Raises:
        ValueError: if `max_steps` is below 1, `epsilon` not within [0, 1), the inputs are of
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
            raise ValueError(f"`max_steps` must be at least 1. Received: {max_steps}")
        if not 0 <= epsilon < 1:
            raise ValueError(f"`epsilon` must be in [0, 1). Received: {epsilon}")
        self.block = block
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
        inputs: Any,
        mask: Any = None,
        return_decisions: bool = False,
        training: bool | None = None,
    ) -> Any:
        left = ops.ones(ops.shape(inputs)[:2]) if mask is None else ops.cast(mask, "float32")
        counted, ponder = ops.sum(left), ops.zeros_like(left)
        stream, output, shares, running = inputs, ops.zeros_like(inputs, "float32"), [], []
        for n in range(self.max_steps):
            running.append(left > 0)
            stream = self._step(stream, running[-1], mask, training)
            chance = ops.cast(ops.sigmoid(self.halting_dense(stream))[..., 0], "float32")
            halts = left - chance <= (self.epsilon if n < self.max_steps - 1 else 1.0)
            shares.append(ops.where(halts, left, chance))  # who halted before has nothing left
            output = output + shares[-1][..., None] * ops.cast(stream, "float32")
            ponder = ponder + ops.where(halts, left, 0) + ops.cast(running[-1], "float32")
            left = left - shares[-1]
        if training:
            self.add_loss(self.penalty * ops.sum(ponder) / ops.maximum(counted, 1))
        decisions = {
            "steps": ops.sum(ops.cast(ops.stack(running), "int32"), axis=0),
            "ponder": ponder,
            "halting": ops.stack(shares, axis=1),
        }
        return results(ops.cast(output, self.compute_dtype), (decisions, return_decisions))

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "block": keras.saving.serialize_keras_object(self.block),
            "max_steps": self.max_steps,
            "epsilon": self.epsilon,
            "penalty": self.penalty,
        }

    @classmethod
    def from_config(cls, config: dict) -> "AdaptiveHalting":
        return cls(**{**config, "block": keras.saving.deserialize_keras_object(config["block"])})

    def _step(self, stream: Any, running: Any, mask: Any, training: bool | None) -> Any:
        """The block's output where a position is running, its input elsewhere."""

        def block() -> Any:
            takes_mask = "mask" in inspect.signature(self.block.call).parameters
            output = self.block(stream, training=training, **({"mask": mask} if takes_mask else {}))
            if tuple(output.shape) != tuple(stream.shape):
                raise ValueError(
                    f"The block must keep the shape of its input, {tuple(stream.shape)}. "
                    f"Received: {tuple(output.shape)}"
                )
            return ops.cast(output, stream.dtype)

        # In training always: what the block draws or remembers cannot leave a branch of JAX.
        output = block() if training else ops.cond(ops.any(running), block, lambda: stream)
        return ops.where(running[..., None], output, stream)
