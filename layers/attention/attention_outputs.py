"""Outputs of an attention layer: the context, and optionally weights, decisions, cache and state."""

from typing import NamedTuple

from ..functional.attention_axes import AttentionAxes
from ..functional.tensor import Tensor, TensorTree


class AttentionOutputs(NamedTuple):
    """Outputs of an attention layer; an output that was not computed is None.

    Attributes:
        output: `(batch, Tq, output_dim)`.
        attention_scores: weights before dropout, `(batch, [heads,] Tq, Tk)`.
        decisions: a dict of what distribution and gate decided.
        cache: the cache with the new positions.
        state: the state for the next query.

    Example:
        >>> AttentionOutputs("output", "weights", {}).select(True, False)
        ('output', 'weights')
        >>> AttentionOutputs.from_call(("output", "cache"), has_cache=True).cache
        'cache'
    """

    output: Tensor
    attention_scores: TensorTree = None
    decisions: TensorTree = None
    cache: TensorTree = None
    state: TensorTree = None

    def unfold(self, axes: AttentionAxes, query: Tensor, value: Tensor | None) -> "AttentionOutputs":
        """Return the outputs of folded inputs with the axes of these inputs; cache and state stay folded.

        Args:
            axes: the axes of attention, by which `AttentionInputs.fold` folded the inputs.
            query, value: the inputs `(batch, ..., dim)`; `value` is None with the cache of a memory.
        """
        scores = self.attention_scores
        return self._replace(
            output=axes.unfold(self.output, query),
            attention_scores=None if scores is None else axes.unfold_pairs(scores, query, value),
            decisions={name: axes.unfold_decision(x, query) for name, x in self.decisions.items()},
        )

    def select(self, return_attention_scores: bool, return_decisions: bool) -> Tensor | tuple:
        """Return what `call` returns: the output alone, or a tuple of the output and the optional outputs.

        Cache and state are returned wherever they are not None.
        """
        optional = [self.attention_scores] if return_attention_scores else []
        optional += [self.decisions] if return_decisions else []
        optional += [x for x in (self.cache, self.state) if x is not None]
        return (self.output, *optional) if optional else self.output

    @classmethod
    def from_call(
        cls,
        result: Tensor | tuple,
        has_scores: bool = False,
        has_decisions: bool = False,
        has_cache: bool = False,
        has_state: bool = False,
    ) -> "AttentionOutputs":
        """Read the result of a `call` by position: the inverse of `select`."""
        flags = (has_scores, has_decisions, has_cache, has_state)
        names = [name for name, flag in zip(cls._fields[1:], flags, strict=True) if flag]
        if not names:
            return cls(result)
        output, *optional = result
        return cls(output, **dict(zip(names, optional, strict=True)))
