"""Answers with the JSON `{"error": reason}`, and what makes them of exceptions."""

from collections.abc import Mapping

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from .json_values import dump_json
from .metrics import Metrics
from .request_error import RequestError

RETRY_SECONDS = "1"


def error_response(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    """Build an answer with a reason.

    Args:
        status: HTTP status.
        reason: what was expected and received.
        headers: further headers.
    """
    return Response(dump_json({"error": reason}), status, headers, "application/json")


def add_error_handlers(app: FastAPI, metrics: Metrics) -> None:
    """Answer every exception with a JSON reason, and count it."""

    def respond(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
        metrics.errors.labels(str(status)).inc()
        return error_response(status, reason, headers)

    @app.exception_handler(RequestError)
    async def request_error(request: Request, error: RequestError) -> Response:
        headers = {"Retry-After": RETRY_SECONDS} if error.status == 503 else None
        return respond(error.status, error.reason, headers)

    @app.exception_handler(RequestValidationError)
    async def invalid_path(request: Request, error: RequestValidationError) -> Response:
        details = [f"{detail['loc'][-1]}: {detail['msg']}" for detail in error.errors()]
        return respond(400, "; ".join(details))

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        reason = f"{request.method} {request.url.path}: {error.detail}. /openapi.json lists the paths"
        return respond(error.status_code, reason, error.headers)

    @app.exception_handler(Exception)
    async def defect(request: Request, error: Exception) -> Response:
        return respond(500, "the server failed. Its log has more")
