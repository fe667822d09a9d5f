"""Tests of the answers to errors."""

from fastapi import FastAPI
from fastapi.testclient import TestClient

from foveal.pipelines.serving.error_response import add_error_handlers, error_response
from foveal.pipelines.serving.metrics import Metrics
from foveal.pipelines.serving.request_error import RequestError


def test_every_exception_has_a_json_reason():
    app, metrics = FastAPI(), Metrics()
    add_error_handlers(app, metrics)

    @app.get("/busy")
    async def busy():
        raise RequestError(503, "busy")

    @app.get("/number/{number}")
    async def number(number: int):
        raise ZeroDivisionError

    client = TestClient(app, raise_server_exceptions=False)
    response = client.get("/busy")
    assert (response.status_code, response.json()) == (503, {"error": "busy"})
    assert response.headers["retry-after"] == "1"
    response = client.get("/number/x")
    assert response.status_code == 400
    assert response.json()["error"].startswith("number: ")
    assert client.get("/number/1").json() == {"error": "the server failed. Its log has more"}
    assert client.get("/nothing").status_code == 404
    assert "GET /nothing: Not Found" in client.get("/nothing").json()["error"]
    count = metrics.registry.get_sample_value("foveal_request_errors_total", {"status": "404"})
    assert count == 2


def test_response_has_headers():
    response = error_response(401, "no key", {"X-Name": "value"})
    assert response.body == b'{"error":"no key"}'
    assert response.headers["x-name"] == "value"
