"""Local archives before downloads, and the probe of a host."""

import os
import socket
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download.checksums import UrlInfo
from tensorflow_datasets.core.utils import Size

from foveal.datasets import downloads
from foveal.datasets.downloads import is_reachable, with_local_downloads

REGISTERED, UNREGISTERED = "https://data.invalid/words.txt", "https://data.invalid/names.txt?raw=1"


class Words(tfds.core.GeneratorBasedBuilder):
    """Two files, one of them registered with the size and checksum of another content."""

    VERSION = tfds.core.Version("1.0.0")
    url_infos = {
        REGISTERED: UrlInfo(Size(3), "0" * 64, "words.txt"),
        "https://data.invalid/other.txt": UrlInfo(Size(3), "0" * 64, "other.txt"),
    }

    def _info(self):
        features = tfds.features.FeaturesDict({"word": tfds.features.Text()})
        return tfds.core.DatasetInfo(builder=self, features=features)

    def _split_generators(self, dl_manager):
        paths = dl_manager.download({"train": REGISTERED, "test": tfds.download.Resource(url=UNREGISTERED)})
        return {split: self._generate_examples(path) for split, path in paths.items()}

    def _generate_examples(self, path):
        for index, word in enumerate(path.read_text().split()):
            yield index, {"word": word}


def describe(reason, missing):
    return f"{reason}; {', '.join(missing)}"


def prepared(folder, manual_dir=None):
    builder = with_local_downloads(Words(data_dir=folder), manual_dir, describe)
    builder.download_and_prepare(download_config=tfds.download.DownloadConfig(try_download_gcs=False))
    return builder


def test_local_archives_replace_downloads(tmp_path, caplog):
    (tmp_path / "words.txt").write_text("two words")
    (tmp_path / "names.txt").write_text("Ana")
    builder = prepared(tmp_path / "data", tmp_path)
    assert {name: info.num_examples for name, info in builder.info.splits.items()} == {"train": 2, "test": 1}
    assert "words.txt differs from the file at https://data.invalid" in caplog.text
    assert "names.txt differs" not in caplog.text  # it has no registered checksum
    caplog.clear()
    (tmp_path / "names.txt").write_text("Eva")
    prepared(tmp_path / "other", tmp_path)
    assert "words.txt differs" in caplog.text  # no manager changes what is registered
    assert "names.txt differs" not in caplog.text


@pytest.mark.timeout(60)
def test_many_archives_are_extracted_without_deadlock(tmp_path):
    names = [f"archive{index}" for index in range(4 * (os.cpu_count() or 1) + 1)]

    class Archives(Words):
        """More archives than TFDS has threads to extract them."""

        def _split_generators(self, dl_manager):
            urls = {name: f"https://data.invalid/{name}.zip" for name in names}
            folders = dl_manager.download_and_extract(urls)
            assert dl_manager.extract([tmp_path / "archive0.zip"]) == [folders["archive0"]]
            return {name: self._generate_examples(folder / "text") for name, folder in folders.items()}

    for name in names:
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            archive.writestr("text", f"one of {name}")
    builder = with_local_downloads(Archives(data_dir=tmp_path / "data"), tmp_path, describe)
    builder.download_and_prepare(download_config=tfds.download.DownloadConfig(try_download_gcs=False))
    assert {name: info.num_examples for name, info in builder.info.splits.items()} == dict.fromkeys(names, 3)


def test_default_manual_dir_is_that_of_tfds(tmp_path):
    folder = tmp_path / "downloads/manual"
    folder.mkdir(parents=True)
    for name in ("words.txt", "names.txt"):
        (folder / name).write_text("word")
    assert prepared(tmp_path).info.splits["train"].num_examples == 1


def test_local_builder_keeps_name_version_and_folder(tmp_path):
    builder = Words(data_dir=tmp_path)
    copy = with_local_downloads(builder, None, describe)
    assert (copy.name, copy.version, copy.data_dir) == (builder.name, builder.version, builder.data_dir)
    assert copy.code_path == builder.code_path
    assert tfds.builder_cls("words") is Words


def test_published_builder_keeps_registered_files(tmp_path):
    builder = tfds.builder("glue/sst2", data_dir=tmp_path)
    copy = with_local_downloads(builder, None, describe)
    assert copy.url_infos == builder.url_infos
    assert copy.builder_config is builder.builder_config


def test_unreachable_host_raises_with_the_missing_files(tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "is_reachable", lambda url: False)
    with pytest.raises(FileNotFoundError, match=r"no connection to .*; names\.txt, words\.txt$"):
        prepared(tmp_path / "data")
    (tmp_path / "words.txt").write_text("two words")
    with pytest.raises(FileNotFoundError, match=r"no connection to .*names\.txt\?raw=1; names\.txt$"):
        prepared(tmp_path / "data", tmp_path)


class Handler(BaseHTTPRequestHandler):
    """Answers HEAD and GET with 404, and a proxy's CONNECT with 403."""

    def do_HEAD(self):
        self.send_error(404)

    def do_GET(self):
        self.send_error(404)

    def do_CONNECT(self):
        self.send_error(403)

    def log_message(self, format, *args):
        del format, args


@pytest.fixture(autouse=True)
def fresh_probes(monkeypatch):
    """No proxy and no probe of another test."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    is_reachable.cache_clear()
    yield
    is_reachable.cache_clear()


@pytest.fixture
def server():
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_download_error_raises_with_the_missing_files(tmp_path, server):
    class Absent(Words):
        """A set whose host does not have the file."""

        def _split_generators(self, dl_manager):
            return {"train": self._generate_examples(dl_manager.download(f"{server}/absent.txt"))}

    builder = with_local_downloads(Absent(data_dir=tmp_path), None, describe)
    with pytest.raises(FileNotFoundError, match=r"HTTP code: 404.*; absent\.txt$"):
        builder.download_and_prepare(download_config=tfds.download.DownloadConfig(try_download_gcs=False))


def test_is_reachable_accepts_any_answer(server):
    assert is_reachable(f"{server}/absent")


def test_is_reachable_refuses_a_closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert not is_reachable(f"http://127.0.0.1:{port}/file")


@pytest.mark.parametrize("answer", [b"", b"220 no HTTP\r\n"])
def test_is_reachable_refuses_a_host_without_http(answer):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        assert not is_reachable(f"http://127.0.0.1:{listener.getsockname()[1]}/file")
        thread.join()


def test_is_reachable_refuses_an_invalid_url():
    assert not is_reachable("no URL")
    assert not is_reachable("gs://bucket/file")


def test_is_reachable_accepts_a_slow_host(monkeypatch):
    monkeypatch.setattr(downloads, "CONNECT_TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:  # connects and does not answer
        assert is_reachable(f"http://127.0.0.1:{listener.getsockname()[1]}/file")


def test_is_reachable_has_a_time_limit(monkeypatch):
    monkeypatch.setattr(downloads, "CONNECT_TIMEOUT", 0.1)
    monkeypatch.setattr(downloads, "_answers", lambda url: time.sleep(2) is None)
    started = time.monotonic()
    assert not is_reachable("https://slow-dns.invalid/file")
    assert time.monotonic() - started < 1


def test_is_reachable_uses_the_proxy(monkeypatch, server):
    monkeypatch.setenv("http_proxy", server)
    assert is_reachable("http://behind-the-proxy.invalid/file")


def test_is_reachable_refuses_a_proxy_that_refuses(monkeypatch, server):
    monkeypatch.setenv("https_proxy", server)
    assert not is_reachable("https://behind-the-proxy.invalid/file")
