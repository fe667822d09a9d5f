"""To hear what attention layers tell while a model runs, and to leave the model as it was."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

_ONE_AT_A_TIME = threading.RLock()


class CollectedWeights(NamedTuple):
    """What one call of an attention layer told, as tensors.

    layer: its name, with those of the layers around it. weights: `(batch, heads, queries, keys)`.
    mask: boolean `(batch, heads or 1, queries or 1, keys or 1)`. gate: `(batch, heads, queries)`.
    """

    layer: str
    weights: Any
    mask: Any = None
    gate: Any = None


class WeightCollector:
    """What the calls of a forward pass told, in their order."""

    def __init__(self) -> None:
        self.collected: list[CollectedWeights] = []

    def told(self, layer: str, weights: Any, mask: Any = None, gate: Any = None) -> None:
        """Keeps what a layer tells.

        Args:
            layer: its name.
            weights: `(batch, queries, keys)`, or with heads `(batch, heads, queries, keys)`.
            mask: boolean, broadcasts to `(batch, queries, keys)` or, of rank 4, to the weights.
            gate: `(batch, queries)`, or with heads `(batch, heads, queries)`.

        Raises:
            ValueError: if the weights have another rank.
        """
        if len(weights.shape) not in (3, 4):
            raise ValueError(
                "Expected weights of shape (batch, queries, keys) or (batch, heads, queries, keys) from "
                f"{layer}. Received: {tuple(weights.shape)}."
            )
        weights = ops.cast(weights if len(weights.shape) == 4 else weights[:, None], "float32")
        if gate is not None:
            gate = ops.cast(gate if len(gate.shape) == 3 else gate[:, None], "float32")
        if mask is not None:
            mask = mask if len(mask.shape) == 4 else mask[:, None]
            mask = ops.logical_and(mask, ops.ones_like(weights[:, :1, :1, :1], dtype="bool"))
        self.collected.append(CollectedWeights(layer, weights, mask, gate))

    @contextlib.contextmanager
    def collect_separately(self) -> Iterator[list[CollectedWeights]]:
        """What is told meanwhile goes to the list that this gives, and not to the rest."""
        outer, self.collected = self.collected, []
        try:
            yield self.collected
        finally:
            self.collected = outer


# What an adaptor makes of a layer, its name and an ear: attributes that the layer has while it is heard.
Adapter = Callable[[Any, str, WeightCollector], dict[str, Any]]


def match_adapters(
    model: keras.layers.Layer, adapters: Sequence[tuple[type, Adapter]], fallback: Adapter | None = None
) -> list[tuple[str, Any, Adapter]]:
    """The layers of a model that attend: name, layer and what listens to it.

    The first of `adapters` whose type fits takes a layer with all that is in it. Any other whose `call`
    takes `return_attention_scores` goes to the `fallback`, unless a layer in it attends: then that one does.
    """
    found: list[tuple[str, Any, Adapter]] = []
    known = set()

    def look(layer: Any, name: str) -> bool:
        if id(layer) in known:
            return False
        known.add(id(layer))
        fits = next((adapter for kind, adapter in adapters if isinstance(layer, kind)), None)
        inside = False
        if fits is None:
            for part in sublayers(layer):
                inside |= look(part, f"{name}/{part.name}".lstrip("/"))
            fits = fallback if not inside and _tells_scores(layer) else None
        if fits is not None:
            found.append((name or layer.name, layer, fits))
        return inside or fits is not None

    look(model, "")
    return found


def sublayers(layer: Any) -> list[Any]:
    """The layers right inside of a layer."""
    return list(layer._flatten_layers(include_self=False, recursive=False))


def _tells_scores(layer: Any) -> bool:
    return "return_attention_scores" in layer._call_signature.parameters


@contextlib.contextmanager
def changed(changes: Sequence[tuple[Any, dict[str, Any]]]) -> Iterator[None]:
    """Gives layers other attributes, in this thread's eyes, and takes them back whatever happens.

    They are put beside Keras's own bookkeeping, which so never sees them.
    """
    with _ONE_AT_A_TIME, contextlib.ExitStack() as stack:
        for layer, attributes in changes:
            for name, value in attributes.items():
                if callable(value):
                    value = _in_this_thread(value, getattr(layer, name))
                stack.callback(_put_back, vars(layer), name, vars(layer).get(name, _put_back))
                vars(layer)[name] = value
        yield


def _put_back(attributes: dict[str, Any], name: str, value: Any) -> None:
    if value is _put_back:  # there was none
        attributes.pop(name, None)
    else:
        attributes[name] = value


def _in_this_thread(changed: Callable, original: Callable) -> Callable:
    """Another thread that runs the same model does not see the change."""
    thread = threading.get_ident()

    def either(*args: Any, **kwargs: Any) -> Any:
        return (changed if threading.get_ident() == thread else original)(*args, **kwargs)

    return either
