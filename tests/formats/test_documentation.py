"""Code blocks of docs/formats.md run, and give the token ids and probabilities of the SavedModel."""

import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.sentiment.config import DataConfig, ModelConfig, SentimentConfig
from foveal.pipelines.sentiment.export import build_classifier
from foveal.pipelines.sentiment.model import build
from foveal.pipelines.text.codec import TextCodec

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # of the converters
PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
CLASSES = ["negative", "positive"]
TEMPERATURE = 1.5
TEXTS = [
    "It's  10 degrees: the CAFÉ\nwas good!",
    "rose\u0301 we'd, don’tX 'tis",
    "日本 🐈 o\u0301",
    "a'll b's c'sd",
]


@pytest.fixture
def classifier(tmp_path, monkeypatch):
    """Write the files of an exported classifier with random weights below the current folder."""
    monkeypatch.chdir(tmp_path)
    keras.utils.set_random_seed(1)
    version = tmp_path / "saved_models" / "sentiment" / "1"
    for folder in ("assets", "assets.extra"):
        (version / folder).mkdir(parents=True)
    codec = TextCodec.train(["the food was good.", "we waited an hour, it's the café", *TEXTS] * 20, 340)
    codec.save(str(version / "assets" / "vocabulary.txt"))
    config = SentimentConfig(DataConfig(), ModelConfig(hidden_dim=8, num_heads=2))
    model = build(config.model, len(codec.vocabulary), len(CLASSES))
    model.save(version / "model.keras")
    metrics = {"training": {"temperature": TEMPERATURE}}
    (version / "assets.extra" / "metrics.json").write_text(json.dumps(metrics))
    return build_classifier(config, codec, model, CLASSES, TEMPERATURE)


def test_code_blocks_print_documented_output_and_match_saved_model(classifier, capsys):
    namespace = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), namespace)
        expected = re.findall(r"^print\(.*\)  # (.*)$", block, re.MULTILINE)
        assert capsys.readouterr().out.splitlines() == expected
    for text in TEXTS:
        explained = classifier.explain(tf.constant([text]))
        ids = namespace["encode"](text)
        tokens = classifier.codec.ids_to_tokens(tf.constant([ids])).numpy()
        assert tokens.tolist() == explained["source_tokens"].numpy().tolist()
    text = re.findall(r'encode\("(.*?)"\)', PAGE.read_text())
    outputs = classifier.serve(tf.constant(text))
    np.testing.assert_allclose(namespace["probabilities"], outputs["probabilities"], atol=1e-5)
