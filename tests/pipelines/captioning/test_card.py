from foveal.pipelines.captioning.card import card
from foveal.pipelines.captioning.config import CaptioningConfig
from foveal.pipelines.captioning.metrics import measure


def test_the_card_tells_what_was_trained_and_how_good_it_is(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    scores = measure(["a red star"], [["a red star"]], [])
    training = {"parameters": 1_234_567, "steps": 89, "seconds": 90.0}
    text = card(CaptioningConfig(), {"training": training, "tests": {"test": scores}})
    assert "`scenes`: encoder `small`" in text
    assert "1,234,567 parameters, 89 updates (1.5 minutes)" in text
    assert f"| test | 1 | {scores['bleu_4']:.3f} |" in text
    assert scores["tokenization"] in text
