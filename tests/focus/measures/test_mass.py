import numpy as np
import pytest

from foveal.focus import FocusRecord, ImageAxis, TextAxis
from foveal.focus.measures import attention_mass, padding_keys, special_keys

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4))
SHORT = TextAxis(["[START]", "cat", "[END]"], np.array([[0, 0], [0, 3], [3, 3]]))
LONG = TextAxis(list("abcde"), np.stack([np.arange(5), np.arange(1, 6)], axis=1))
FOCUS = FocusRecord("layer", WEIGHTS, keys=[SHORT, LONG])


def test_mass_is_the_share_on_the_keys_of_each_example():
    special = special_keys(FOCUS)
    assert special.tolist() == [[True, False, True, False, False], [False] * 5]
    found = attention_mass(WEIGHTS, special)
    np.testing.assert_allclose(found[0], WEIGHTS[0, ..., 0] + WEIGHTS[0, ..., 2])
    assert found[1].max() == 0
    np.testing.assert_allclose(
        attention_mass(2 * WEIGHTS, [True] * 3 + [False] * 2), WEIGHTS[..., :3].sum(-1)
    )


def test_all_keys_together_have_all_of_it_and_an_empty_row_has_none():
    np.testing.assert_allclose(attention_mass(WEIGHTS, [True] * 5), 1)
    assert np.isnan(attention_mass(WEIGHTS, [True] * 5, mask=np.zeros(5, bool))).all()


def test_padding_is_behind_the_axis_or_where_no_query_may_look():
    expected = [[False, False, False, True, True], [False] * 5]
    assert padding_keys(FOCUS).tolist() == expected
    mask = np.array(expected)[:, None, None] == np.zeros((1, 1, 1, 1), bool)
    assert padding_keys(FocusRecord("layer", WEIGHTS, mask=mask)).tolist() == expected


@pytest.mark.parametrize("measure", [special_keys, padding_keys])
def test_a_record_that_does_not_know_its_keys_is_an_error(measure):
    with pytest.raises(ValueError, match=r"whose keys are known. Received: layer"):
        measure(FocusRecord("layer", WEIGHTS))


def test_keys_that_do_not_fit_are_an_error():
    with pytest.raises(ValueError, match=r"each of 5 keys.*Received: \(4,\)"):
        attention_mass(WEIGHTS, [True] * 4)
    picture = [ImageAxis(np.zeros((5, 4)), (3, 3))] * 2
    with pytest.raises(ValueError, match="keys that are text"):
        special_keys(FocusRecord("layer", WEIGHTS, keys=picture))
