import numpy as np
import pytest

from foveal.datasets.scenes.outlines import CELLS, OUTLINES, REACH, distance, field, polygon
from foveal.datasets.scenes.vocabulary import SHAPES

AXIS = np.linspace(-1.4, 1.4, 57)
X, Y = np.meshgrid(AXIS, AXIS)


def test_every_shape_has_an_outline():
    assert OUTLINES.keys() == SHAPES.keys()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_fills_a_box_of_side_two_around_the_middle(shape):
    axis = np.linspace(-REACH, REACH, CELLS)
    inside = field(shape) <= 0
    rows, columns = axis[inside.any(1)], axis[inside.any(0)]
    middle = [(edges[0] + edges[-1]) / 2 for edges in (rows, columns)]
    np.testing.assert_allclose(middle, 0, atol=0.03)
    assert abs(max(rows[-1] - rows[0], columns[-1] - columns[0]) - 2) < 0.06


@pytest.mark.parametrize("shape", SHAPES)
def test_a_field_is_a_distance(shape):
    """It never changes faster than one goes."""
    steps = np.abs(np.diff(field(shape), axis=0)), np.abs(np.diff(field(shape), axis=1))
    assert max(step.max() for step in steps) <= 2 * REACH / (CELLS - 1) * 1.001


@pytest.mark.parametrize("shape", SHAPES)
def test_between_its_cells_a_field_is_nearly_exact(shape):
    exact = distance(shape, AXIS[:, None] * np.ones(57), AXIS * np.ones((57, 1)))
    cells = np.round((AXIS / REACH + 1) * (CELLS - 1) / 2).astype(int)
    nearest = field(shape)[cells[None, :], cells[:, None]]
    assert np.abs(exact - nearest).max() <= REACH * 2 / CELLS


def test_the_distance_to_a_polygon_by_brute_force():
    corners = [(-0.8, -0.5), (0.9, -0.7), (0.1, 0.0), (0.7, 0.8), (-0.4, 0.6)]
    ends = zip(corners, [*corners[1:], corners[0]], strict=True)
    share = np.linspace(0, 1, 2000)[:, None]
    edge = np.concatenate([np.multiply(1 - share, a) + np.multiply(share, b) for a, b in ends])
    found = polygon(X, Y, corners)
    nearest = [np.hypot(x - edge[:, 0], y - edge[:, 1]).min() for x, y in zip(X.flat, Y.flat, strict=True)]
    np.testing.assert_allclose(np.abs(found).ravel(), nearest, atol=2e-3)
    assert found[np.argmin(abs(AXIS)), np.argmin(abs(AXIS + 0.3))] < 0  # (-0.3, 0) is inside
    assert found[np.argmin(abs(AXIS)), np.argmin(abs(AXIS - 0.7))] > 0  # (0.7, 0) is in the notch


def test_the_ring_has_a_hole_and_the_crescent_a_bay():
    assert distance("ring", np.array(0.0), np.array(0.0)) > 0.3
    assert distance("crescent", np.array(0.3), np.array(0.0)) > 0
    assert distance("circle", np.array(0.0), np.array(0.0)) < -0.9


def test_shapes_differ_from_each_other():
    inside = {shape: distance(shape, X, Y) < 0 for shape in SHAPES}
    for one in SHAPES:
        for other in SHAPES:
            both, either = inside[one] & inside[other], inside[one] | inside[other]
            assert one == other or both.sum() / either.sum() < 0.9, (one, other)
