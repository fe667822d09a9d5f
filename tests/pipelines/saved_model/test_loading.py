"""Tests of SavedModel versions and loading."""

import pytest
import tensorflow as tf

from foveal.pipelines.saved_model.loading import latest_version, list_versions, load_saved_model


def test_versions_increase_and_latest_version_is_loaded(export_multiplier, tmp_path):
    assert export_multiplier(tmp_path).name == "1"
    assert export_multiplier(tmp_path, factor=5.0).name == "2"
    assert sorted(list_versions(tmp_path)) == [1, 2]
    assert latest_version(tmp_path) == tmp_path / "2"
    outputs = load_saved_model(tmp_path).signatures["serving_default"](x=tf.constant([3.0]))
    assert outputs["y"].numpy().tolist() == [15.0]
    outputs = load_saved_model(tmp_path / "1").signatures["serving_default"](x=tf.constant([3.0]))
    assert outputs["y"].numpy().tolist() == [6.0]


def test_missing_saved_model_raises_with_command(tmp_path):
    message = r"`model` must be the folder of a SavedModel.*nothing, which has none\. `make <pipeline>`, or"
    with pytest.raises(FileNotFoundError, match=message):
        latest_version(tmp_path / "nothing")
    message = r"`warm_start_from` must .*, which has none\. .* `python -m foveal\.pipelines\.sentiment run`"
    with pytest.raises(FileNotFoundError, match=message):
        latest_version(tmp_path, "warm_start_from", "sentiment")
