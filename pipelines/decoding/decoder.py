"""What a decoder needs to go step by step: something to look at, and a step function to search with."""

from typing import Any, NamedTuple, Protocol

import tensorflow as tf

from .search import Focus, Step


class Memory(NamedTuple):
    """What a decoder looks at, encoded once for all beams.

    values: `(batch, S, width)`.
    mask: `(batch, S)` boolean, the positions that may be seen; None: all.
    states: the first states of a recurrent decoder, each `(batch, units)`; the others start at zero.
    """

    values: tf.Tensor
    mask: tf.Tensor | None = None
    states: tuple[tf.Tensor, ...] = ()


class Decoder(Protocol):
    """A trained model, one step at a time."""

    def start(
        self,
        source: Any,
        num_beams: int,
        max_length: int | tf.Tensor | None,
        focus_keys: tuple[str, ...] = (),
    ) -> tuple[Step, list, Focus]:
        """Encode `source`, `(batch, ...)`; return the step function, its first state and first focus.

        Args:
            source: what the model was trained to read.
            num_beams: sequences per example.
            max_length: number of steps that there must be room for; None: room is made step by step, of
                which beams have less to move, but XLA cannot compile it.
            focus_keys: what the focus holds, of `"attention"` `(batch, num_beams, S)`, `"gate"` `(batch, num_beams)`,
                `"attention_heads"` `(batch, num_beams, blocks, heads, S)` and `"gate_heads"`
                `(batch, num_beams, blocks, heads)`.
        """
        ...
