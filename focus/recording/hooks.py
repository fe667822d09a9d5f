"""Hooks of attention layers: collect their weights during a call, and patch attributes temporarily."""

import contextlib
import functools
import inspect
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from ...layers.functional import keras_compat
from ...layers.functional.tensor import Tensor

_LOCK = threading.RLock()
_MISSING = object()


class CollectedWeights(NamedTuple):
    """Attention weights, mask and gate of one call of an attention layer, as tensors.

    Attributes:
        layer: name of the layer, with the names of its parents.
        weights: `(batch, heads, queries, keys)` float32.
        mask: boolean `(batch, heads or 1, queries or 1, keys or 1)`, or None.
        gate: `(batch, heads, queries)` float32, or None.
        gate_kind: as in `FocusRecord`.
    """

    layer: str
    weights: Tensor
    mask: Tensor | None = None
    gate: Tensor | None = None
    gate_kind: str = "sentinel"


class WeightCollector:
    """Collector of the attention weights of a forward pass, in the order of the calls.

    Attributes:
        collected: a `CollectedWeights` for each call.
    """

    def __init__(self) -> None:
        self.collected: list[CollectedWeights] = []

    def add(
        self,
        layer: str,
        weights: Tensor,
        mask: Tensor | None = None,
        gate: Tensor | None = None,
        gate_kind: str = "sentinel",
    ) -> None:
        """Add the attention weights of a call.

        Args:
            layer: name of the layer.
            weights: `(batch, queries, keys)`, or with heads `(batch, heads, queries, keys)`.
            mask: boolean, broadcasts to `(batch, queries, keys)` or, with rank 4, to the weights.
            gate: `(batch, queries)`, or with heads `(batch, heads, queries)`.
            gate_kind: as in `FocusRecord`.

        Raises:
            ValueError: if the weights have another rank.
        """
        if len(weights.shape) not in (3, 4):
            raise ValueError(
                f"`weights` of {layer} must have shape (batch, [heads,] queries, keys). "
                f"Received: weights.shape={tuple(weights.shape)}"
            )
        weights = ops.cast(weights if len(weights.shape) == 4 else weights[:, None], "float32")
        if gate is not None:
            gate = ops.cast(gate if len(gate.shape) == 3 else gate[:, None], "float32")
        if mask is not None:
            mask = mask if len(mask.shape) == 4 else mask[:, None]
            mask = ops.logical_and(mask, ops.ones_like(weights[:, :1, :1, :1], dtype="bool"))
        self.collected.append(CollectedWeights(layer, weights, mask, gate, gate_kind))

    @contextlib.contextmanager
    def collect_separately(self) -> Iterator[list[CollectedWeights]]:
        """Collect the calls within the context in a list of their own.

        Yields:
            The list, which `collected` does not include.
        """
        outer, self.collected = self.collected, []
        try:
            yield self.collected
        finally:
            self.collected = outer


Adapter = Callable[[keras.layers.Layer, str, WeightCollector], dict[str, Any]]
"""Function of a layer, its name and a collector to the attributes of the layer while it is recorded."""


def match_adapters(
    model: keras.layers.Layer, adapters: Sequence[tuple[type, Adapter]], fallback: Adapter | None = None
) -> list[tuple[str, keras.layers.Layer, Adapter]]:
    """Find the attention layers of a model and their adapters.

    The first of `adapters` with a matching type takes a layer with all its sublayers. Any other layer whose
    `call` accepts `return_attention_scores` takes the `fallback`, unless one of its sublayers matches.

    Args:
        model: a Keras model or layer.
        adapters: pairs of a type and an adapter.
        fallback: adapter of layers whose `call` accepts `return_attention_scores`; None for no adapter.

    Returns:
        Name, layer and adapter of each attention layer.
    """
    matches: list[tuple[str, keras.layers.Layer, Adapter]] = []
    visited = set()

    def visit(layer: keras.layers.Layer, name: str) -> bool:
        """Visit a layer; return whether it or a sublayer matches."""
        if id(layer) in visited:
            return False
        visited.add(id(layer))
        adapter = next((adapter for kind, adapter in adapters if isinstance(layer, kind)), None)
        sublayer_matches = False
        if adapter is None:
            for sublayer in keras_compat.sublayers(layer):
                sublayer_matches |= visit(sublayer, f"{name}/{sublayer.name}".lstrip("/"))
            adapter = fallback if not sublayer_matches and _returns_scores(layer) else None
        if adapter is not None:
            matches.append((name or layer.name, layer, adapter))
        return sublayer_matches or adapter is not None

    visit(model, "")
    return matches


def _returns_scores(layer: keras.layers.Layer) -> bool:
    return "return_attention_scores" in inspect.signature(layer.call).parameters


@contextlib.contextmanager
def patched(
    patches: Sequence[tuple[keras.layers.Layer, dict[str, Any]]], all_threads: bool = False
) -> Iterator[None]:
    """Patch attributes of layers within the context, and restore them after it, also after an error.

    The attributes are set in the instance dictionary, not through `Layer.__setattr__`, so Keras does not
    track them.

    Args:
        patches: pairs of a layer and its attributes by name.
        all_threads: whether other threads call the patched methods too, as the replica threads of
            `tf.distribute` do in `fit`. Otherwise they call the original methods, and only one thread
            patches at a time.
    """
    with contextlib.nullcontext() if all_threads else _LOCK, contextlib.ExitStack() as stack:
        for layer, attributes in patches:
            for name, value in attributes.items():
                if callable(value) and not all_threads:
                    value = _in_this_thread(value, getattr(layer, name))
                stack.callback(_restore, vars(layer), name, vars(layer).get(name, _MISSING))
                vars(layer)[name] = value
        yield


def _restore(attributes: dict[str, Any], name: str, value: Any) -> None:
    if value is _MISSING:
        attributes.pop(name, None)
    else:
        attributes[name] = value


def _in_this_thread(replacement: Callable, original: Callable) -> Callable:
    """A function that calls the replacement in the current thread, the original in any other."""
    thread = threading.get_ident()

    @functools.wraps(original)
    def dispatch(*args: Any, **kwargs: Any) -> Any:
        return (replacement if threading.get_ident() == thread else original)(*args, **kwargs)

    return dispatch
