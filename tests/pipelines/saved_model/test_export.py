"""Tests of the export of SavedModels: atomic versions, empty batches, JSON."""

import dataclasses
import json
import os
import stat
from pathlib import Path

import pytest
import tensorflow as tf

from foveal.pipelines.saved_model.export import batch_signature, to_json
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
