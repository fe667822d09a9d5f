"""Tests of the API key."""

import pytest


@pytest.fixture(scope="module")
def client(serve_models, models):
    return serve_models(models, api_key="sécret")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer other"}, 401),
        ({"Authorization": "Basic sécret".encode()}, 401),
        ({"X-API-Key": ""}, 401),
        ({"Authorization": "Bearer sécret".encode()}, 200),
        ({"Authorization": "bearer sécret".encode()}, 200),
        ({"X-API-Key": "sécret".encode()}, 200),
    ],
)
def test_requests_need_the_key(client, headers, status):
    for path in ("/v1/models/reverser", "/metrics", "/openapi.json", "/v2"):
        response = client.get(path, headers=headers)
        assert response.status_code == status
        assert status == 200 or "Authorization: Bearer KEY" in response.json()["error"]


def test_probes_need_no_key(client):
    assert client.get("/v2/health/live").status_code == client.get("/v2/health/ready").status_code == 200
