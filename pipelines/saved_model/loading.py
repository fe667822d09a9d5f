"""Versions of a SavedModel in a folder, and loading of the latest one."""

from pathlib import Path
from typing import Any

import tensorflow as tf


def list_versions(folder: Path) -> list[int]:
    """List the version numbers in a folder, in no particular order."""
    return [int(path.name) for path in folder.glob("*") if path.name.isdecimal()]


def next_version(folder: Path) -> Path:
    """Return the folder of the next version: the highest number plus 1."""
    return folder / str(max(list_versions(folder), default=0) + 1)


def latest_version(folder: Path, argument: str = "model", pipeline: str = "<pipeline>") -> Path:
    """Return the folder of the highest version; `folder` itself if it is a version.

    Args:
        folder: folder of an exported model, or of its versions.
        argument: name of the argument that gives the folder, for the message.
        pipeline: name of the pipeline whose model is expected, for the message.

    Raises:
        FileNotFoundError: if there is no version.
    """
    if (folder / "saved_model.pb").exists():
        return folder
    versions = list_versions(folder) if folder.is_dir() else []
    if not versions:
        raise FileNotFoundError(
            f"`{argument}` must be the folder of a SavedModel or of its versions, such as {folder}/1. "
            f"Received: {argument}={folder}, which has none. {training_hint(pipeline)}"
        )
    return folder / str(max(versions))


def training_hint(pipeline: str) -> str:
    """Name the commands that make a model of a pipeline.

    Example:
        >>> training_hint("sentiment")
        '`make sentiment`, or `python -m foveal.pipelines.sentiment run`, trains and exports one'
    """
    return f"`make {pipeline}`, or `python -m foveal.pipelines.{pipeline} run`, trains and exports one"


def load_saved_model(folder: Path) -> Any:
    """Load the latest version in a folder; `.signatures` holds its functions by name.

    Raises:
        FileNotFoundError: if there is no version.
    """
    return tf.saved_model.load(str(latest_version(folder)))
