"""Errors that name the extra of a missing optional dependency. Private."""

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def optional_dependency(extra: str = "focus") -> Iterator[None]:
    """Import optional dependencies within the context, with an error that names their extra.

    Args:
        extra: of `pip install "foveal[...]"`.

    Raises:
        ModuleNotFoundError: if an import within the context fails.

    Example:
        >>> with optional_dependency():
        ...     import not_installed
        Traceback (most recent call last):
        ModuleNotFoundError: `not_installed` is not installed. Install it with: pip install "foveal[focus]"
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        message = f'`{package}` is not installed. Install it with: pip install "foveal[{extra}]"'
        raise ModuleNotFoundError(message, name=package) from error
