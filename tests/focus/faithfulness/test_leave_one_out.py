import itertools

import numpy as np
import pytest

from foveal.focus import compare_with_baselines, delete_tokens, kendall_tau, leave_one_out, mask_tokens


def tau_of_pairs(first, second):
    """Tau-b, counted pair by pair."""
    pairs = list(itertools.combinations(range(len(first)), 2))
    a = [np.sign(first[i] - first[j]) for i, j in pairs]
    b = [np.sign(second[i] - second[j]) for i, j in pairs]
    return np.dot(a, b) / np.sqrt(np.dot(a, a) * np.dot(b, b))


def test_each_token_weighs_what_the_answer_moves_without_it():
    def predict(texts):
        share = np.array([0.1 + 0.2 * text.count("x") + 0.3 * ("y" in text) for text in texts])
        return np.stack([share, 1 - share], axis=1)

    found = leave_one_out(predict, [["x", "z", "y"], ["x"], ["x", "x"]], delete_tokens, batch_size=4)
    expected = [[0.2, 0, 0.3], [0.2], [0.2, 0.2]]
    for one, values in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, values, atol=1e-12)


def test_of_three_classes_the_distance_is_that_of_the_distributions():
    answers = {"ab": [0.5, 0.3, 0.2], "b": [0.1, 0.5, 0.4], "a": [0.5, 0.2, 0.3], "": [1, 0, 0]}
    found = leave_one_out(lambda texts: [answers["".join(text)] for text in texts], ["ab"], delete_tokens)
    np.testing.assert_allclose(found[0], [0.4, 0.1])


def test_a_text_without_tokens_has_an_empty_map():
    found = leave_one_out(lambda texts: np.ones((len(texts), 2)), [[], [3]], mask_tokens(0))
    assert [len(one) for one in found] == [0, 1]


def test_tau_is_that_counted_pair_by_pair():
    rng = np.random.default_rng(0)
    maps = [rng.integers(0, 4, size).astype(float) for size in (4, 5, 9)]
    others = [rng.random(len(one)) for one in maps]
    np.testing.assert_allclose(kendall_tau(maps, others), list(map(tau_of_pairs, maps, others)))


def test_order_alone_counts():
    (map_,) = np.random.default_rng(1).dirichlet(np.ones(6), 1)
    np.testing.assert_allclose(kendall_tau([map_, map_], [map_**3, -map_]), [1, -1])


def test_a_map_that_orders_nothing_agrees_with_nothing():
    found = kendall_tau([[0.5, 0.5], [1.0], [0.1, 0.9], []], [[0.1, 0.9], [0.3], [0.0, 0.0], []])
    assert found.tolist() == [0, 0, 0, 0]


def test_controls_that_know_nothing_agree_with_nothing():
    rng = np.random.default_rng(2)
    truth = list(rng.random((300, 6)))
    found = compare_with_baselines(lambda maps: kendall_tau(maps, truth), truth)
    assert found.value.value == pytest.approx(1)
    assert found.baselines["uniform"] == (0, 0, 0)
    assert all(abs(control.value) < 0.06 for control in found.baselines.values())


def test_maps_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"\(tokens,\) for each example"):
        kendall_tau([[0.1, 0.9]], [[0.1, 0.2, 0.7]])
    with pytest.raises(ValueError, match=r"\(tokens,\) for each example"):
        kendall_tau([[0.1, 0.9]], [])
    with pytest.raises(ValueError, match="NaN"):
        kendall_tau([[0.1, np.nan]], [[0.1, 0.2]])
