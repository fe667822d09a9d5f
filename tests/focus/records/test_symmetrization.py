import numpy as np
import pytest

from foveal.focus import symmetrize

LENGTHS = (7, 6)


def symmetrize_matrices(forward, backward):
    """The pseudocode of Koehn and of Moses on matrices, with a mask of aligned words."""
    union = np.zeros(LENGTHS, bool)
    for source, target in forward | backward:
        union[source, target] = True
    links = np.zeros(LENGTHS, bool)
    for source, target in forward & backward:
        links[source, target] = True
    aligned_sources, aligned_targets = (np.array(links.any(axis=axis)) for axis in (1, 0))
    added = True
    while added:
        added = False
        for target in range(LENGTHS[1]):
            for source in range(LENGTHS[0]):
                if not links[source, target]:
                    continue
                steps = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]
                for dt, ds in steps:
                    s, t = source + ds, target + dt
                    inside = 0 <= s < LENGTHS[0] and 0 <= t < LENGTHS[1]
                    if inside and union[s, t] and not (aligned_sources[s] and aligned_targets[t]):
                        links[s, t] = aligned_sources[s] = aligned_targets[t] = added = True
    for direction in forward, backward:
        for source, target in sorted(direction, key=lambda link: link[::-1]):
            if not aligned_sources[source] and not aligned_targets[target]:
                links[source, target] = aligned_sources[source] = aligned_targets[target] = True
    return {(int(s), int(t)) for s, t in np.argwhere(links)}


@pytest.mark.parametrize("seed", range(30))
def test_symmetrize_matches_pseudocode(seed):
    rng = np.random.default_rng(seed)
    sources, targets = LENGTHS
    diagonal = np.arange(targets) + rng.integers(-1, 2, targets)
    forward = {(int(np.clip(s, 0, sources - 1)), t) for t, s in enumerate(diagonal) if rng.random() < 0.8}
    backward = {(s, int(rng.integers(max(s - 2, 0), s + 2) % targets)) for s in range(sources)}
    assert symmetrize(forward, backward) == symmetrize_matrices(forward, backward)
    assert forward & backward <= symmetrize(forward, backward) <= forward | backward


def test_symmetrize_matches_hand_computed_example():
    # both: (0, 0), (1, 1). (1, 2) touches (1, 1) and aligns target 2; (2, 2) then touches it and aligns
    # source 2. (4, 4) touches nothing, but neither word is aligned. (3, 0) would align target 0 again.
    forward = {(0, 0), (1, 1), (1, 2), (4, 4)}
    backward = {(0, 0), (1, 1), (2, 2), (3, 0)}
    assert symmetrize(forward, backward) == {(0, 0), (1, 1), (1, 2), (2, 2), (4, 4)}
    assert symmetrize(forward, backward, "intersection") == {(0, 0), (1, 1)}
    assert symmetrize(forward, backward, "union") == forward | backward


def test_symmetrize_without_intersection_uses_both_directions():
    assert symmetrize({(0, 1)}, {(1, 0), (0, 1 + 1)}) == {(0, 1), (1, 0)}
    assert symmetrize(set(), set()) == set()


def test_symmetrize_accepts_arrays_and_invalid_method_raises():
    assert symmetrize(np.array([[0, 1]]), [(0, 1)], "union") == {(0, 1)}
    with pytest.raises(ValueError, match="Received: method='grow'"):
        symmetrize(set(), set(), "grow")
