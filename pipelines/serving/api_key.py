"""Check of the API key of a request."""

import hmac

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from .error_response import error_response
from .page_routes import PAGE_PATHS

PROBES = {"/v2/health/live", "/v2/health/ready"}  # an orchestrator has no key
OPEN_PATHS = PROBES | PAGE_PATHS


class ApiKeyMiddleware:
    """Refuse requests without the key, in `Authorization: Bearer KEY` or `X-API-Key: KEY`.

    Args:
        app: the application.
        api_key: the key.
    """

    def __init__(self, app: ASGIApp, api_key: str):
        self.app = app
        self.api_key = api_key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or self._is_valid(Headers(scope=scope)):
            await self.app(scope, receive, send)
        else:
            reason = "the API key is missing or wrong: send the header `Authorization: Bearer KEY`"
            await error_response(401, reason, {"WWW-Authenticate": "Bearer"})(scope, receive, send)

    def _is_valid(self, headers: Headers) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        key = token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
        return hmac.compare_digest(key.encode("latin-1"), self.api_key)
