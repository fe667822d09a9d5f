"""Signed distance functions of the shapes."""

from itertools import combinations

import numpy as np
import pytest

from foveal.datasets.scenes.outlines import (
    FIELD_EXTENT,
    FIELD_RESOLUTION,
    OUTLINES,
    distance_field,
    polygon,
    signed_distance,
)
from foveal.datasets.scenes.vocabulary import SHAPES

AXIS = np.linspace(-1.4, 1.4, 57)
X, Y = np.meshgrid(AXIS, AXIS)


def test_outlines_cover_all_shapes():
    assert OUTLINES.keys() == SHAPES.keys()


@pytest.mark.parametrize("shape", SHAPES)
def test_distance_field_is_centred_with_side_two(shape):
    axis = np.linspace(-FIELD_EXTENT, FIELD_EXTENT, FIELD_RESOLUTION)
    inside = distance_field(shape) <= 0
    rows, columns = axis[inside.any(1)], axis[inside.any(0)]
    centre = [(edges[0] + edges[-1]) / 2 for edges in (rows, columns)]
    np.testing.assert_allclose(centre, 0, atol=0.03)
    assert abs(max(rows[-1] - rows[0], columns[-1] - columns[0]) - 2) < 0.06


@pytest.mark.parametrize("shape", SHAPES)
def test_distance_field_has_lipschitz_constant_one(shape):
    steps = np.abs(np.diff(distance_field(shape), axis=0)), np.abs(np.diff(distance_field(shape), axis=1))
    assert max(step.max() for step in steps) <= 2 * FIELD_EXTENT / (FIELD_RESOLUTION - 1) * 1.001


@pytest.mark.parametrize("shape", SHAPES)
def test_signed_distance_interpolates_field(shape):
    interpolated = signed_distance(shape, AXIS[:, None] * np.ones(57), AXIS * np.ones((57, 1)))
    cells = np.round((AXIS / FIELD_EXTENT + 1) * (FIELD_RESOLUTION - 1) / 2).astype(int)
    nearest = distance_field(shape)[cells[None, :], cells[:, None]]
    assert np.abs(interpolated - nearest).max() <= FIELD_EXTENT * 2 / FIELD_RESOLUTION


def test_polygon_distance_matches_brute_force():
    corners = [(-0.8, -0.5), (0.9, -0.7), (0.1, 0.0), (0.7, 0.8), (-0.4, 0.6)]
    ends = zip(corners, [*corners[1:], corners[0]], strict=True)
    fraction = np.linspace(0, 1, 2000)[:, None]
    edge = np.concatenate([np.multiply(1 - fraction, a) + np.multiply(fraction, b) for a, b in ends])
    distances = polygon(X, Y, corners)
    nearest = [np.hypot(x - edge[:, 0], y - edge[:, 1]).min() for x, y in zip(X.flat, Y.flat, strict=True)]
    np.testing.assert_allclose(np.abs(distances).ravel(), nearest, atol=2e-3)
    assert distances[np.argmin(abs(AXIS)), np.argmin(abs(AXIS + 0.3))] < 0  # (-0.3, 0) is inside
    assert distances[np.argmin(abs(AXIS)), np.argmin(abs(AXIS - 0.7))] > 0  # (0.7, 0) is in the notch


def test_ring_and_crescent_are_hollow():
    assert signed_distance("ring", np.array(0.0), np.array(0.0)) > 0.3
    assert signed_distance("crescent", np.array(0.3), np.array(0.0)) > 0
    assert signed_distance("circle", np.array(0.0), np.array(0.0)) < -0.9


def test_shapes_have_low_intersection_over_union():
    inside = {shape: signed_distance(shape, X, Y) < 0 for shape in SHAPES}
    for first, second in combinations(SHAPES, 2):
        intersection, union = inside[first] & inside[second], inside[first] | inside[second]
        assert intersection.sum() / union.sum() < 0.9, (first, second)
