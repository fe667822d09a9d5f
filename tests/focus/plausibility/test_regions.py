import numpy as np
import pytest

from foveal.focus import ImageAxis, attention_correctness, box_coverage, compare_with_baselines, pointing_game


def grid(rows, columns, height, width):
    tops, lefts = np.arange(rows) * height / rows, np.arange(columns) * width / columns
    boxes = [(t, s, t + height / rows, s + width / columns) for t in tops for s in lefts]
    return ImageAxis(np.array(boxes), (height, width))


CELLS = grid(3, 4, 30, 80)  # cells of 10 x 20 pixels


def by_pixels(axis, boxes):
    """The share of each region that boxes of whole pixels cover, pixel by pixel."""
    filled = np.zeros(axis.size)
    for top, left, bottom, right in boxes:
        filled[top:bottom, left:right] = 1
    return [filled[int(t) : int(b), int(s) : int(e)].mean() for t, s, b, e in axis.boxes]


def boxes_drawn(rng, count):
    rows, columns = (np.sort(rng.choice(side + 1, (2), replace=False)) for side in (30, 80))
    more = boxes_drawn(rng, count - 1) if count > 1 else []
    return [(rows[0], columns[0], rows[1], columns[1]), *more]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_cells_are_covered_as_counting_pixels_says(count):
    boxes = boxes_drawn(np.random.default_rng(count), count)
    np.testing.assert_allclose(box_coverage(CELLS, boxes), by_pixels(CELLS, boxes))


def test_regions_may_overlap_and_boxes_go_beyond_the_picture():
    axis = ImageAxis(np.array([[0, 0, 20, 20], [10, 10, 30, 30]]), (30, 30))
    np.testing.assert_allclose(box_coverage(axis, [(-5, -5, 15, 99)]), [15 / 20, 5 / 20])


def test_attention_correctness_is_the_mass_in_the_boxes():
    rng = np.random.default_rng(0)
    maps, boxes = rng.dirichlet(np.ones(12), 3), [boxes_drawn(rng, 2) for _ in range(3)]
    expected = [weights @ by_pixels(CELLS, one) for weights, one in zip(maps, boxes, strict=True)]
    np.testing.assert_allclose(attention_correctness(maps, [CELLS] * 3, boxes), expected)
    np.testing.assert_allclose(attention_correctness(maps * 0.3, [CELLS] * 3, boxes), expected)


def test_the_middle_of_the_highest_region_points():
    weights = np.zeros(12)
    weights[5] = 0.6  # from row 10 to 20, column 20 to 40: its middle is (15, 30)
    weights[0] = 0.4
    boxes = [[(15, 30, 16, 31)], [(10, 20, 15, 40)], [(0, 0, 10, 20)], [(0, 0, 5, 5), (12, 22, 20, 40)]]
    assert pointing_game([weights] * 4, [CELLS] * 4, boxes).tolist() == [1, 0, 0, 1]


def test_controls_score_what_theory_says():
    # uniform: the share of the picture, of the middles; random: the same on average
    rng = np.random.default_rng(1)
    boxes = [boxes_drawn(rng, 1) for _ in range(150)]
    middles = [(row * 10 + 5, column * 20 + 10) for row in range(3) for column in range(4)]
    area = np.mean([(b - t) * (e - s) / (30 * 80) for ((t, s, b, e),) in boxes])
    inside = [
        np.mean([t <= row < b and s <= column < e for row, column in middles]) for ((t, s, b, e),) in boxes
    ]
    truth = [np.array(by_pixels(CELLS, one)) for one in boxes]
    for measure, chance in (attention_correctness, area), (pointing_game, np.mean(inside)):
        found = compare_with_baselines(lambda maps, m=measure: m(maps, [CELLS] * 150, boxes), truth)
        assert found.baselines["uniform"].value == pytest.approx(chance)
        random = found.baselines["random"]
        assert random.low - 0.02 < chance < random.high + 0.02
        assert found.improvements["uniform"].low > 0


def test_words_without_boxes_have_no_value_and_maps_of_zeros_look_nowhere():
    for measure in pointing_game, attention_correctness:
        found = measure([np.ones(12), np.zeros(12)], [CELLS] * 2, [[], [(0, 0, 30, 80)]])
        np.testing.assert_array_equal(found, [np.nan, 0])


@pytest.mark.parametrize("box", [(31, 0, 40, 5), (5, 5, 5, 9), (9, 0, 3, 5), (-4, 0, 0, 9)])
def test_gold_outside_of_the_picture_is_refused(box):
    with pytest.raises(ValueError, match=r"picture of \(30, 80\) pixels"):
        pointing_game([np.ones(12)], [CELLS], [[box]])


def test_what_are_no_weights_of_the_regions_is_refused():
    for weights in np.ones(11), np.full(12, np.nan), -np.ones(12):
        with pytest.raises(ValueError, match="each of 12 regions"):
            attention_correctness([weights], [CELLS], [[(0, 0, 9, 9)]])
    with pytest.raises(ValueError, match="1 maps, 1 pictures, 0 words"):
        pointing_game([np.ones(12)], [CELLS], [])
