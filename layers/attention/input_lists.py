"""Inputs and masks as lists, as `keras.layers.Attention` takes them."""

from typing import Any

from ..functional.tensor import Tensor, TensorTree


def unpack_inputs(query: Any, value: Any = None, key: Any = None) -> tuple[Any, Any, Any]:
    """Return query, value and key, which may be a list in the place of the query.

    Args:
        query: a tensor or shape, or a list `[query, value]` or `[query, value, key]` of them.
        value, key: tensors or shapes; None with a list.

    Raises:
        ValueError: if a list has another length, or `value` or `key` is given with it.
    """
    if not is_list(query):
        return query, value, key
    if len(query) not in (2, 3) or value is not None or key is not None:
        raise ValueError(
            "The layer accepts a tensor `query`, or a list of length 2 or 3, [query, value] or "
            f"[query, value, key], without `value` and `key`. Received length: {len(query)}"
        )
    return (*query, None) if len(query) == 2 else tuple(query)


def unpack_masks(
    query: Any, mask: TensorTree, query_mask: TensorTree, value_mask: Tensor | None, key_mask: Tensor | None
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    """Return the masks of query, value and key.

    Args:
        query: the argument `query` of the call, a tensor or a list.
        mask: the mask of a tensor `query`, or a list `[query_mask, value_mask]` or `[query_mask, value_mask,
            key_mask]` for a list; or None.
        query_mask, value_mask, key_mask: of tensors. Keras passes the masks that earlier layers attached to
            a list as the list `query_mask`.

    Raises:
        ValueError: if `mask` is no list of length 2 or 3 where `query` is a list.
    """
    if not is_list(query):
        return (mask if query_mask is None else query_mask), value_mask, key_mask
    mask = query_mask if mask is None else mask
    if mask is None:
        return None, value_mask, key_mask
    if not isinstance(mask, (list, tuple)):
        raise ValueError(
            "The layer mask must be a list, [query_mask, value_mask], where the inputs are a list. "
            f"Received: mask={mask}"
        )
    if len(mask) not in (2, 3):
        raise ValueError(f"The layer accepts a mask list of length 2 or 3. Received length: {len(mask)}")
    masks = (*mask, None)[:3]
    given = (None, value_mask, key_mask)
    return tuple(a if b is None else b for a, b in zip(masks, given, strict=True))  # pyright: ignore[reportReturnType]


def is_list(query: Any) -> bool:
    """Return whether the argument `query` is a list of tensors or shapes, not a tensor or a shape."""
    return isinstance(query, (list, tuple)) and len(query) > 0 and not isinstance(query[0], (int, type(None)))
