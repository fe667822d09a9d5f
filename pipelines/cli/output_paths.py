"""Paths of the files and folders that a command writes, checked before any work."""

import os
from pathlib import Path


def prepare_figure(path: Path) -> Path:
    """Check that a figure can be written to a path, before any work; create its folder.

    Raises:
        ValueError: if the suffix is not that of an image, the path is a folder, or its folder cannot be
            written.
    """
    from matplotlib.backend_bases import FigureCanvasBase

    suffixes = FigureCanvasBase.get_supported_filetypes()
    if path.suffix.lstrip(".").lower() not in suffixes or path.is_dir():
        raise ValueError(
            f"`figure` must be the path of an image file, such as {path.with_suffix('.png')}. Received: "
            f"figure={path}. The suffixes are {', '.join(f'.{suffix}' for suffix in suffixes)}"
        )
    require_writable(path.parent, "figure")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def numbered_path(path: Path, index: int, count: int) -> Path:
    """Return the path of one of several files: `a.png` for a single one, else `a-1.png`, `a-2.png`, ...

    Example:
        >>> str(numbered_path(Path("a.png"), index=0, count=2))
        'a-1.png'
    """
    return path if count == 1 else path.with_stem(f"{path.stem}-{index + 1}")


def require_writable(folder: Path, argument: str) -> None:
    """Check that files can be written to a folder, or that it can be created.

    Args:
        folder: the folder; it need not exist.
        argument: name of the argument, for the message.

    Raises:
        ValueError: if a part of the path is a file, or the folder is not writable.
    """
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        reason = "is not writable" if existing.is_dir() else "is a file"
        raise ValueError(
            f"`{argument}` needs a folder that can be written. Received: the folder {folder}, where "
            f"{existing} {reason}"
        )
