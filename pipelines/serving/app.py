"""Application: the routes over the models of a folder."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version

from fastapi import FastAPI

from . import metrics, open_inference, page_routes, tensorflow_serving
from .api_key import ApiKeyMiddleware
from .config import ServingConfig
from .error_response import add_error_handlers
from .registry import ModelRegistry

DESCRIPTION = "SavedModels over HTTP: the REST API of TensorFlow Serving and the Open Inference Protocol."


def create_app(config: ServingConfig) -> FastAPI:
    """Create the application that serves the models of a folder.

    The models are loaded when the application starts, in the background: `/v2/health/ready` says
    when they are. `app.state.registry` is their `ModelRegistry`.

    Args:
        config: folder, batching and limits.

    Returns:
        An ASGI application.

    Example:
        >>> app = create_app(ServingConfig())
        >>> "/v1/models/{name}:predict" in app.openapi()["paths"]
        True
    """
    registry = ModelRegistry(config)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        watcher = asyncio.create_task(registry.watch())
        yield
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher
        await registry.close()

    app = FastAPI(
        title="foveal",
        description=DESCRIPTION,
        version=version("foveal"),
        lifespan=lifespan,
        docs_url=None,  # the pages load scripts from another host
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.registry = registry
    app.include_router(tensorflow_serving.build_router(registry))
    app.include_router(open_inference.build_router(registry))
    app.include_router(metrics.build_router(registry.metrics))
    app.include_router(page_routes.build_router(registry))
    add_error_handlers(app, registry.metrics)
    if config.api_key:
        app.add_middleware(ApiKeyMiddleware, api_key=config.api_key)
    return app
