"""Body of a request, read up to a limit."""

import asyncio
from typing import Any

from fastapi import Request

from .config import ServingConfig
from .json_values import parse_json
from .request_error import RequestError


async def read_json(request: Request, config: ServingConfig) -> dict[str, Any]:
    """Read the JSON object of a request.

    Raises:
        RequestError: 413 if the body is too large, as soon as that is certain; 408 if it does not arrive in
            time; 400 if it is no JSON object.
    """
    return parse_json(await read_body(request, config))


async def read_body(request: Request, config: ServingConfig) -> bytes:
    """Read the body of a request.

    Raises:
        RequestError: 413 if it is too large, as soon as that is certain; 408 if it does not arrive in time.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > config.max_body_bytes:
        raise _too_large(config)
    body = bytearray()
    try:
        async with asyncio.timeout(config.timeout):
            async for chunk in request.stream():
                body += chunk
                if len(body) > config.max_body_bytes:
                    raise _too_large(config)
    except TimeoutError:
        raise RequestError(408, f"the body must arrive within {config.timeout:g} s") from None
    return bytes(body)


def _too_large(config: ServingConfig) -> RequestError:
    return RequestError(413, f"the body must have at most {config.max_body_bytes:,} bytes")
