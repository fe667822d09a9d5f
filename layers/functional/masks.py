"""Attention masks: combine padding, causal and explicit masks into one boolean mask."""

import functools

from keras import ops

from .shape_checks import check_shape
from .tensor import Tensor


def compute_attention_mask(
    query: Tensor,
    key: Tensor,
    query_mask: Tensor | None = None,
    value_mask: Tensor | None = None,
    key_mask: Tensor | None = None,
    attention_mask: Tensor | None = None,
    use_causal_mask: bool = False,
    cache_index: int | Tensor | None = None,
    num_heads: int | None = None,
) -> Tensor | None:
    """Combine all masks of a call into one.

    A mask is boolean or numeric; every number but 0 stands for True.

    Args:
        query: `(batch, Tq, dim)`.
        key: `(batch, ..., Tk, dim)`, keys or a cache of keys.
        query_mask: `(batch, Tq)`, False at padding.
        value_mask: `(batch, Tk)`, False at padding.
        key_mask: `(batch, Tk)`, False at padding.
        attention_mask: `(Tq, Tk)`, `(batch, Tq, Tk)`, or with heads `(batch, heads, Tq, Tk)`; each size
            may be 1 instead.
        use_causal_mask: whether to mask the keys after the position of each query.
        cache_index: position of the first query in a cache; keys after the last query are masked.
        num_heads: number of heads of the layer; None without heads.

    Returns:
        A boolean that broadcasts to `(batch, Tq, Tk)`, or to `(batch, heads, Tq, Tk)` with an
        `attention_mask` of that rank; None where nothing is masked.

    Raises:
        ValueError: if a mask has another shape.
    """
    batch, queries, keys = query.shape[0], query.shape[1], key.shape[-2]
    parts = []
    if query_mask is not None:
        parts.append(ops.expand_dims(_as_boolean("query_mask", query_mask, (batch, queries)), 2))
    for name, mask in (("value_mask", value_mask), ("key_mask", key_mask)):
        if mask is not None:
            parts.append(ops.expand_dims(_as_boolean(name, mask, (batch, keys)), 1))
    if attention_mask is not None:
        attention_mask = ops.convert_to_tensor(attention_mask)
    per_head = attention_mask is not None and num_heads is not None and len(attention_mask.shape) == 4
    if per_head:
        parts = [part[:, None] for part in parts]
    if attention_mask is not None:
        shape = (batch, num_heads, queries, keys) if per_head else (batch, queries, keys)
        rank = max(2, len(attention_mask.shape))
        parts.append(_as_boolean("attention_mask", attention_mask, shape[-rank:], broadcast=True))
    if use_causal_mask or cache_index is not None:
        parts.append(_position_mask(query, key, cache_index, use_causal_mask))
    if not parts:
        return None
    combined = functools.reduce(ops.logical_and, parts)
    return combined if len(combined.shape) > 2 else combined[None]


def _position_mask(query: Tensor, key: Tensor, cache_index: int | Tensor | None, causal: bool) -> Tensor:
    """Mask the keys after each query, or after the last query: `(Tq or 1, Tk)`."""
    queries, keys = ops.shape(query)[1], ops.shape(key)[-2]
    start = 0 if cache_index is None else cache_index
    last = ops.arange(queries, dtype="int32")[:, None] if causal else queries - 1
    return ops.arange(keys, dtype="int32")[None, :] <= start + last


def _as_boolean(name: str, mask: Tensor, expected: tuple, broadcast: bool = False) -> Tensor:
    """Check the shape of a mask and cast it; `broadcast` allows sizes of 1."""
    mask = ops.convert_to_tensor(mask)
    check_shape(name, mask, expected, broadcast)
    return ops.cast(mask, "bool")
