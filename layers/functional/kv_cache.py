"""Key-value cache for incremental decoding: each step projects its new positions only."""

from typing import Literal, TypeAlias

from keras import ops

from .tensor import Tensor

CacheIndex: TypeAlias = int | Tensor | Literal["end"]  # the position of the first new key; "end" appends


def init_cache(
    batch_size: int | Tensor, num_heads: int, length: int, dims: tuple, dtype: str
) -> dict[str, Tensor]:
    """Return an empty cache.

    Args:
        batch_size: size of the batch.
        num_heads: number of key and value heads.
        length: number of positions; 0 for a cache that grows.
        dims: widths of key and value.
        dtype: of both tensors.

    Returns:
        `{"key", "value"}`, each zeros `(batch, heads, length, dim)`.
    """
    key, value = (ops.zeros((batch_size, num_heads, length, dim), dtype) for dim in dims)
    return {"key": key, "value": value}


def first_index(cache: dict[str, Tensor] | None, cache_index: CacheIndex | None) -> int | Tensor | None:
    """Return the position of the first new key.

    Returns:
        `cache_index`, or the length of the cache where that is `"end"`; None without an index.
    """
    return ops.shape(cache["key"])[2] if cache is not None and _is_end(cache_index) else cache_index


def update_cache(
    cache: dict[str, Tensor], new: dict[str, Tensor], cache_index: CacheIndex
) -> dict[str, Tensor]:
    """Write the keys and values of new positions.

    Args:
        cache: `{"key", "value"}`, each `(batch, heads, length, dim)`.
        new: the same for the new positions.
        cache_index: position of the first new key, an int or a scalar; or `"end"`, which appends them,
            so that the cache grows.

    Returns:
        The new cache.

    Raises:
        ValueError: if the new positions do not fit and both sizes are statically known.
    """
    if _is_end(cache_index):
        return {
            name: ops.concatenate([cached, ops.cast(new[name], cached.dtype)], axis=2)
            for name, cached in cache.items()
        }
    count, length = new["key"].shape[2], cache["key"].shape[2]
    if isinstance(cache_index, int) and None not in (count, length) and cache_index + count > length:
        raise ValueError(
            f"The cache is full: `cache_index` + new positions must be at most {length}. "
            f"Received: cache_index={cache_index}, new positions={count}"
        )
    return {
        name: ops.slice_update(cached, (0, 0, cache_index, 0), ops.cast(new[name], cached.dtype))
        for name, cached in cache.items()
    }


def check_cache(
    value: Tensor | None, cache: dict[str, Tensor] | None, cache_index: CacheIndex | None
) -> None:
    """Check the combination of inputs, cache and index.

    There are three: `value` alone; `cache` alone (a fixed memory); all three (a cache that is written).

    Raises:
        ValueError: for any other combination, or an index that is no position and not `"end"`.
    """
    if isinstance(cache_index, str) and not _is_end(cache_index):
        raise ValueError(f'`cache_index` must be a position or "end". Received: cache_index={cache_index!r}')
    given = (value is not None, cache is not None, cache_index is not None)
    if given not in ((True, False, False), (False, True, False), (True, True, True)):
        raise ValueError(
            "The inputs must be `value`, or the `cache` of a fixed memory, or `value` with `cache` and "
            "`cache_index`. Received: "
            f"value={'given' if given[0] else None}, cache={'given' if given[1] else None}, "
            f"cache_index={cache_index}"
        )


def _is_end(cache_index: CacheIndex | None) -> bool:
    return isinstance(cache_index, str) and cache_index == "end"  # a tensor must not be compared
