"""Legends of exported attention and gates, for figures and the command line."""

from ...focus.figures.style import gate_legend
from ...focus.records import describe_heads


def attention_legend(num_heads: int) -> str:
    """Return the legend of attention that is the mean of heads.

    Args:
        num_heads: number of heads of the exported layer.

    Returns:
        A phrase that says of how many heads it is the mean.

    Example:
        >>> attention_legend(4)
        'attention, mean of 4 heads'
    """
    heads = describe_heads(num_heads)
    return f"attention, {heads}" if heads else "attention"


def table_legend(num_heads: int) -> str:
    """Return the line below a table of attention and gates.

    Args:
        num_heads: number of heads of the exported layer.

    Returns:
        The legends of the attention and of the gate.

    Example:
        >>> table_legend(4)
        'attention, mean of 4 heads; gate: 0 attends, 1 relies on own state'
    """
    return f"{attention_legend(num_heads)}; {gate_legend()}"
