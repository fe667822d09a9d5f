"""HTTP server over exported SavedModels, and its client.

`python -m foveal.pipelines.serving` is the command line. `Client` needs the standard library alone; the other
names are imported when they are first used, because they need TensorFlow and the extra `serve`.
"""

import importlib
from typing import TYPE_CHECKING, Any

from ...optional_dependencies import optional_dependency
from .client import Classification, Client, Explanation, ServerError

if TYPE_CHECKING:
    from .app import create_app
    from .config import ServingConfig
    from .registry import ModelRegistry

__all__ = [
    "Classification",
    "Client",
    "Explanation",
    "ModelRegistry",
    "ServerError",
    "ServingConfig",
    "create_app",
]

_MODULES = {"ModelRegistry": "registry", "ServingConfig": "config", "create_app": "app"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with optional_dependency("serve"):
        return getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
