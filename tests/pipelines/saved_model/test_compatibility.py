"""Tests of the check that an exported model belongs to a pipeline."""

import json

import pytest
import tensorflow as tf

from foveal.pipelines.saved_model.compatibility import load_config, load_signatures, require_same_script
from foveal.pipelines.text.codec import BYTE_TOKENS, SPECIAL_TOKENS


class Upper(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def serve(self, text):
        return {"text": tf.strings.upper(text)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    module = Upper()
    tf.saved_model.save(
        module, str(folder / "3"), signatures={"serving_default": module.serve, "explain": module.serve}
    )
    tf.saved_model.save(module, str(folder / "1"), signatures={"serving_default": module.serve})
    return folder


def test_signatures_of_the_pipeline_are_loaded(folder):
    assert set(load_signatures(folder, "translation", "text", "text")) == {"serving_default", "explain"}


@pytest.mark.parametrize(("input_name", "output_name"), [("text", "label"), ("image", "text")])
def test_model_of_another_pipeline_raises(folder, input_name, output_name):
    with pytest.raises(ValueError, match=r"must be a model of the other pipeline.*/3, from text to text"):
        load_signatures(folder, "other", input_name, output_name)


def test_model_without_explain_raises(folder):
    with pytest.raises(ValueError, match="with the signatures serving_default"):
        load_signatures(folder / "1", "translation", "text", "text")


@pytest.fixture
def vocabulary(tmp_path):
    def write(*tokens):
        (tmp_path / "1" / "assets").mkdir(parents=True)
        (tmp_path / "1" / "saved_model.pb").touch()
        lines = "\n".join([*SPECIAL_TOKENS, *BYTE_TOKENS, *tokens])
        (tmp_path / "1" / "assets" / "vocabulary.txt").write_text(f"{lines}\n", encoding="utf-8")
        return tmp_path

    return write


def test_texts_in_another_script_raise(vocabulary):
    folder = vocabulary(" dog", "c")
    require_same_script(folder, ["The cat, Schrödingers Katze", "王 1984"])
    with pytest.raises(ValueError, match=r"model .*/1, Latin\. Received: data in Thai, Latin\."):
        require_same_script(folder, ["หมอหนุ่มเห็น it"])


def test_vocabulary_of_bytes_fits_every_script(vocabulary):
    require_same_script(vocabulary("!"), ["猫", "cat"])


def test_config_of_the_export_is_loaded(folder):
    assert load_config(folder) == {}
    (folder / "3" / "assets.extra").mkdir()
    (folder / "3" / "assets.extra" / "config.json").write_text(json.dumps({"data": {"data": "phrases"}}))
    assert load_config(folder)["data"] == {"data": "phrases"}
