"""Parts of the routes: the model of a path, the measurement of a request, JSON answers."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NamedTuple

from fastapi import Path, Response

from .json_values import dump_json
from .metrics import Metrics
from .model import ServedModel

ERRORS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": description,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {"error": {"type": "string", "description": "Reason"}},
                }
            }
        },
    }
    for status, description in {
        400: "The request is not valid.",
        401: "The API key is missing or wrong.",
        404: "There is no such model, version or signature.",
        408: "The body did not arrive in time.",
        413: "The body, a text, an image or the number of examples is too large.",
        503: "The model is not available, its queue is full, or it took too long.",
    }.items()
}
OK: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"schema": {"type": "object"}}}}}
ModelName = Annotated[str, Path(description="Name of a model.", examples=["sentiment"])]
ModelVersion = Annotated[int, Path(description="Number of a version.", examples=[1])]


class ModelId(NamedTuple):
    """Name of a model and number of a version; None for the one that is served."""

    name: str
    version: int | None


def model_paths(prefix: str) -> Iterator[tuple[str, Callable, str]]:
    """Yield the path of a model and that of its versions.

    Args:
        prefix: path before the name of a model.

    Returns:
        Tuples of a path, the dependency that reads a `ModelId` from it, and the end of its summaries.
    """

    async def latest(name: ModelName) -> ModelId:
        return ModelId(name, None)

    async def exact(name: ModelName, version: ModelVersion) -> ModelId:
        return ModelId(name, version)

    yield f"{prefix}/{{name}}", latest, ""
    yield f"{prefix}/{{name}}/versions/{{version}}", exact, " of a version"


def json_response(value: Any) -> Response:
    """Build an answer with JSON; arrays become lists."""
    return Response(dump_json(value), media_type="application/json")


@contextmanager
def measure_latency(metrics: Metrics, model: ServedModel, signature: str) -> Iterator[None]:
    """Measure the latency of a request for a signature of a model."""
    start = time.perf_counter()
    try:
        yield
    finally:
        if signature in model.signatures:
            metrics.latency.labels(model.name, signature).observe(time.perf_counter() - start)
