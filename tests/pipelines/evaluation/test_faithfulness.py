import numpy as np
import tensorflow as tf

from foveal.focus import ConfidenceInterval, RobustnessResult
from foveal.pipelines.evaluation.faithfulness import (
    next_token_probabilities,
    pad_ids,
    print_plausibility,
    robustness_figure,
    robustness_table,
)

FOUND = {
    "letters": [
        RobustnessResult(
            0.1,
            ConfidenceInterval(0.9, 0.8, 1.0),
            ConfidenceInterval(0.05, 0.0, 0.1),
            ConfidenceInterval(0.2, 0.1, 0.3),
        ),
        RobustnessResult(
            0.5,
            ConfidenceInterval(0.6, 0.5, 0.7),
            ConfidenceInterval(0.35, 0.3, 0.4),
            ConfidenceInterval(0.4, 0.3, 0.5),
        ),
    ]
}


def test_the_table_has_a_line_for_each_dose_with_intervals():
    heads, _, first, second = robustness_table(FOUND, "accuracy").splitlines()
    assert heads.split() == ["noise", "dose", "accuracy", "lost", "drift"]
    assert first.split("  ")[0] == "letters"
    assert "0.900 (0.800 - 1.000)  0.050 (0.000 - 0.100)  0.200 (0.100 - 0.300)" in first
    assert "0.600 (0.500 - 0.700)" in second


def test_the_picture_begins_without_noise():
    left, right = robustness_figure(FOUND, "accuracy").axes
    np.testing.assert_array_equal(left.lines[0].get_xdata(), [0, 0.1, 0.5])
    np.testing.assert_allclose(np.array(left.lines[0].get_ydata()), [0, 0.05, 0.35])
    np.testing.assert_allclose(np.array(right.lines[0].get_ydata()), [0, 0.2, 0.4])
    assert not right.patches  # nobody knows how far seeds are apart


def test_the_next_id_is_told_behind_the_last_that_was_written():
    written = pad_ids([np.array([1, 5]), np.array([1])])
    assert written.numpy().tolist() == [[1, 5, 0], [1, 0, 0]]
    logits = np.log(np.array([[[0.5, 0.5], [0.1, 0.9], [0.6, 0.4]], [[0.2, 0.8], [0.3, 0.7], [0.4, 0.6]]]))
    found = next_token_probabilities(tf.constant(logits), written)
    np.testing.assert_allclose(found, [[0.1, 0.9], [0.2, 0.8]], rtol=1e-6)


def test_attention_is_told_beside_a_random_map(capsys):
    print_plausibility("test", {"AUPRC": {"model": 0.5, "random": 0.25}, "mass": {"random": 0, "model": 1}})
    told = capsys.readouterr().out
    assert told == "test (attention, beside a random map): AUPRC 0.500 (0.250), mass 1.000 (0.000)\n"
