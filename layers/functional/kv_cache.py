"""Keys and values of the positions so far, so that each step of a decoder computes only its own."""

from typing import Any

import keras
from keras import ops


def empty(batch_size: Any, num_heads: int, length: int, dims: tuple, dtype: Any) -> dict:
    """Room for `length` positions: `{"key", "value"}`, each `(batch, heads, length, dim)`."""
    key, value = (ops.zeros((batch_size, num_heads, length, dim), dtype) for dim in dims)
    return {"key": key, "value": value}


def start(cache: Any, index: Any) -> Any:
    """The position of the first new one: `index`, or the length of the cache where that is `"end"`."""
    return ops.shape(cache["key"])[2] if _at_end(index) else index


def write(cache: dict, new: dict, index: Any) -> dict:
    """Writes the new positions from `index` on, or behind the last one at the `"end"`: the cache grows.

    Raises:
        ValueError: if they reach beyond the end (told where both are known in advance).
    """
    if _at_end(index):
        return {
            name: ops.concatenate([held, ops.cast(new[name], held.dtype)], axis=2)
            for name, held in cache.items()
        }
    written, length = new["key"].shape[2], cache["key"].shape[2]
    if isinstance(index, int) and None not in (written, length) and index + written > length:
        raise ValueError(
            f"The cache is full: expected `cache_index` + new positions <= {length}, "
            f"received {index} + {written}."
        )
    return {
        name: ops.slice_update(room, (0, 0, index, 0), ops.cast(new[name], room.dtype))
        for name, room in cache.items()
    }


def memory(layer: Any, value: Any, key: Any, cache: Any, index: Any = None) -> dict:
    """The keys and values of one call: from the inputs, from the cache or from both."""
    check(value, cache, index)
    if value is None:
        return cache
    if cache is None:
        return layer.memory_cache(value, key)
    return write(cache, layer.memory_cache(value, key, start=start(cache, index)), index)


def repeat_rows(memories: Any, rows: Any) -> Any:
    """Repeats tensors of the memories, in any structure, for the neighbouring rows that share one."""

    def repeat(tensor: Any) -> Any:
        if tensor is None or tensor.shape[0] == rows:
            return tensor
        return ops.repeat(tensor, rows // ops.shape(tensor)[0], axis=0)

    return keras.tree.map_structure(repeat, memories)


def check(value: Any, cache: Any, index: Any) -> None:
    """Raises a `ValueError` unless inputs, cache and index make one of the three ways to call.

    They are: `value` alone; `cache` alone (a fixed memory); all three (a cache that is written).
    An index is a position, or `"end"`.
    """
    if isinstance(index, str) and not _at_end(index):
        raise ValueError(f'Expected a position or "end" as `cache_index`. Received: {index!r}')
    given = (value is not None, cache is not None, index is not None)
    if given not in ((True, False, False), (False, True, False), (True, True, True)):
        raise ValueError(
            "Expected `value`, or the `cache` of a fixed memory, or `value` with `cache` and "
            "`cache_index`. Received: "
            f"value={'given' if given[0] else None}, cache={'given' if given[1] else None}, "
            f"cache_index={index}"
        )


def _at_end(index: Any) -> bool:
    return isinstance(index, str) and index == "end"  # a tensor is not to be compared
