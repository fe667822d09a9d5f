"""Prepares a TFDS set once: offline where it can, and with a clear answer where it cannot."""

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from unittest import mock
from urllib.parse import urlsplit
from urllib.request import getproxies

import tensorflow_datasets as tfds
from tensorflow_datasets.core.download import checksums, download_manager

CONNECT_TIMEOUT = 3.0  # seconds for a host to answer at all
UrlInfos = dict[str, checksums.UrlInfo]


def get_builder(data: str, data_dir: str | None, expected: str) -> tfds.core.DatasetBuilder:
    """The TFDS builder of that name; a `ValueError` that says what else was expected where there is none."""
    try:
        return tfds.builder(data, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError as error:
        raise ValueError(f"Expected {expected}; received {data!r}.") from error


def prepare(
    builder: tfds.core.DatasetBuilder, manual_dir: str | os.PathLike | None, pipeline: str
) -> tfds.core.DatasetBuilder:
    """Makes a set ready to be read: as it lies there, from files placed by hand, or downloaded.

    Args:
        builder: the builder of the set.
        manual_dir: a folder with the set's archives, under the names that they have upstream. They
            are taken as they are; where they differ from upstream's, the log says so.
        pipeline: whose `make` target to name where something is missing.

    Returns:
        The builder, prepared.

    Raises:
        FileNotFoundError: a file is not there, and its host cannot be reached. The message names
            the files, where to put them and the command to run.
    """
    if builder.is_prepared():
        return builder
    folder = Path(manual_dir).expanduser() if manual_dir else None
    if folder and not folder.is_dir():
        raise FileNotFoundError(f"Expected archives in the folder {folder}, there is none.")
    known = _known_files(builder.url_infos or {}, folder)
    home = str(builder.data_path)

    def explain(url: str) -> str:
        return _missing(_full_name(builder), home, known, folder, url, pipeline)

    print(f"preparing {_full_name(builder)}", flush=True)
    tfds.disable_progress_bar()
    config = tfds.download.DownloadConfig(manual_dir=folder, try_download_gcs=False)
    with mock.patch.object(type(builder), "url_infos", known), _checked_network(explain):
        builder.download_and_prepare(download_config=config)
    return builder


def _known_files(registered: UrlInfos, folder: Path | None) -> UrlInfos:
    """The registered files; of those in the folder, the size and checksum that they have."""
    known = dict(registered)
    for url, info in registered.items():
        path = folder / info.filename if folder and info.filename else None
        if path is None or not path.is_file():
            continue
        known[url] = checksums.compute_url_info(path)
        if info != known[url]:
            logging.warning("%s is not the file at %s. It is taken as it is.", path, url)
    return known


@contextmanager
def _checked_network(explain: Callable[[str], str]) -> Iterator[None]:
    """TFDS tries a dead host again for minutes: here each is asked once before a download."""
    original = download_manager.get_downloader

    def checked(*args, **kwargs):
        real = original(*args, **kwargs)

        def download(url, *more, **options):
            if not is_reachable(url):
                raise FileNotFoundError(explain(url))
            return real.download(url, *more, **options)

        return SimpleNamespace(download=download, tqdm=real.tqdm, increase_tqdm=real.increase_tqdm)

    with mock.patch.object(download_manager, "get_downloader", checked):
        yield


def _full_name(builder: tfds.core.DatasetBuilder) -> str:
    config = builder.builder_config
    return f"{builder.name}/{config.name}" if config else builder.name


def _missing(name: str, home: str, known: UrlInfos, folder: Path | None, url: str, pipeline: str) -> str:
    files = [info.filename for info in known.values() if info.filename]
    files = files or [Path(urlsplit(url).path).name]
    absent = [file for file in files if folder is None or not (folder / file).is_file()]
    place = folder or "<folder>"
    return (
        f"{name} is not prepared in {home}, and the host of {url} cannot be reached. "
        f"Missing: {', '.join(absent)}. Put them into a folder{f' ({folder})' if folder else ''} "
        f"and run: make {pipeline} DATA={name} MANUAL_DIR={place}"
    )


@cache
def is_reachable(url: str) -> bool:
    """Whether the host of a URL, or the proxy before it, takes a connection."""
    address = urlsplit(getproxies().get(urlsplit(url).scheme) or url)
    port = address.port or (80 if address.scheme == "http" else 443)
    answered = threading.Event()

    def connect():
        try:
            socket.create_connection((address.hostname, port), CONNECT_TIMEOUT).close()
            answered.set()
        except OSError:
            return

    # In a thread, because looking up a name has no time limit of its own.
    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(CONNECT_TIMEOUT)
    return answered.is_set()
