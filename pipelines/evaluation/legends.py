"""Legends of exported attention and gates, for figures and the command line."""

from ...focus.figures.style import gate_legend
from ...focus.records import describe_heads
from ...focus.records.focus_record import SENTINEL_THRESHOLD

MEMORY_MARK = "from memory"


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


def table_legend(num_heads: int, has_gate: bool) -> str:
    """Return the lines below a table of attention and gates.

    Args:
        num_heads: number of heads of the exported layer.
        has_gate: whether the model has a gate.

    Returns:
        The legend of the attention; with a gate also those of the gate and of `MEMORY_MARK`.

    Example:
        >>> print(table_legend(4, has_gate=True))
        attention, mean of 4 heads
        gate: 0 attention alone, 1 memory alone; from memory: gate above 0.5
    """
    legend = attention_legend(num_heads)
    if not has_gate:
        return legend
    return f"{legend}\n{gate_legend()}; {MEMORY_MARK}: gate above {SENTINEL_THRESHOLD}"
