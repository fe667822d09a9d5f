import dataclasses
import json
import os
import stat
from pathlib import Path

import keras
import pytest
import tensorflow as tf

from foveal.pipelines.saved_model.export import export, latest_version, load, to_json


class Doubler(tf.Module):
    def __init__(self, factor=2.0):
        super().__init__()
        self.factor = tf.Variable(factor)

    @tf.function(input_signature=[tf.TensorSpec([None], name="x")])
    def double(self, x):
        return {"y": self.factor * x}


def write(folder, factor=2.0, extras=None):
    module = Doubler(factor)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    return export(folder, module, {"serving_default": module.double}, model, extras or {})


def test_versions_count_up_and_the_latest_is_loaded(tmp_path):
    assert write(tmp_path).name == "1"
    assert write(tmp_path, factor=5.0).name == "2"
    assert latest_version(tmp_path) == tmp_path / "2"
    answer = load(tmp_path).signatures["serving_default"](x=tf.constant([3.0]))
    assert answer["y"].numpy().tolist() == [15.0]
    answer = load(tmp_path / "1").signatures["serving_default"](x=tf.constant([3.0]))
    assert answer["y"].numpy().tolist() == [6.0]


def test_an_export_that_fails_leaves_what_was_there_and_nothing_else(tmp_path):
    write(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(FileNotFoundError):
        write(tmp_path, extras={"no/such/folder.txt": "text"})
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    load(tmp_path)


def test_it_is_whole_before_it_has_a_number(tmp_path, monkeypatch):
    def crash(source, target):
        assert (Path(source) / "saved_model.pb").exists()
        assert (Path(source) / "model.keras").exists()
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "rename", crash)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_export_is_one_clear_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"expected a SavedModel .*; found none\. `make translation`"):
        latest_version(tmp_path / "nothing")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(PermissionError):
        write(tmp_path / "new")


def test_settings_and_metrics_become_readable_json():
    @dataclasses.dataclass
    class Score:
        value: float

    told = json.loads(to_json({"é": Score(1.5), "folder": Path("a/b"), "none": None}))
    assert told == {"é": {"value": 1.5}, "folder": "a/b", "none": None}
    with pytest.raises(ValueError, match="JSON"):
        to_json({"bad": float("nan")})
