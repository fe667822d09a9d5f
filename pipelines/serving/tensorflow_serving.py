"""REST API of TensorFlow Serving, and the verb `:explain` of KServe.

Reference:
    https://www.tensorflow.org/tfx/serving/api_rest
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from .config import ServingConfig
from .input_sizes import check_count
from .json_values import describe, parse_tensor, text_or_base64
from .model import DEFAULT_SIGNATURE, ServedModel
from .registry import ModelRegistry
from .request_body import read_json
from .request_error import RequestError
from .routing import ERRORS, OK, ModelId, json_response, measure_latency, model_paths
from .sequence_axes import Outputs, stack_examples
from .signature import Example, Signature, TensorInfo

PREFIX = "/v1/models"
VALUE = {
    "description": 'A string, a number, {"b64": "..."}, nested lists of them, or an object by name of input.'
}
BODY = {
    "type": "object",
    "properties": {
        "signature_name": {"type": "string", "description": "Name of a signature."},
        "instances": {
            "type": "array",
            "minItems": 1,
            "items": VALUE,
            "description": "One value per example.",
        },
        "inputs": {**VALUE, "description": "Column of each input, or the column of the only one."},
    },
    "oneOf": [{"required": ["instances"]}, {"required": ["inputs"]}],
    "example": {"instances": ["A good film."]},
}
REQUEST_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": BODY}}}}
Form = str  # "row" or "column"
Row = dict[str, Any]  # outputs of one example by name


def build_router(registry: ModelRegistry) -> APIRouter:
    """Build the routes below `/v1/models`."""
    router = APIRouter(tags=["TensorFlow Serving"], default_response_class=Response)
    for path, get_model_id, suffix in model_paths(PREFIX):
        _add_routes(router, registry, path, get_model_id, suffix)
    return router


def _add_routes(
    router: APIRouter, registry: ModelRegistry, path: str, get_model_id: Any, suffix: str
) -> None:
    @router.get(path, summary=f"Status{suffix}", responses={**OK, **ERRORS})
    async def status(model_id: Annotated[ModelId, Depends(get_model_id)]) -> Response:
        return json_response(_status(registry, *model_id))

    @router.get(f"{path}/metadata", summary=f"Signatures{suffix}", responses={**OK, **ERRORS})
    async def metadata(model_id: Annotated[ModelId, Depends(get_model_id)]) -> Response:
        return json_response(_metadata(registry.get(*model_id)))

    @router.post(
        f"{path}:predict", summary=f"Predict{suffix}", responses={**OK, **ERRORS}, openapi_extra=REQUEST_BODY
    )
    async def predict(request: Request, model_id: Annotated[ModelId, Depends(get_model_id)]) -> Response:
        return await _compute(registry, request, model_id, DEFAULT_SIGNATURE, _predictions)

    @router.post(
        f"{path}:explain", summary=f"Explain{suffix}", responses={**OK, **ERRORS}, openapi_extra=REQUEST_BODY
    )
    async def explain(request: Request, model_id: Annotated[ModelId, Depends(get_model_id)]) -> Response:
        return await _compute(registry, request, model_id, "explain", _explanations)

    @router.post(f"{path}:{{verb}}", include_in_schema=False)
    async def other_verb(verb: str) -> Response:
        raise RequestError(404, f"there is no verb {verb}. The verbs are: predict, explain")


async def _compute(
    registry: ModelRegistry,
    request: Request,
    model_id: ModelId,
    default_signature: str,
    answer_rows: Callable[[ServedModel, list[Row]], dict[str, Any]],
) -> Response:
    """Answer a request with the outputs of a signature.

    Args:
        registry: registry of the models.
        request: request with examples in the row or the column form.
        model_id: model of the path.
        default_signature: signature of a request that names none.
        answer_rows: builds the answer to the row form, from the outputs of each example by name.
    """
    body = await read_json(request, registry.config)
    model = registry.get(*model_id)
    name = _signature_name(body, default_signature)
    with measure_latency(registry.metrics, model, name):
        signature = model.signature(name)
        form, examples = parse_examples(body, signature, registry.config)
        outputs = await model.predict(name, examples)
        if form == "column":
            return json_response({"outputs": _columns(outputs, signature)})
        rows = [{key: text_or_base64(row[key], key) for key in signature.outputs} for row in outputs]
        return json_response(answer_rows(model, rows))


def parse_examples(
    body: Mapping[str, Any], signature: Signature, config: ServingConfig
) -> tuple[Form, list[Example]]:
    """Parse the examples of a request, in the row form (`instances`) or the column form (`inputs`).

    Returns:
        The form, and the inputs of each example by name.

    Raises:
        RequestError: 400 if the request has not exactly one form, or does not fit the signature; 413 if it
            has too many examples.
    """
    if ("instances" in body) == ("inputs" in body):
        received = "both" if "instances" in body else "none"
        raise RequestError(400, f"the body must have either `instances` or `inputs`. Received: {received}")
    if "instances" in body:
        return "row", _parse_rows(body["instances"], signature, config)
    return "column", _parse_columns(body["inputs"], signature, config)


def _parse_rows(instances: Any, signature: Signature, config: ServingConfig) -> list[Example]:
    if not isinstance(instances, list) or not instances:
        raise RequestError(
            400, f"`instances` must be a list of at least one. Received: {describe(instances)}"
        )
    check_count(len(instances), config)
    is_named = [isinstance(instance, dict) and instance.keys() != {"b64"} for instance in instances]
    if any(is_named) and not all(is_named):
        raise RequestError(400, "`instances` must be all objects, or all values. Received: both")
    if not is_named[0]:
        name = _only_input(signature, "instances")
        instances = [{name: instance} for instance in instances]
    for instance in instances:
        _check_names(instance, signature)
    return [
        {name: parse_tensor(instance[name], name, info) for name, info in signature.inputs.items()}
        for instance in instances
    ]


def _parse_columns(inputs: Any, signature: Signature, config: ServingConfig) -> list[Example]:
    if not isinstance(inputs, dict) or inputs.keys() == {"b64"}:
        inputs = {_only_input(signature, "inputs"): inputs}
    _check_names(inputs, signature)
    sizes = set()
    for name, column in inputs.items():
        if not isinstance(column, list) or not column:
            raise RequestError(
                400, f"the input {name} must be a list of at least one example. Received: {describe(column)}"
            )
        check_count(len(column), config)
        sizes.add(len(column))
    if len(sizes) > 1:
        raise RequestError(
            400, f"all inputs must have the same number of examples. Received: {sorted(sizes)}"
        )
    columns = {
        name: [parse_tensor(value, name, info) for value in inputs[name]]
        for name, info in signature.inputs.items()
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _only_input(signature: Signature, field: str) -> str:
    if len(signature.inputs) > 1:
        names = ", ".join(signature.inputs)
        raise RequestError(400, f"`{field}` must be objects with the inputs of the signature: {names}")
    return next(iter(signature.inputs))


def _check_names(inputs: Mapping[str, Any], signature: Signature) -> None:
    if inputs.keys() != signature.inputs.keys():
        raise RequestError(
            400,
            f"the inputs of the signature {signature.name} must be {', '.join(signature.inputs)}. "
            f"Received: {describe(sorted(inputs))}",
        )


def _signature_name(body: Mapping[str, Any], default: str) -> str:
    name = body.get("signature_name", default)
    if not isinstance(name, str):
        raise RequestError(400, f"`signature_name` must be a string. Received: {describe(name)}")
    return name or default


def _predictions(model: ServedModel, rows: list[Row]) -> dict[str, Any]:
    return {"predictions": [_unwrap(row) for row in rows]}


def _explanations(model: ServedModel, rows: list[Row]) -> dict[str, Any]:
    """Build the answer of `:explain`; its predictions are those outputs that `:predict` has too."""
    predicted = model.signature(DEFAULT_SIGNATURE).outputs.keys()
    predictions = [{key: value for key, value in row.items() if key in predicted} for row in rows]
    return {
        "predictions": [_unwrap(row) for row in predictions],
        "explanations": [_unwrap(row) for row in rows],
    }


def _unwrap(values: Row) -> Any:
    """Return outputs by name; the output alone if there is one."""
    return next(iter(values.values())) if len(values) == 1 else values


def _columns(outputs: list[Outputs], signature: Signature) -> Any:
    return _unwrap({name: text_or_base64(stack_examples(outputs, name), name) for name in signature.outputs})


def _status(registry: ModelRegistry, name: str, version: int | None) -> dict[str, Any]:
    models = registry.versions(name)
    if version is not None:
        models = [model for model in models if model.version == version]
        if not models:
            raise RequestError(404, f"the model {name} has no version {version}")
    return {
        "model_version_status": [
            {
                "version": str(model.version),
                "state": model.state.value,
                "status": {
                    "error_code": "FAILED_PRECONDITION" if model.error else "OK",
                    "error_message": model.error,
                },
            }
            for model in models
        ]
    }


def _metadata(model: ServedModel) -> dict[str, Any]:
    signatures = {
        name: {
            "inputs": {key: _tensor_info(info) for key, info in signature.inputs.items()},
            "outputs": {key: _tensor_info(info) for key, info in signature.outputs.items()},
            "method_name": "tensorflow/serving/predict",
        }
        for name, signature in model.signatures.items()
    }
    return {
        "model_spec": {"name": model.name, "signature_name": "", "version": str(model.version)},
        "metadata": {"signature_def": {"signature_def": signatures}},
    }


def _tensor_info(info: TensorInfo) -> dict[str, Any]:
    sizes = [-1, *(-1 if size is None else size for size in info.shape)]
    return {
        "dtype": f"DT_{info.dtype.name.upper().replace('FLOAT32', 'FLOAT').replace('FLOAT64', 'DOUBLE')}",
        "tensor_shape": {"dim": [{"size": str(size), "name": ""} for size in sizes], "unknown_rank": False},
        "name": "",
    }
