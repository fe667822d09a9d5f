import itertools

import numpy as np
import pytest

from foveal.focus import compare_with_baselines, delete_tokens, kendall_tau, leave_one_out, mask_tokens


def kendall_tau_brute_force(first, second):
    """Kendall's tau-b by counting pairs."""
    pairs = list(itertools.combinations(range(len(first)), 2))
    a = [np.sign(first[i] - first[j]) for i, j in pairs]
    b = [np.sign(second[i] - second[j]) for i, j in pairs]
    return np.dot(a, b) / np.sqrt(np.dot(a, a) * np.dot(b, b))


def test_leave_one_out_matches_change_of_probability():
    def predict(texts):
        probability = np.array([0.1 + 0.2 * text.count("x") + 0.3 * ("y" in text) for text in texts])
        return np.stack([probability, 1 - probability], axis=1)

    result = leave_one_out(predict, [["x", "z", "y"], ["x"], ["x", "x"]], delete_tokens, batch_size=4)
    expected = [[0.2, 0, 0.3], [0.2], [0.2, 0.2]]
    for importance, values in zip(result, expected, strict=True):
        np.testing.assert_allclose(importance, values, atol=1e-12)


def test_leave_one_out_of_three_classes_is_total_variation():
    probabilities = {"ab": [0.5, 0.3, 0.2], "b": [0.1, 0.5, 0.4], "a": [0.5, 0.2, 0.3], "": [1, 0, 0]}
    result = leave_one_out(
        lambda texts: [probabilities["".join(text)] for text in texts], ["ab"], delete_tokens
    )
    np.testing.assert_allclose(result[0], [0.4, 0.1])


def test_leave_one_out_of_empty_text_is_empty():
    result = leave_one_out(lambda texts: np.ones((len(texts), 2)), [[], [3]], mask_tokens(0))
    assert [len(importance) for importance in result] == [0, 1]


def test_kendall_tau_matches_brute_force():
    rng = np.random.default_rng(0)
    maps = [rng.integers(0, 4, size).astype(float) for size in (4, 5, 9)]
    importance = [rng.random(len(weights)) for weights in maps]
    np.testing.assert_allclose(
        kendall_tau(maps, importance), list(map(kendall_tau_brute_force, maps, importance))
    )


def test_kendall_tau_is_invariant_to_monotone_transformation():
    (map_,) = np.random.default_rng(1).dirichlet(np.ones(6), 1)
    np.testing.assert_allclose(kendall_tau([map_, map_], [map_**3, -map_]), [1, -1])


def test_kendall_tau_of_constant_map_is_zero():
    result = kendall_tau([[0.5, 0.5], [1.0], [0.1, 0.9], []], [[0.1, 0.9], [0.3], [0.0, 0.0], []])
    assert result.tolist() == [0, 0, 0, 0]


def test_baselines_have_zero_rank_correlation():
    rng = np.random.default_rng(2)
    truth = list(rng.random((300, 6)))
    result = compare_with_baselines(lambda maps: kendall_tau(maps, truth), truth)
    assert result.value.value == pytest.approx(1)
    assert result.baselines["uniform"] == (0, 0, 0)
    assert all(abs(baseline.value) < 0.06 for baseline in result.baselines.values())


def test_invalid_maps_raise():
    with pytest.raises(ValueError, match=r"the same shapes \(tokens,\)"):
        kendall_tau([[0.1, 0.9]], [[0.1, 0.2, 0.7]])
    with pytest.raises(ValueError, match=r"the same shapes \(tokens,\)"):
        kendall_tau([[0.1, 0.9]], [])
    with pytest.raises(ValueError, match="NaN"):
        kendall_tau([[0.1, np.nan]], [[0.1, 0.2]])
