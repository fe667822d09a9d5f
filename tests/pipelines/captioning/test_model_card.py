from foveal.pipelines.captioning.config import CaptioningConfig
from foveal.pipelines.captioning.metrics import measure
from foveal.pipelines.captioning.model_card import card


def test_the_card_tells_what_was_trained_and_how_good_it_is(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    scores = measure(["a red star"], [["a red star"]], [])
    training = {"parameters": 1_234_567, "steps": 89, "seconds": 90.0}
    training |= {"self_critical_steps": 11, "self_critical_seconds": 15.0}
    text = card(CaptioningConfig(), {"training": training, "tests": {"test": scores}})
    assert "`scenes`: encoder `small`" in text
    assert "1,234,567 parameters, 100 updates (1.8 minutes), 11 of them\non captions that it drew" in text
    assert "Greedy search." in text
    assert f"| test | 1 | {scores['bleu_4']:.3f} |" in text
    assert scores["tokenization"] in text
