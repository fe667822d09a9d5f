"""When something is large enough to be computed in tiles."""

import math


def is_large(sizes: tuple, most: int) -> bool:
    """Whether a tensor of these sizes has, or may have, more than `most` elements.

    An unknown size may be large; the symbols with which JAX infers shapes never are.
    """
    if all(isinstance(size, int) for size in sizes):
        return math.prod(sizes) > most
    return None in sizes
