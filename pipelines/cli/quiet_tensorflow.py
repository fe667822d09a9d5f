"""Import of TensorFlow without the log that it writes to the standard error.

Import this module before any other that imports TensorFlow. `FOVEAL_DEBUG=1` keeps the log.
"""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

DEBUG = bool(os.environ.get("FOVEAL_DEBUG"))


@contextmanager
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
    with _without_stderr():  # TensorFlow logs before it reads the level
        importlib.import_module("tensorflow")
