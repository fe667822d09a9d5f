"""Preparation of TFDS sets: prepared once, from local archives where possible."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import tensorflow_datasets as tfds

from .downloads import with_local_downloads

Features = TypeVar("Features")


def prepared_builder(
    data: str,
    data_dir: str | None,
    manual_dir: str | None,
    *,
    pipeline: str,
    expected: str,
    find_features: Callable[[tfds.core.DatasetBuilder], Features],
) -> tuple[tfds.core.DatasetBuilder, Features]:
    """Find a TFDS set by name, check its features and prepare it.

    Args:
        data: the name of the set, with its configuration: `multi30k/en_de`.
        data_dir: the folder of prepared sets. By default TFDS's own.
        manual_dir: a folder of local archives.
        pipeline: the `make` target that the error about missing files names.
        expected: all valid forms of `data`, for the error about an unknown name.
        find_features: returns the features that the caller reads, or raises a `ValueError`. It runs
            before any download.

    Returns:
        The prepared builder and the result of `find_features`.

    Raises:
        ValueError: an unknown set, or one without the required features.
        FileNotFoundError: files that are neither local nor reachable.
    """
    try:
        builder = tfds.builder(data, data_dir=data_dir)
    except (tfds.core.DatasetNotFoundError, ValueError) as error:
        if isinstance(error, tfds.core.DatasetNotFoundError) or "Parsing builder name" in str(error):
            raise ValueError(f"`data` must be {expected}. Received: data={data!r}") from error
        raise
    features = find_features(builder)
    return prepare(builder, manual_dir, pipeline), features


def prepare(
    builder: tfds.core.DatasetBuilder, manual_dir: str | os.PathLike | None, pipeline: str
) -> tfds.core.DatasetBuilder:
    """Prepare a TFDS set where it is not prepared: generate it, or read local or downloaded archives.

    Args:
        builder: the builder of the set.
        manual_dir: a folder of local archives, under their upstream names. They are used as they
            are; a warning says where one differs from upstream's file.
        pipeline: the `make` target that the error about missing files names.

    Returns:
        The builder, prepared.

    Raises:
        FileNotFoundError: `manual_dir` does not exist, or a file is neither local nor reachable. The
            message names the files, their folder and the command to run.
    """
    # TFDS warns when it checks a folder that does not exist.
    if builder.data_path.exists() and builder.is_prepared():
        return builder
    folder = Path(manual_dir).expanduser() if manual_dir else None
    if folder and not folder.is_dir():
        raise FileNotFoundError(f"`manual_dir` must be an existing folder. Received: manual_dir={folder}")
    name = _full_name(builder)

    def describe(reason: str, missing: list[str]) -> str:
        return (
            f"Dataset {name} is not prepared in {builder.data_path} and cannot be downloaded "
            f"({reason}). Missing files: {', '.join(missing)}. Put them into {folder or 'a folder'} "
            f"and run: make {pipeline} DATA={name} MANUAL_DIR={folder or '<folder>'}"
        )

    print(f"preparing {name}", flush=True)
    tfds.disable_progress_bar()
    try:
        config = tfds.download.DownloadConfig(try_download_gcs=False)
        with_local_downloads(builder, folder, describe).download_and_prepare(download_config=config)
    finally:
        tfds.enable_progress_bar()
    builder.info.read_from_directory(builder.data_path)
    return builder


def _full_name(builder: tfds.core.DatasetBuilder) -> str:
    config = builder.builder_config
    return f"{builder.name}/{config.name}" if config else builder.name
