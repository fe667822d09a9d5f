"""Tests of the model card of a translator."""

import dataclasses
from pathlib import Path

from foveal.pipelines.evaluation.text_metrics import Score
from foveal.pipelines.translation.model_card import model_card

VOCABULARY = ["[PAD]", "▁the", "▁кот"]


def test_model_card_contains_metrics(toy_config):
    beam = {"sentences": 1000, "bleu": Score(95.04, "nrefs:1"), "chrf": Score(97.0, "nc:6"), "exact": 0.9}
    metrics = {
        "training": {"parameters": 1234567, "steps": 800, "epochs": 3.5, "seconds": 150.0},
        "tests": {"test": {"beam": beam}},
    }
    named = dataclasses.replace(toy_config.data, source="en", target="pt")
    text = model_card(dataclasses.replace(toy_config, data=named), VOCABULARY, metrics, Path("models/7"))
    assert text.startswith("# A translation model with its attention, version 7\n")
    assert 'tf.saved_model.load("models/7")' in text
    assert f"`{toy_config.data.data}`, from en to pt: architecture" in text
    assert "Scripts of its texts: Latin, Cyrillic." in text
    assert 'load_model("models/7/model.keras")' in text
    unnamed = model_card(toy_config, VOCABULARY, metrics, Path("models/7"))
    assert f"`{toy_config.data.data}`: architecture" in unnamed
    assert "| test | 1,000 | 95.0 | 97.0 | 90.0% |" in text
    assert "1,234,567" in text
    assert "(3.5 passes over the data, 2.5 minutes)" in " ".join(text.split())
    assert "sacreBLEU signature: `nrefs:1`" in text
    assert f"Beam search, {toy_config.decoding.num_beams} beams" in text
    assert "shortlist" not in text


def test_model_card_names_shortlist(toy_config):
    decoding = dataclasses.replace(toy_config.decoding, shortlist_size=7)
    beam = {"sentences": 2, "bleu": Score(1.0, "nrefs:1"), "chrf": Score(2.0, "nc:6"), "exact": 0.5}
    training = {"parameters": 3, "steps": 4, "epochs": 5.0, "seconds": 6.0}
    metrics = {"training": training, "tests": {"test": {"beam": beam}}}
    text = model_card(
        dataclasses.replace(toy_config, decoding=decoding), VOCABULARY, metrics, Path("models/7")
    )
    assert "beams, lexical shortlist of 7 translations of each token." in text
