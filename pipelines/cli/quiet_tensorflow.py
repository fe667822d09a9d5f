"""Import of TensorFlow without the log that it writes to the standard error.

Import this module before any other that imports TensorFlow. `FOVEAL_DEBUG=1` keeps the log. A TensorFlow
that is too old for the pipelines is an `ImportError`.
"""

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator

DEBUG = bool(os.environ.get("FOVEAL_DEBUG"))
MIN_VERSION = (2, 21)


@contextlib.contextmanager
def _without_stderr() -> Iterator[None]:
    """Redirect the file descriptor of the standard error to the null device; C++ code writes to it too."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with open(os.devnull, "w") as null:
        os.dup2(null.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


if not DEBUG:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with contextlib.nullcontext() if DEBUG else _without_stderr():  # TensorFlow logs before it reads the level
    tensorflow = importlib.import_module("tensorflow")

if tuple(map(int, tensorflow.__version__.split(".")[:2])) < MIN_VERSION:
    raise ImportError(
        f"`tensorflow` must be version {'.'.join(map(str, MIN_VERSION))} or newer. "
        f'Received: {tensorflow.__version__}. Install it with: pip install --upgrade "foveal[pipelines]"'
    )
