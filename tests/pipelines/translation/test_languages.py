"""Tests of the languages of an exported translator."""

import json

import pytest

from foveal.pipelines.translation.languages import exported_languages, require_languages


def model(folder, source, target):
    (folder / "1" / "assets.extra").mkdir(parents=True)
    (folder / "1" / "saved_model.pb").touch()
    config = {"data": {"source": source, "target": target}}
    (folder / "1" / "assets.extra" / "config.json").write_text(json.dumps(config))
    return folder


def test_exported_languages_are_those_of_its_configuration(tmp_path):
    assert exported_languages(model(tmp_path / "a", "en", "pt")) == ("en", "pt")
    assert exported_languages(model(tmp_path / "b", None, None)) is None


@pytest.mark.parametrize("languages", [("en", "pt"), ("en-GB", "pt_BR"), ("question", "answer"), None])
def test_same_or_unknown_languages_pass(tmp_path, languages):
    require_languages(model(tmp_path, "en", "pt"), languages)


@pytest.mark.parametrize(
    ("languages", "hint"),
    [(("en", "de"), "Choose data or a model"), (("pt", "en"), "`--source en --target pt`")],
)
def test_other_languages_raise(tmp_path, languages, hint):
    message = r"which translates en to pt\. Received: data that translate {} to {}\. .*{}"
    with pytest.raises(ValueError, match=message.format(*languages, hint)):
        require_languages(model(tmp_path, "en", "pt"), languages)
