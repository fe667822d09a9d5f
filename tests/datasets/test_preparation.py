import socket
import time

import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download.checksums import UrlInfo
from tensorflow_datasets.core.utils import Size

from foveal.datasets import preparation

URL = "https://data.invalid/words.txt"


class Words(tfds.core.GeneratorBasedBuilder):
    """One file, registered with the size and checksum of another content."""

    VERSION = tfds.core.Version("1.0.0")
    url_infos = {URL: UrlInfo(Size(3), "0" * 64, "words.txt")}

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict({"word": tfds.features.Text()})
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(dl_manager.download(URL))}

    def _generate_examples(self, path):
        for i, word in enumerate(path.read_text().split()):
            yield i, {"word": word}


def test_without_file_or_network_the_error_names_file_folder_and_command(tmp_path):
    started = time.monotonic()
    (tmp_path / "manual").mkdir()
    with pytest.raises(FileNotFoundError) as error:
        preparation.prepare(Words(data_dir=tmp_path), tmp_path / "manual", "captioning")
    assert time.monotonic() - started < 10
    message = str(error.value)
    assert "Missing: words.txt" in message
    assert str(tmp_path / "words/1.0.0") in message
    assert f"make captioning DATA=words MANUAL_DIR={tmp_path / 'manual'}" in message


def test_file_placed_by_hand_is_taken_and_its_difference_told(tmp_path, caplog):
    (tmp_path / "words.txt").write_text("two words")
    builder = preparation.prepare(Words(data_dir=tmp_path / "d"), tmp_path, "translation")
    assert builder.info.splits["train"].num_examples == 2
    assert "words.txt is not the file at https://data.invalid" in caplog.text
    assert Words.url_infos[URL].checksum == "0" * 64  # the registered ones stay


def test_prepared_set_needs_neither_file_nor_network(tmp_path, monkeypatch):
    (tmp_path / "words.txt").write_text("two words")
    preparation.prepare(Words(data_dir=tmp_path / "d"), tmp_path, "translation")
    (tmp_path / "words.txt").unlink()
    monkeypatch.setattr(preparation, "reachable", lambda url: pytest.fail("asked the network"))
    assert preparation.prepare(Words(data_dir=tmp_path / "d"), None, "translation").is_prepared()


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        preparation.prepare(Words(data_dir=tmp_path), tmp_path / "nowhere", "translation")


def test_a_listening_host_is_reachable_and_a_closed_port_is_not(monkeypatch):
    monkeypatch.setattr(preparation, "getproxies", dict)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert preparation.is_reachable(f"http://127.0.0.1:{server.getsockname()[1]}/file")
        closed = server.getsockname()[1]
    preparation.is_reachable.cache_clear()
    assert not preparation.is_reachable(f"http://127.0.0.1:{closed}/file")


def test_a_proxy_is_asked_in_place_of_the_host(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        proxy = f"http://127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setattr(preparation, "getproxies", lambda: {"https": proxy})
        assert preparation.is_reachable("https://behind-the-proxy.invalid/file")
