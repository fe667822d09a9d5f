"""Tests of the export of SavedModels: atomic versions, empty batches, JSON."""

import dataclasses
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import keras
import pytest
import tensorflow as tf

import foveal
from foveal.layers import SelfAttention
from foveal.pipelines.saved_model.export import batch_signature, keras_model_card, to_json
from foveal.pipelines.saved_model.loading import load_saved_model


def test_failed_export_leaves_folder_unchanged(export_multiplier, tmp_path):
    export_multiplier(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(FileNotFoundError):
        export_multiplier(tmp_path, extras={"no/such/folder.txt": "text"})
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    load_saved_model(tmp_path)


def test_export_is_complete_before_it_is_renamed(export_multiplier, tmp_path, monkeypatch):
    def failing_rename(source, target):
        assert (Path(source) / "saved_model.pb").exists()
        assert (Path(source) / "model.keras").exists()
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "rename", failing_rename)
    with pytest.raises(OSError, match="No space left"):
        export_multiplier(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_without_write_permission_raises(export_multiplier, tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(PermissionError):
        export_multiplier(tmp_path / "new")


def test_batch_signature_pads_empty_batch_and_drops_outputs():
    sizes = []

    class Lengths(tf.Module):
        @batch_signature(tf.TensorSpec([None], tf.string, name="text"))
        def serve(self, text):
            tf.py_function(lambda x: sizes.append(len(x)), [text], [])
            return {"length": tf.strings.length(text)}

    module = Lengths()
    assert module.serve(tf.constant([], tf.string))["length"].shape == (0,)
    assert module.serve(tf.constant(["a", "bcd"]))["length"].numpy().tolist() == [1, 3]
    assert sizes == [1, 2]


def test_to_json_serializes_dataclasses_and_paths():
    @dataclasses.dataclass
    class Score:
        value: float

    parsed = json.loads(to_json({"é": Score(1.5), "folder": Path("a/b"), "none": None}))
    assert parsed == {"é": {"value": 1.5}, "folder": "a/b", "none": None}
    with pytest.raises(ValueError, match="JSON"):
        to_json({"bad": float("nan")})


LOAD_WITHOUT_FOVEAL = """
import sys
import keras
keras.saving.load_model(sys.argv[1])
"""


def test_model_card_states_the_error_of_keras_without_foveal(tmp_path):
    inputs = keras.Input((3, 4))
    keras.Model(inputs, SelfAttention(2, 2)(inputs)).save(tmp_path / "model.keras")
    text = " ".join(keras_model_card(tmp_path).split())
    command = [sys.executable, "-P", "-c", LOAD_WITHOUT_FOVEAL, tmp_path / "model.keras"]
    error = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    assert "Could not locate class 'SelfAttention'" in error
    assert "'registered_name': 'foveal>SelfAttention'" in error
    assert 'raises "Could not locate class", with a `registered_name` that starts with `foveal>`' in text
    assert f"Written by foveal {foveal.__version__}, Keras {keras.__version__} and Tensor" in text
    assert f'`import foveal.layers` must precede `keras.saving.load_model("{tmp_path}/model.keras")`' in text
