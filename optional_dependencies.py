"""Errors that name the extra of a missing optional dependency. Private."""

import contextlib
import importlib.util
from collections.abc import Iterator


@contextlib.contextmanager
def optional_dependency(extra: str) -> Iterator[None]:
    """Import optional dependencies within the context, with an error that names their extra.

    Args:
        extra: of `pip install "foveal[...]"`.

    Raises:
        ModuleNotFoundError: if an import within the context fails.

    Example:
        >>> with optional_dependency("focus"):
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


def require_packages(extra: str, *packages: str) -> None:
    """Check that the packages of an extra are installed, without importing them.

    Args:
        extra: of `pip install "foveal[...]"`.
        packages: import names.

    Raises:
        ModuleNotFoundError: if a package is not installed; names the extra.
    """
    with optional_dependency(extra):
        for package in packages:
            if importlib.util.find_spec(package) is None:
                raise ModuleNotFoundError(name=package)
