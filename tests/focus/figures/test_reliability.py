"""Tests of the reliability diagram."""

import io

import numpy as np
import pytest

from foveal.focus.figures import reliability_figure


def test_bars_are_the_accuracies_of_filled_bins():
    figure = reliability_figure(
        [0, 0.4, 0, 0.9], [0, 0.25, 0, 1.0], [0, 4, 0, 1200], calibration_error=0.1125
    )
    upper, lower = figure.axes
    assert [(bar.get_x(), bar.get_height()) for bar in upper.containers[0]] == [(0.25, 0.25), (0.75, 1.0)]
    assert np.array_equal(upper.lines[0].get_xydata(), [[0.4, 0.4], [0.9, 0.9]])
    assert [bar.get_height() for bar in lower.containers[0]] == [0, 4, 0, 1200]
    assert [text.get_text() for text in lower.texts] == ["", "4", "", "1,200"]
    assert lower.get_ylabel() == "predictions"
    assert upper.get_title() == "expected calibration error 0.113"
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=40)
    assert file.getvalue().startswith(b"\x89PNG")


def test_invalid_bins_raise():
    with pytest.raises(ValueError, match=r"`confidence`.* must .*\(1,\), \(2,\) and \(1,\)"):
        reliability_figure([0.5], [0.5, 1.0], [3], calibration_error=0.0)
    with pytest.raises(ValueError, match="0 predictions"):
        reliability_figure([0.5], [0.5], [0], calibration_error=0.0)
