"""Page at `/`: translate, classify and describe in the browser, with the attention behind the answer."""

import asyncio
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response

from ...focus.report.viewer import color_scales, render_page, viewer_script, viewer_style
from ..evaluation.report import COMMON_MEASURES
from .json_values import parse_tensor
from .model import DEFAULT_SIGNATURE, ServedModel, State
from .page_answer import build_answer
from .page_task import EXPLAIN, OUTPUTS, find_task, has_attention
from .registry import ModelRegistry, no_model
from .request_body import read_json
from .request_error import RequestError
from .routing import ModelName, json_response, measure_latency

FOLDER = Path(__file__).parent / "page"
PAGE_PATHS = {"/", "/page/page.css", "/page/page.js"}  # without a model, so without a key
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def build_router(registry: ModelRegistry) -> APIRouter:
    """Build the routes of the page: its files, the list of models, and the answers."""
    notes = {name: measure.description for name, measure in COMMON_MEASURES.items()}
    data = {"examples": [], "opening": 0, "measures": {}, "notes": notes, "scales": color_scales()}
    html = render_page(FOLDER, "index.html", data=data)
    css = viewer_style() + (FOLDER / "live.css").read_text("utf-8")
    js = viewer_script(FOLDER, "live")
    router = APIRouter(include_in_schema=False, default_response_class=Response)
    for path, content, media_type in (
        ("/", html, "text/html"),
        ("/page/page.css", css, "text/css"),
        ("/page/page.js", js, "text/javascript"),
    ):
        _add_file(router, path, content, media_type)

    @router.get("/page/models")
    async def models() -> Response:
        return json_response(_describe_models(registry))

    @router.post("/page/models/{name}")
    async def answer(request: Request, name: ModelName) -> Response:
        body = await read_json(request, registry.config)
        return json_response(await _answer(registry, name, body))

    return router


def _add_file(router: APIRouter, path: str, content: str, media_type: str) -> None:
    @router.get(path)
    async def file() -> Response:
        return Response(content, headers=HEADERS, media_type=media_type)


def _describe_models(registry: ModelRegistry) -> dict[str, Any]:
    """Describe the models that have a task, those that are loading, and those that are refused."""
    newest = {name: registry.versions(name) for name in registry.names}
    models = [model for name in newest if (model := _available(newest[name]))]
    loading = [
        name for name, versions in newest.items() if any(model.state is State.LOADING for model in versions)
    ]
    refused = [versions[0] for versions in newest.values() if versions[0].error]
    described = [description for model in models if (description := _describe(model))]
    config = registry.config
    return {
        "models": described,
        "loading": loading,
        "refused": [{"name": model.name, "reason": model.error} for model in refused],
        "hint": "" if described or loading else _hint(registry),
        "limits": {"text": config.max_text_bytes, "image": config.max_image_bytes},
    }


def _available(versions: list[ServedModel]) -> ServedModel | None:
    return next((model for model in versions if model.state is State.AVAILABLE), None)


def _describe(model: ServedModel) -> dict[str, Any] | None:
    task = find_task(model.signatures)
    if task is None:
        return None
    return {
        "name": model.name,
        "version": model.version,
        "task": task.value,
        "hasAttention": has_attention(model.signatures, task),
    }


def _hint(registry: ModelRegistry) -> str:
    if not registry.names:
        return no_model(registry.config.models)
    names = ", ".join(registry.names)
    return f"no model translates, classifies or describes. `make` trains and exports three. Received: {names}"


async def _answer(registry: ModelRegistry, name: str, body: dict[str, Any]) -> dict[str, Any]:
    model = registry.get(name)
    task = find_task(model.signatures)
    if task is None:
        raise RequestError(400, f"the model {name} does not translate, classify or describe")
    with_attention = has_attention(model.signatures, task)
    signature = EXPLAIN if with_attention else DEFAULT_SIGNATURE
    [(input_name, info)] = model.signature(signature).inputs.items()
    if body.keys() != {input_name}:
        raise RequestError(400, f"the body must have `{OUTPUTS[task][0]}` alone. Received: {', '.join(body)}")
    value = parse_tensor(body[input_name], input_name, info)
    with measure_latency(registry.metrics, model, signature):
        [outputs] = await model.predict(signature, [{input_name: value}])
    answer = await asyncio.to_thread(build_answer, task, outputs, value, with_attention)
    return {"model": name, "version": model.version, "task": task.value, **answer}
