import numpy as np
import pytest

from foveal.focus import symmetrize

LENGTHS = (7, 6)


def by_matrices(forward, backward):
    """The pseudocode of Koehn's page and of Moses, cell by cell, with words marked as covered."""
    union = np.zeros(LENGTHS, bool)
    for source, target in forward | backward:
        union[source, target] = True
    found = np.zeros(LENGTHS, bool)
    for source, target in forward & backward:
        found[source, target] = True
    covered_source, covered_target = (np.array(found.any(axis=axis)) for axis in (1, 0))
    added = True
    while added:
        added = False
        for target in range(LENGTHS[1]):
            for source in range(LENGTHS[0]):
                if not found[source, target]:
                    continue
                steps = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]
                for dt, ds in steps:
                    s, t = source + ds, target + dt
                    inside = 0 <= s < LENGTHS[0] and 0 <= t < LENGTHS[1]
                    if inside and union[s, t] and not (covered_source[s] and covered_target[t]):
                        found[s, t] = covered_source[s] = covered_target[t] = added = True
    for direction in forward, backward:
        for source, target in sorted(direction, key=lambda link: link[::-1]):
            if not covered_source[source] and not covered_target[target]:
                found[source, target] = covered_source[source] = covered_target[target] = True
    return {(int(s), int(t)) for s, t in np.argwhere(found)}


@pytest.mark.parametrize("seed", range(30))
def test_it_is_what_the_pseudocode_finds(seed):
    rng = np.random.default_rng(seed)
    sources, targets = LENGTHS
    diagonal = np.arange(targets) + rng.integers(-1, 2, targets)
    forward = {(int(np.clip(s, 0, sources - 1)), t) for t, s in enumerate(diagonal) if rng.random() < 0.8}
    backward = {(s, int(rng.integers(max(s - 2, 0), s + 2) % targets)) for s in range(sources)}
    assert symmetrize(forward, backward) == by_matrices(forward, backward)
    assert forward & backward <= symmetrize(forward, backward) <= forward | backward


def test_on_paper():
    # both: (0, 0), (1, 1). (1, 2) touches (1, 1) and aligns target 2; (2, 2) then touches it and aligns
    # source 2. (4, 4) touches nothing, but neither word is aligned. (3, 0) would align target 0 again.
    forward = {(0, 0), (1, 1), (1, 2), (4, 4)}
    backward = {(0, 0), (1, 1), (2, 2), (3, 0)}
    assert symmetrize(forward, backward) == {(0, 0), (1, 1), (1, 2), (2, 2), (4, 4)}
    assert symmetrize(forward, backward, "intersection") == {(0, 0), (1, 1)}
    assert symmetrize(forward, backward, "union") == forward | backward


def test_without_a_link_in_common_both_directions_are_still_heard():
    assert symmetrize({(0, 1)}, {(1, 0), (0, 1 + 1)}) == {(0, 1), (1, 0)}
    assert symmetrize(set(), set()) == set()


def test_links_may_be_arrays_and_another_method_is_refused():
    assert symmetrize(np.array([[0, 1]]), [(0, 1)], "union") == {(0, 1)}
    with pytest.raises(ValueError, match="Received: 'grow'"):
        symmetrize(set(), set(), "grow")
