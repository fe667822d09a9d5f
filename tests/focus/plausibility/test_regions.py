import numpy as np
import pytest

from foveal.focus import ImageAxis, attention_correctness, compare_with_baselines, pointing_game


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


def test_attention_correctness_matches_pixel_count():
    rng = np.random.default_rng(0)
    maps, boxes = rng.dirichlet(np.ones(12), 3), [random_boxes(rng, 2) for _ in range(3)]
    expected = [
        weights @ coverage_by_pixels(GRID, word_boxes)
        for weights, word_boxes in zip(maps, boxes, strict=True)
    ]
    np.testing.assert_allclose(attention_correctness(maps, [GRID] * 3, boxes), expected)
    np.testing.assert_allclose(attention_correctness(maps * 0.3, [GRID] * 3, boxes), expected)


def test_pointing_game_uses_centre_of_maximum_region():
    weights = np.zeros(12)
    weights[5] = 0.6  # from row 10 to 20, column 20 to 40: its middle is (15, 30)
    weights[0] = 0.4
    boxes = [[(15, 30, 16, 31)], [(10, 20, 15, 40)], [(0, 0, 10, 20)], [(0, 0, 5, 5), (12, 22, 20, 40)]]
    assert pointing_game([weights] * 4, [GRID] * 4, boxes).tolist() == [1, 0, 0, 1]


def test_baselines_score_expected_values():
    # uniform: the covered fraction of the image or of the centres; random: the same on average
    rng = np.random.default_rng(1)
    boxes = [random_boxes(rng, 1) for _ in range(150)]
    centres = [(row * 10 + 5, column * 20 + 10) for row in range(3) for column in range(4)]
    area = np.mean([(b - t) * (e - s) / (30 * 80) for ((t, s, b, e),) in boxes])
    inside = [
        np.mean([t <= row < b and s <= column < e for row, column in centres]) for ((t, s, b, e),) in boxes
    ]
    truth = [np.array(coverage_by_pixels(GRID, word_boxes)) for word_boxes in boxes]
    for measure, chance in (attention_correctness, area), (pointing_game, np.mean(inside)):
        result = compare_with_baselines(lambda maps, m=measure: m(maps, [GRID] * 150, boxes), truth)
        assert result.baselines["uniform"].value == pytest.approx(chance)
        random = result.baselines["random"]
        assert random.low - 0.02 < chance < random.high + 0.02
        assert result.improvements["uniform"].low > 0


def test_words_without_boxes_are_nan_and_zero_maps_are_zero():
    for measure in pointing_game, attention_correctness:
        result = measure([np.ones(12), np.zeros(12)], [GRID] * 2, [[], [(0, 0, 30, 80)]])
        np.testing.assert_array_equal(result, [np.nan, 0])


@pytest.mark.parametrize("box", [(31, 0, 40, 5), (5, 5, 5, 9), (9, 0, 3, 5), (-4, 0, 0, 9)])
def test_box_outside_of_image_raises(box):
    with pytest.raises(ValueError, match=r"image of \(30, 80\) pixels"):
        pointing_game([np.ones(12)], [GRID], [[box]])


def test_invalid_maps_raise():
    for weights in np.ones(11), np.full(12, np.nan), -np.ones(12):
        with pytest.raises(ValueError, match="each of 12 regions"):
            attention_correctness([weights], [GRID], [[(0, 0, 9, 9)]])
    with pytest.raises(ValueError, match="lengths 1, 1, 0"):
        pointing_game([np.ones(12)], [GRID], [])
