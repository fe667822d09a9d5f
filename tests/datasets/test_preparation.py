"""Preparation of TFDS sets: once, offline where possible, with a clear error."""

import re
import time

import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download.checksums import UrlInfo
from tensorflow_datasets.core.utils import Size

from foveal.datasets.preparation import prepare, prepared_builder

URL = "https://data.invalid/letters.txt"


class Letters(tfds.core.GeneratorBasedBuilder):
    """One file, registered with the size and checksum of another content."""

    VERSION = tfds.core.Version("1.0.0")
    url_infos = {URL: UrlInfo(Size(3), "0" * 64, "letters.txt")}

    def _info(self):
        features = tfds.features.FeaturesDict({"letter": tfds.features.Text()})
        return tfds.core.DatasetInfo(builder=self, features=features)

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(dl_manager.download(URL))}

    def _generate_examples(self, path):
        for index, letter in enumerate(path.read_text()):
            yield index, {"letter": letter}


@pytest.fixture
def archives(tmp_path):
    folder = tmp_path / "archives"
    folder.mkdir()
    (folder / "letters.txt").write_text("abc")
    return folder


def test_prepare_unreachable_host_raises_with_files_folder_and_command(tmp_path):
    started = time.monotonic()
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError) as error:
        prepare(Letters(data_dir=tmp_path), tmp_path / "empty", "captioning")
    assert time.monotonic() - started < 10
    message = str(error.value)
    assert f"no connection to {URL}" in message
    assert "Missing files: letters.txt" in message
    assert str(tmp_path / "letters/1.0.0") in message
    assert f"make captioning DATA=letters MANUAL_DIR={tmp_path / 'empty'}" in message


def test_prepare_uses_local_archives(tmp_path, archives, caplog):
    builder = Letters(data_dir=tmp_path)
    assert prepare(builder, archives, "translation") is builder
    assert builder.info.splits["train"].num_examples == 3
    assert "letters.txt differs from the file at https://data.invalid" in caplog.text


def test_prepared_set_needs_no_archive_and_no_network(tmp_path, archives, monkeypatch):
    prepare(Letters(data_dir=tmp_path), archives, "translation")
    (archives / "letters.txt").unlink()
    monkeypatch.setattr("foveal.datasets.downloads.is_reachable", lambda url: pytest.fail("probed a host"))
    assert prepare(Letters(data_dir=tmp_path), None, "translation").is_prepared()


def test_prepare_prints_its_own_line_only(tmp_path, archives, capfd, caplog):
    prepare(Letters(data_dir=tmp_path), archives, "translation")
    output = capfd.readouterr()
    assert output.out == "preparing letters\n"
    assert "Downloading" not in output.err
    assert "Dl Completed" not in output.err
    assert [record.getMessage().split()[1] for record in caplog.records] == ["differs"]
    prepare(Letters(data_dir=tmp_path), archives, "translation")
    assert capfd.readouterr().out == ""


def test_prepare_missing_folder_raises(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"`manual_dir` must be an existing folder.*nowhere"):
        prepare(Letters(data_dir=tmp_path), tmp_path / "nowhere", "translation")


def test_prepared_builder_checks_features_before_any_preparation(tmp_path, archives):
    def refuse(builder):
        raise ValueError(f"refused {builder.name}")

    arguments = {"pipeline": "translation", "expected": "letters or words"}
    with pytest.raises(ValueError, match="refused letters"):
        prepared_builder("letters", str(tmp_path), str(archives), find_features=refuse, **arguments)
    assert not (tmp_path / "letters").exists()
    builder, features = prepared_builder(
        "letters", str(tmp_path), str(archives), find_features=lambda b: list(b.info.features), **arguments
    )
    assert builder.is_prepared()
    assert features == ["letter"]


@pytest.mark.parametrize("data", ["no_such_set", "texts/a.{lang}", "no such set", "texts-2024"])
def test_prepared_builder_unknown_set_raises(tmp_path, data):
    with pytest.raises(ValueError, match=rf"`data` must be letters\. Received: data='{re.escape(data)}'"):
        prepared_builder(data, str(tmp_path), None, pipeline="p", expected="letters", find_features=list)
