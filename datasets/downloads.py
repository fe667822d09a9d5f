"""Downloads of TFDS sets: local archives first, and an immediate error without a connection.

TFDS validates local archives against registered checksums and retries an unreachable host for
minutes. The download manager of this module accepts local archives as they are, and probes a host
once before the first download.
"""

import logging
import os
import ssl
import threading
from collections.abc import Callable
from functools import cache
from http.client import HTTPException
from pathlib import Path
from typing import Any, TypeAlias
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, build_opener

import tensorflow as tf
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download import checksums
from tensorflow_datasets.core.download.util import DownloadError

CONNECT_TIMEOUT = 3.0  # seconds for a host to accept a connection, and again for its first answer
UrlTree: TypeAlias = str | tfds.download.Resource | list | tuple | dict  # URLs, nested as TFDS takes them
PathTree: TypeAlias = str | os.PathLike | list | tuple | dict
DescribeFailure = Callable[[str, list[str]], str]  # the reason and the missing files to a message

logger = logging.getLogger(__name__)


class LocalFirstDownloadManager(tfds.download.DownloadManager):
    """TFDS download manager that prefers local archives and fails fast without a connection.

    An archive in `manual_dir` replaces the download of a URL when it has the file name that TFDS
    registers for the URL or, for an unregistered URL, the last part of its path. Its checksum
    may differ from the registered one; a warning says so.

    Args:
        manual_dir: the folder of local archives.
        describe: makes the error message from the reason and the missing files.
        **kwargs: the other arguments of `tfds.download.DownloadManager`.

    Raises:
        FileNotFoundError: on `download` and `download_and_extract`, when a file is not local and its
            host is unreachable or does not have it.
    """

    def __init__(self, *, manual_dir: Path, describe: DescribeFailure, **kwargs: Any):
        super().__init__(manual_dir=manual_dir, **kwargs)
        self._url_infos = dict(self._url_infos)  # TFDS shares one dictionary between all managers
        self._archives = manual_dir
        self._describe = describe
        self._missing: list[str] = []

    def download(self, url_or_urls: UrlTree) -> PathTree:
        """Download URLs, or take their local archives."""
        urls = [getattr(resource, "url", resource) for resource in tf.nest.flatten(url_or_urls)]
        self._missing = sorted({self._file_name(url) for url in urls if not self._register_local(url)})
        try:
            return super().download(url_or_urls)
        except DownloadError as error:
            raise FileNotFoundError(self._describe(str(error), self._missing)) from error

    def extract(self, path_or_paths: PathTree) -> PathTree:
        """Extract archives one by one: TFDS can deadlock when it extracts several at once."""
        return tf.nest.map_structure(super().extract, path_or_paths)

    def download_and_extract(self, url_or_urls: UrlTree) -> PathTree:
        """Download URLs, or take their local archives, and extract them one by one."""
        self.download(url_or_urls)
        return tf.nest.map_structure(super().download_and_extract, url_or_urls)

    def _file_name(self, url: str) -> str:
        registered = self._url_infos.get(url)
        return (registered and registered.filename) or Path(urlsplit(url).path).name

    def _register_local(self, url: str) -> bool:
        """Register the size and checksum of the local archive of a URL, and return if there is one."""
        path = self._archives / self._file_name(url)
        if not path.is_file():
            return False
        local, registered = checksums.compute_url_info(path), self._url_infos.get(url)
        if registered and registered != local:
            logger.warning("%s differs from the file at %s. It is used as it is.", path, url)
        self._url_infos[url] = local
        return True

    def _download(self, resource: tfds.download.Resource) -> Any:
        """TFDS calls this hook for a URL that is neither local nor in its cache."""
        if not is_reachable(resource.url):
            raise FileNotFoundError(self._describe(f"no connection to {resource.url}", self._missing))
        return super()._download(resource)


def with_local_downloads(
    builder: tfds.core.DatasetBuilder, manual_dir: str | os.PathLike | None, describe: DescribeFailure
) -> tfds.core.DatasetBuilder:
    """Copy a builder; the copy downloads with `LocalFirstDownloadManager` and prints nothing.

    Args:
        builder: the builder of a set.
        manual_dir: the folder of local archives. By default TFDS's own, `<data_dir>/downloads/manual`.
        describe: makes the error message from the reason and the missing files.

    Returns:
        A builder of the same set, configuration, version and data folder.
    """
    cls = type(builder)
    downloads = Path(builder.data_dir_root).expanduser() / "downloads"

    def make_download_manager(
        self: tfds.core.DatasetBuilder, download_dir: object, download_config: object
    ) -> LocalFirstDownloadManager:
        del download_dir, download_config
        return LocalFirstDownloadManager(
            download_dir=downloads,
            manual_dir=Path(manual_dir or downloads / "manual"),
            describe=describe,
            manual_dir_instructions=self.MANUAL_DOWNLOAD_INSTRUCTIONS,
            url_infos=self.url_infos,
            dataset_name=self.name,
            max_simultaneous_downloads=self.MAX_SIMULTANEOUS_DOWNLOADS,
        )

    members = {
        "__module__": cls.__module__,  # TFDS finds the checksums next to the module
        "name": cls.name,
        "_make_download_manager": make_download_manager,
        "_log_download_bytes": lambda self: None,
        "_log_download_done": lambda self: None,
    }
    local_first = type(cls.__name__, (cls,), members, skip_registration=True)
    return local_first(
        config=builder.builder_config, version=str(builder.version), data_dir=builder.data_dir_root
    )


@cache
def is_reachable(url: str) -> bool:
    """Return if the host of a URL, through the proxy where there is one, answers within seconds.

    Any answer counts, errors such as 404 included. The result is cached for each URL.

    Args:
        url: the URL of a file.

    Returns:
        False for an unknown host, a refused or dropped connection, and a proxy that refuses the
        connection.
    """
    answered = threading.Event()

    def probe() -> None:
        if _answers(url):
            answered.set()

    # In a thread, because a DNS query has no time limit of its own.
    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(2 * CONNECT_TIMEOUT)
    return answered.is_set()


def _answers(url: str) -> bool:
    try:
        build_opener().open(Request(url, method="HEAD"), timeout=CONNECT_TIMEOUT).close()
    except HTTPError as error:
        error.close()
        return True
    except URLError as error:
        return isinstance(error.reason, ssl.SSLError)  # the host answers; TFDS has its own certificates
    except TimeoutError:
        return True  # connected, and slow to answer
    except (OSError, ValueError, HTTPException):  # a closed connection, no valid URL, no HTTP
        return False
    return True
