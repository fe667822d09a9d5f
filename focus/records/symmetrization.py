"""One word alignment out of two, made in both directions (Koehn et al. 2003)."""

from collections.abc import Iterator

from .alignment import Links, link_set

NEIGHBOURS = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]


def symmetrize(forward: Links, backward: Links, method: str = "grow-diag-final-and") -> set[tuple[int, int]]:
    """One alignment out of two, such as `align` makes from attention in both directions.

    - `"intersection"`: links of both: few, and right;
    - `"union"`: links of either: many, and all that is right;
    - `"grow-diag-final-and"`: the intersection, and to it links of the union that touch it, diagonally
      too, and that align a word which is not aligned yet; at last links of either direction between two
      words neither of which is aligned, those of the forward direction first.

    Args:
        forward: pairs `(source, target)`: each target word looked for its source.
        backward: pairs `(source, target)` too: each source word looked for its target.
        method: one of the three.

    Returns:
        Pairs `(source, target)`.

    Raises:
        ValueError: where the method is another.

    Example:
        >>> sorted(symmetrize({(0, 0), (1, 1), (1, 2)}, {(0, 0), (1, 1), (3, 3)}))
        [(0, 0), (1, 1), (1, 2), (3, 3)]

    Reference:
        Koehn, Och and Marcu, Statistical Phrase-Based Translation (2003), on heuristics; the order of the
        steps is that of Moses' symal.
    """
    there, back = link_set(forward), link_set(backward)
    if method == "intersection":
        return there & back
    if method == "union":
        return there | back
    if method == "grow-diag-final-and":
        return _finish(_grow(there & back, there | back), there, back)
    raise ValueError(f"Expected 'intersection', 'union' or 'grow-diag-final-and'. Received: {method!r}.")


def _grow(links: set, union: set) -> set[tuple[int, int]]:
    """Neighbours join, and neighbours of theirs, as long as they align a word that was not aligned."""
    links = set(links)
    before = None
    while before != links:
        before = set(links)
        for source, target in _in_order(links):
            for down, right in NEIGHBOURS:
                link = (source + right, target + down)
                aligned = _aligned(link, links)
                if link in union and not all(aligned):
                    links.add(link)
    return links


def _finish(links: set, *directions: set) -> set[tuple[int, int]]:
    """Links between words neither of which is aligned join."""
    links = set(links)
    for direction in directions:
        for link in sorted(direction, key=_by_target):
            if not any(_aligned(link, links)):
                links.add(link)
    return links


def _in_order(links: set) -> Iterator[tuple[int, int]]:
    """The links by target, then source; those too that join behind the one that was told last."""
    last = (-1, -1)
    while ahead := [link for link in links if _by_target(link) > last]:
        link = min(ahead, key=_by_target)
        yield link
        last = _by_target(link)


def _by_target(link: tuple[int, int]) -> tuple[int, int]:
    return link[1], link[0]


def _aligned(link: tuple[int, int], links: set) -> tuple[bool, bool]:
    """Whether the two words of a link are aligned."""
    return any(source == link[0] for source, _ in links), any(target == link[1] for _, target in links)
