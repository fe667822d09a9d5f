"""Tests of the model card of a classifier."""

from pathlib import Path

from foveal.pipelines.sentiment.calibration import Reliability
from foveal.pipelines.sentiment.model_card import model_card


def test_model_card_contains_metrics(toy_config):
    test = {"texts": 1500, "accuracy": 0.9734, "macro_f1": 0.9731, "roc_auc": 0.99812}
    test["reliability"] = Reliability(0.0123, [0.9], [0.9], [1500])
    metrics = {
        "training": {
            "parameters": 1234567,
            "steps": 800,
            "epochs": 3.5,
            "seconds": 150.0,
            "temperature": 1.234,
        },
        "tests": {"test": test, "other": test | {"roc_auc": None}},
    }
    text = model_card(toy_config, ["bad", "good"], ["[PAD]", "▁não"], metrics, Path("models/7"))
    assert text.startswith("# A text classifier with its attention, version 7\n")
    assert 'tf.saved_model.load("models/7")' in text
    assert "| test | 1,500 | 97.3% | 0.973 | 0.9981 | 0.012 |" in text
    assert "| other | 1,500 | 97.3% | 0.973 |  | 0.012 |" in text
    assert "Scripts of its texts: Latin." in text
    assert 'load_model("models/7/model.keras")' in text
    assert "1,234,567" in text
    assert "(3.5 passes over the data, 2.5 minutes)" in " ".join(text.split())
    assert "temperature of 1.23" in text
    assert "Classes: `bad`, `good`" in text
    assert f"`{toy_config.model.architecture}` with {toy_config.model.attention} attention" in text
