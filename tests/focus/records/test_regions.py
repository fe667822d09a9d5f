import numpy as np
import pytest

from foveal.focus import ImageAxis, box_coverage


def grid(rows, columns, height, width):
    tops, lefts = np.arange(rows) * height / rows, np.arange(columns) * width / columns
    boxes = [(t, s, t + height / rows, s + width / columns) for t in tops for s in lefts]
    return ImageAxis(np.array(boxes), (height, width))


GRID = grid(3, 4, 30, 80)  # regions of 10 x 20 pixels


def coverage_by_pixels(axis, boxes):
    """Fraction of each region that boxes of whole pixels cover, by counting pixels."""
    filled = np.zeros(axis.size)
    for top, left, bottom, right in boxes:
        filled[top:bottom, left:right] = 1
    return [filled[int(t) : int(b), int(s) : int(e)].mean() for t, s, b, e in axis.boxes]


def random_boxes(rng, count):
    rows, columns = (np.sort(rng.choice(side + 1, (2), replace=False)) for side in (30, 80))
    further = random_boxes(rng, count - 1) if count > 1 else []
    return [(rows[0], columns[0], rows[1], columns[1]), *further]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_box_coverage_matches_pixel_count(count):
    boxes = random_boxes(np.random.default_rng(count), count)
    np.testing.assert_allclose(box_coverage(GRID, boxes), coverage_by_pixels(GRID, boxes))


def test_box_coverage_clips_boxes_and_accepts_overlapping_regions():
    axis = ImageAxis(np.array([[0, 0, 20, 20], [10, 10, 30, 30]]), (30, 30))
    np.testing.assert_allclose(box_coverage(axis, [(-5, -5, 15, 99)]), [15 / 20, 5 / 20])


@pytest.mark.parametrize("box", [(31, 0, 40, 5), (5, 5, 5, 9)])
def test_box_coverage_invalid_box_raises(box):
    with pytest.raises(ValueError, match=r"image of \(30, 80\) pixels. Received: box="):
        box_coverage(GRID, [box])
