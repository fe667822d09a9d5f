"""Attention map of a focus record that is the argument of a figure. Private."""

from ..records.focus_record import AttentionMap, FocusRecord


def record_map(argument: object, index: int, head: int | None) -> AttentionMap | None:
    """Select the map of one example of a record.

    Args:
        argument: the argument of a figure: a record, or anything else.
        index: Index of the example in the batch.
        head: Index of the head, or `None` for the mean of the heads.

    Returns:
        The map; `None` if the argument is no record.

    Raises:
        ValueError: If the argument is a list of records, or there is no such example or head.
    """
    if isinstance(argument, list | tuple) and argument and isinstance(argument[0], FocusRecord):
        raise ValueError(
            "The figure must have one record, such as `records[0]`. "
            f"Received: records of {[record.layer for record in argument]}."
        )
    return argument.attention_map(index, head) if isinstance(argument, FocusRecord) else None


def map_label(selected: AttentionMap) -> str:
    """Return the legend of the weights of a map, which says which heads they are of."""
    return f"attention, {selected.heads}" if selected.heads else "attention"


def numbers(length: int) -> list[str]:
    """Return the numbers of positions, the labels of an axis without labels."""
    return [str(position + 1) for position in range(length)]
