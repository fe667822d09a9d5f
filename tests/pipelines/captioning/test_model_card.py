"""Tests of the model card."""

from pathlib import Path

from foveal.pipelines.captioning.config import CaptioningConfig
from foveal.pipelines.captioning.metrics import caption_metrics
from foveal.pipelines.captioning.model_card import model_card


def test_model_card_reports_training_and_metrics(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    scores = caption_metrics(["a red star"], [["a red star"]], [])
    training = {"parameters": 1_234_567, "steps": 89, "seconds": 90.0}
    training |= {"self_critical_steps": 11, "self_critical_seconds": 15.0}
    metrics = {"training": training, "tests": {"test": scores}}
    text = model_card(CaptioningConfig(), ["[PAD]", "▁star"], metrics, Path("models/7"))
    assert text.startswith("# An image captioning model with its attention, version 7\n")
    assert 'tf.saved_model.load("models/7")' in text
    assert "`scenes`: encoder `small`" in text
    assert (
        "1,234,567 parameters, 100 updates (1.8 minutes), 11 of them\n"
        "self-critical training on sampled captions" in text
    )
    assert "Scripts of its captions: Latin." in text
    assert 'load_model("models/7/model.keras")' in text
    assert "Greedy search." in text
    assert f"| test | 1 | {scores['bleu_4']:.3f} |" in text
    assert scores["tokenization"] in text
