"""Symmetrization of two directional word alignments (Koehn et al. 2003)."""

from collections.abc import Iterator

from .alignment import Links, link_set

NEIGHBORS = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]
METHODS = ("intersection", "union", "grow-diag-final-and")


def symmetrize(forward: Links, backward: Links, method: str = "grow-diag-final-and") -> set[tuple[int, int]]:
    """Combine the word alignments of both directions into one (Koehn et al. 2003).

    - `"intersection"`: the links of both; high precision;
    - `"union"`: the links of either; high recall;
    - `"grow-diag-final-and"`: the intersection, extended by neighbouring links of the union (diagonals
      too) that align a word which is not aligned yet. Then links of either direction between two unaligned
      words are added, those of the forward direction first.

    Args:
        forward: pairs `(source, target)` from target-to-source alignment.
        backward: pairs `(source, target)` from source-to-target alignment.
        method: one of the three.

    Returns:
        Pairs `(source, target)`.

    Raises:
        ValueError: if the method is unknown.

    Example:
        >>> sorted(symmetrize({(0, 0), (1, 1), (1, 2)}, {(0, 0), (1, 1), (3, 3)}))
        [(0, 0), (1, 1), (1, 2), (3, 3)]

    Reference:
        Koehn, Och and Marcu 2003, Statistical Phrase-Based Translation, on heuristics; the order of the
        steps is that of Moses' symal.
    """
    if method not in METHODS:
        raise ValueError(f"`method` must be one of {list(METHODS)}. Received: method={method!r}")
    forward, backward = link_set(forward), link_set(backward)
    if method == "intersection":
        return forward & backward
    if method == "union":
        return forward | backward
    return _final_and(_grow_diag(forward & backward, forward | backward), forward, backward)


def _grow_diag(links: set, union: set) -> set[tuple[int, int]]:
    """Add neighbouring links of the union, repeatedly, that align a word which is not aligned."""
    links = set(links)
    previous = None
    while previous != links:
        previous = set(links)
        for source, target in _iterate_while_growing(links):
            for down, right in NEIGHBORS:
                link = (source + right, target + down)
                if link in union and not all(_aligned(link, links)):
                    links.add(link)
    return links


def _final_and(links: set, *directions: set) -> set[tuple[int, int]]:
    """Add the links between two unaligned words."""
    links = set(links)
    for direction in directions:
        for link in sorted(direction, key=_by_target):
            if not any(_aligned(link, links)):
                links.add(link)
    return links


def _iterate_while_growing(links: set) -> Iterator[tuple[int, int]]:
    """Yield links by target, then source, including those that are added behind the current one."""
    current = (-1, -1)
    while remaining := [link for link in links if _by_target(link) > current]:
        link = min(remaining, key=_by_target)
        yield link
        current = _by_target(link)


def _by_target(link: tuple[int, int]) -> tuple[int, int]:
    return link[1], link[0]


def _aligned(link: tuple[int, int], links: set) -> tuple[bool, bool]:
    """Whether the source word and the target word of a link are aligned."""
    return any(source == link[0] for source, _ in links), any(target == link[1] for _, target in links)
