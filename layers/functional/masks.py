"""Padding, causality and the caller's own mask become one boolean: may this query see this key?"""

from typing import Any

from keras import ops


def compute_attention_mask(
    query: Any,
    key: Any,
    query_mask: Any = None,
    value_mask: Any = None,
    key_mask: Any = None,
    attention_mask: Any = None,
    use_causal_mask: bool = False,
    written: Any = None,
) -> Any:
    """Joins every mask into one.

    Args:
        query: `(batch, Tq, dim)`.
        key: `(batch, ..., Tk, dim)`, keys or a cache of keys.
        query_mask: `(batch, Tq)`, True at the queries that count.
        value_mask: `(batch, Tk)`, True at the values that count.
        key_mask: `(batch, Tk)`, True at the keys that count.
        attention_mask: `(batch or 1, Tq or 1, Tk)` or `(Tq, Tk)`.
        use_causal_mask: whether a query sees only keys up to its own position.
        written: for a cache, the position of the first query; what lies after the last is masked.

    Returns:
        A boolean that broadcasts to `(batch, Tq, Tk)`, or None where everything may be seen.

    Raises:
        ValueError: if a mask is neither boolean nor integer, or has another shape.
    """
    batch, queries, keys = query.shape[0], query.shape[1], key.shape[-2]
    parts = []
    if query_mask is not None:
        parts.append(_boolean("query_mask", query_mask, (batch, queries))[:, :, None])
    for name, mask in (("value_mask", value_mask), ("key_mask", key_mask)):
        if mask is not None:
            parts.append(_boolean(name, mask, (batch, keys))[:, None, :])
    if attention_mask is not None:
        shape = (batch, queries, keys)[-max(2, len(attention_mask.shape)) :]
        mask = _boolean("attention_mask", attention_mask, shape, broadcast=True)
        parts.append(mask if len(shape) == 3 else mask[None])
    if use_causal_mask or written is not None:
        parts.append(_reach(query, key, written, use_causal_mask)[None])
    combined = None
    for part in parts:
        combined = part if combined is None else ops.logical_and(combined, part)
    return combined


def get_keras_mask(inputs: Any) -> Any:
    """The mask that an earlier layer, such as `Embedding(mask_zero=True)`, left on a tensor."""
    return getattr(inputs, "_keras_mask", None)


def _reach(query: Any, key: Any, written: Any, causal: bool) -> Any:
    """`(Tq or 1, Tk)`: the keys up to each query, or up to the last query of all."""
    queries, keys = ops.shape(query)[1], ops.shape(key)[-2]
    start = 0 if written is None else written
    last = ops.arange(queries, dtype="int32")[:, None] if causal else queries - 1
    return ops.arange(keys, dtype="int32")[None, :] <= start + last


def _boolean(name: str, mask: Any, expected: tuple, broadcast: bool = False) -> Any:
    mask = ops.convert_to_tensor(mask)
    fits = len(mask.shape) == len(expected) and all(
        size is None or wanted is None or size == wanted or (broadcast and size == 1)
        for size, wanted in zip(mask.shape, expected, strict=True)
    )
    if not fits:
        raise ValueError(
            f"`{name}` does not fit the inputs: expected shape {expected}, received {tuple(mask.shape)}."
        )
    dtype = str(mask.dtype)
    if "bool" not in dtype and "int" not in dtype:
        raise ValueError(f"`{name}` must be boolean (True: may be seen). Received dtype: {dtype}")
    return ops.cast(mask, "bool")
