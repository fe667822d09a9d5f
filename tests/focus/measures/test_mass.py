import numpy as np
import pytest

from foveal.focus import FocusRecord, ImageAxis, TextAxis
from foveal.focus.measures import attention_mass, coverage, padding_keys, special_keys

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4))
UNNORMALIZED = np.random.default_rng(0).random((2, 3, 4, 5))
SHORT = TextAxis(["[START]", "cat", "[END]"], np.array([[0, 0], [0, 3], [3, 3]]))
LONG = TextAxis(list("abcde"), np.stack([np.arange(5), np.arange(1, 6)], axis=1))
FOCUS = FocusRecord("layer", WEIGHTS, keys=[SHORT, LONG])


def test_attention_mass_sums_weights_of_selected_keys():
    special = special_keys(FOCUS)
    assert special.tolist() == [[True, False, True, False, False], [False] * 5]
    mass = attention_mass(WEIGHTS, special)
    np.testing.assert_allclose(mass[0], WEIGHTS[0, ..., 0] + WEIGHTS[0, ..., 2])
    assert mass[1].max() == 0
    np.testing.assert_allclose(
        attention_mass(2 * WEIGHTS, [True] * 3 + [False] * 2), WEIGHTS[..., :3].sum(-1)
    )


def test_attention_mass_of_all_keys_is_one_and_of_empty_row_nan():
    np.testing.assert_allclose(attention_mass(WEIGHTS, [True] * 5), 1)
    assert np.isnan(attention_mass(WEIGHTS, [True] * 5, mask=np.zeros(5, bool))).all()


def test_padding_keys_from_axes_and_from_mask():
    expected = [[False, False, False, True, True], [False] * 5]
    assert padding_keys(FOCUS).tolist() == expected
    mask = np.array(expected)[:, None, None] == np.zeros((1, 1, 1, 1), bool)
    assert padding_keys(FocusRecord("layer", WEIGHTS, mask=mask)).tolist() == expected


@pytest.mark.parametrize("measure", [special_keys, padding_keys])
def test_record_without_key_axes_raises(measure):
    with pytest.raises(ValueError, match=r"must have key axes. Received: layer='layer'"):
        measure(FocusRecord("layer", WEIGHTS))


def test_invalid_keys_raise():
    with pytest.raises(
        ValueError, match=r"`keys` must have shape \(5,\) or \(2, 5\). Received: keys.shape=\(4,\)"
    ):
        attention_mass(WEIGHTS, [True] * 4)
    image_axes = [ImageAxis(np.zeros((5, 4)), (3, 3))] * 2
    with pytest.raises(ValueError, match="must have text keys"):
        special_keys(FocusRecord("layer", WEIGHTS, keys=image_axes))


def test_coverage_sums_over_queries():
    mask = np.array([[True], [False], [True], [True]])
    expected = sum(UNNORMALIZED[:, :, query] for query in (0, 2, 3))
    np.testing.assert_allclose(coverage(UNNORMALIZED, mask), expected)
    assert coverage(UNNORMALIZED, np.zeros(5, bool)).max() == 0
