"""Open Inference Protocol (version 2 of KServe and Triton), over HTTP with JSON.

Reference:
    https://github.com/kserve/open-inference-protocol
"""

import math
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Request, Response

from .config import ServingConfig
from .input_sizes import check_count
from .json_values import decode_base64, describe, parse_tensor, text_or_base64
from .model import DEFAULT_SIGNATURE, ServedModel, State
from .registry import ModelRegistry
from .request_body import read_json
from .request_error import RequestError
from .routing import ERRORS, OK, ModelId, json_response, measure_latency, model_paths
from .sequence_axes import Outputs, stack_examples
from .signature import Example, Signature, TensorInfo

DATATYPES = {
    "string": "BYTES",
    "bool": "BOOL",
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
    "bfloat16": "BF16",
    **{f"int{bits}": f"INT{bits}" for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": f"UINT{bits}" for bits in (8, 16, 32, 64)},
}
TENSOR = {
    "type": "object",
    "required": ["name", "shape", "datatype", "data"],
    "properties": {
        "name": {"type": "string"},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
        "datatype": {"type": "string", "enum": sorted(DATATYPES.values())},
        "parameters": {"type": "object", "properties": {"content_type": {"enum": ["base64", "str"]}}},
        "data": {"type": "array", "description": "Elements in row-major order, flat or nested."},
    },
}
BODY = {
    "type": "object",
    "required": ["inputs"],
    "properties": {
        "id": {"type": "string"},
        "parameters": {"type": "object", "properties": {"signature_name": {"type": "string"}}},
        "inputs": {"type": "array", "minItems": 1, "items": TENSOR},
        "outputs": {
            "type": "array",
            "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        },
    },
    "example": {"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["A good film."]}]},
}
REQUEST_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": BODY}}}}


def build_router(registry: ModelRegistry) -> APIRouter:
    """Build the routes below `/v2`."""
    router = APIRouter(prefix="/v2", tags=["Open Inference Protocol"], default_response_class=Response)

    @router.get("", summary="Name and version of the server", responses=OK)
    async def server() -> Response:
        return json_response({"name": "foveal", "version": version("foveal"), "extensions": []})

    @router.get("/health/live", summary="Whether the server runs", responses=OK)
    async def live() -> Response:
        return json_response({"live": True})

    @router.get("/health/ready", summary="Whether the models are loaded", responses={**OK, 503: ERRORS[503]})
    async def ready() -> Response:
        if not registry.is_ready:
            raise RequestError(503, "the models are not loaded")
        return json_response({"ready": True})

    for path, get_model_id, suffix in model_paths("/models"):
        _add_routes(router, registry, path, get_model_id, suffix)
    return router


def _add_routes(
    router: APIRouter, registry: ModelRegistry, path: str, get_model_id: Any, suffix: str
) -> None:
    @router.get(path, summary=f"Inputs and outputs{suffix}", responses={**OK, **ERRORS})
    async def metadata(model_id: Annotated[ModelId, Depends(get_model_id)]) -> Response:
        return json_response(_metadata(registry, registry.get(*model_id)))

    @router.get(f"{path}/ready", summary=f"Whether a model is loaded{suffix}", responses={**OK, **ERRORS})
    async def model_ready(model_id: Annotated[ModelId, Depends(get_model_id)]) -> Response:
        return json_response({"name": registry.get(*model_id).name, "ready": True})

    @router.post(
        f"{path}/infer", summary=f"Infer{suffix}", responses={**OK, **ERRORS}, openapi_extra=REQUEST_BODY
    )
    async def infer(request: Request, model_id: Annotated[ModelId, Depends(get_model_id)]) -> Response:
        body = await read_json(request, registry.config)
        model = registry.get(*model_id)
        name = _signature_name(body)
        with measure_latency(registry.metrics, model, name):
            signature = model.signature(name)
            names = _output_names(body, signature)
            outputs = await model.predict(name, parse_examples(body, signature, registry.config))
            answer = {"model_name": model.name, "model_version": str(model.version)}
            if "id" in body:
                answer["id"] = _string(body["id"], "id")
            return json_response(
                answer | {"outputs": [_tensor(outputs, output, signature) for output in names]}
            )


def parse_examples(body: Mapping[str, Any], signature: Signature, config: ServingConfig) -> list[Example]:
    """Parse the input tensors of a request.

    Returns:
        The inputs of each example by name.

    Raises:
        RequestError: 400 if the tensors do not fit the signature; 413 if there are too many examples.
    """
    tensors = body.get("inputs")
    if not isinstance(tensors, list) or not all(isinstance(tensor, dict) for tensor in tensors):
        raise RequestError(400, f"`inputs` must be a list of tensors. Received: {describe(tensors)}")
    names = [tensor.get("name") for tensor in tensors]
    if not all(isinstance(name, str) for name in names) or sorted(names) != sorted(signature.inputs):
        raise RequestError(
            400,
            f"the inputs of the signature {signature.name} must be {', '.join(signature.inputs)}. "
            f"Received: {describe(names)}",
        )
    columns = {
        tensor["name"]: _parse_tensor(tensor, signature.inputs[tensor["name"]], config) for tensor in tensors
    }
    sizes = {len(column) for column in columns.values()}
    if len(sizes) > 1:
        raise RequestError(
            400, f"all inputs must have the same number of examples. Received: {sorted(sizes)}"
        )
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _parse_tensor(tensor: Mapping[str, Any], info: TensorInfo, config: ServingConfig) -> list[Any]:
    """Parse a tensor; return its examples."""
    name, expected = tensor["name"], DATATYPES[info.dtype.name]
    if tensor.get("datatype") != expected:
        raise RequestError(
            400, f"the datatype of {name} must be {expected}. Received: {describe(tensor.get('datatype'))}"
        )
    shape = tensor.get("shape")
    if not isinstance(shape, list) or not all(type(size) is int and 0 <= size < 2**31 for size in shape):
        raise RequestError(400, f"the shape of {name} must be a list of sizes. Received: {describe(shape)}")
    if len(shape) != len(info.shape) + 1 or any(
        size not in (None, given) for size, given in zip(info.shape, shape[1:], strict=True)
    ):
        sizes = [-1, *(-1 if size is None else size for size in info.shape)]
        raise RequestError(400, f"the shape of {name} must be {sizes}. Received: {describe(shape)}")
    check_count(shape[0], config)
    data = tensor.get("data")
    if not isinstance(data, list):
        raise RequestError(400, f"the data of {name} must be a list. Received: {describe(data)}")
    flat = _flatten(data, name)
    if len(flat) != math.prod(shape):
        raise RequestError(
            400, f"the data of {name} must have {math.prod(shape):,} elements. Received: {len(flat):,}"
        )
    if expected == "BYTES" and _content_type(tensor, name) == "base64":
        flat = [decode_base64(value, name) for value in flat]
        return _nest(flat, shape, object)
    scalar = TensorInfo(info.dtype, ())
    values = [parse_tensor(value, name, scalar) for value in flat]
    return _nest(values, shape, object if expected == "BYTES" else info.dtype.as_numpy_dtype)


def _content_type(tensor: Mapping[str, Any], name: str) -> Any:
    parameters = tensor.get("parameters") or {}
    content_type = parameters.get("content_type") if isinstance(parameters, dict) else parameters
    if content_type not in (None, "str", "base64"):
        raise RequestError(
            400, f"`content_type` of {name} must be str or base64. Received: {describe(content_type)}"
        )
    return content_type


def _flatten(data: Any, name: str) -> list[Any]:
    """Flatten nested lists, without recursion."""
    while any(isinstance(item, list) for item in data):
        if not all(isinstance(item, list) for item in data) or len({len(item) for item in data}) > 1:
            raise RequestError(400, f"the data of {name} must not be ragged")
        data = [element for item in data for element in item]
    return data


def _nest(values: Sequence[Any], shape: Sequence[int], dtype: Any) -> list[Any]:
    """Return the examples of a flat list: its elements, or arrays."""
    if len(shape) == 1 and dtype is object:
        return list(values)
    array = np.empty(len(values), dtype)
    array[:] = values
    return list(array.reshape(shape))


def _tensor(outputs: Sequence[Outputs], name: str, signature: Signature) -> dict[str, Any]:
    values = stack_examples(outputs, name)
    tensor = {
        "name": name,
        "datatype": DATATYPES[signature.outputs[name].dtype.name],
        "shape": list(values.shape),
        "data": text_or_base64(values.ravel(), name),
    }
    if name.endswith("_bytes"):
        tensor["parameters"] = {"content_type": "base64"}
        tensor["data"] = [value["b64"] for value in tensor["data"]]
    return tensor


def _output_names(body: Mapping[str, Any], signature: Signature) -> list[str]:
    requested = body.get("outputs")
    if requested is None or requested == []:
        return list(signature.outputs)
    if not isinstance(requested, list) or not all(isinstance(output, dict) for output in requested):
        raise RequestError(400, f"`outputs` must be a list of objects. Received: {describe(requested)}")
    names = [output.get("name") for output in requested]
    for name in names:
        if not isinstance(name, str) or name not in signature.outputs:
            raise RequestError(
                400,
                f"the outputs of the signature {signature.name} are {', '.join(signature.outputs)}. "
                f"Received: {describe(name)}",
            )
    return names


def _signature_name(body: Mapping[str, Any]) -> str:
    parameters = body.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise RequestError(400, f"`parameters` must be an object. Received: {describe(parameters)}")
    return _string(parameters.get("signature_name", DEFAULT_SIGNATURE), "signature_name")


def _string(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise RequestError(400, f"`{field}` must be a string. Received: {describe(value)}")
    return value


def _metadata(registry: ModelRegistry, model: ServedModel) -> dict[str, Any]:
    signature = model.signature(DEFAULT_SIGNATURE)
    versions = [other for other in registry.versions(model.name) if other.state is State.AVAILABLE]
    return {
        "name": model.name,
        "versions": [str(other.version) for other in versions],
        "platform": "tensorflow_savedmodel",
        "inputs": _describe_tensors(signature.inputs),
        "outputs": _describe_tensors(signature.outputs),
        "parameters": {"signatures": sorted(model.signatures)},
    }


def _describe_tensors(tensors: Mapping[str, TensorInfo]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "datatype": DATATYPES[info.dtype.name],
            "shape": [-1, *(-1 if size is None else size for size in info.shape)],
        }
        for name, info in tensors.items()
    ]
