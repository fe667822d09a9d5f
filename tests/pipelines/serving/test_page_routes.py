"""Tests of the routes of the page: files, headers, models, answers, the API key."""

import base64
import re

import pytest
from fastapi.testclient import TestClient

from foveal.pipelines.serving import ServingConfig, create_app
from foveal.pipelines.serving.page_routes import PAGE_PATHS


@pytest.mark.parametrize("path", sorted(PAGE_PATHS))
def test_files_have_security_headers_and_no_address_of_another_host(client, path):
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["content-security-policy"].startswith("default-src 'self'")
    assert "unsafe-inline" not in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert set(re.findall(r"https?://[\w.]+", response.text)) <= {"http://www.w3.org"}


def test_models_with_a_task_are_listed_with_the_refused_ones(client):
    answer = client.get("/page/models").json()
    assert answer["models"] == [{"name": "reverser", "version": 2, "task": "translate", "hasAttention": True}]
    assert {refused["name"] for refused in answer["refused"]} == {"unbatched", "empty"}
    assert (answer["loading"], answer["hint"]) == ([], "")
    assert answer["limits"] == {"text": 5_000, "image": 3_000}


def test_folder_without_models_names_the_command_that_makes_one(tmp_path):
    with TestClient(create_app(ServingConfig(models=tmp_path))) as client:
        answer = client.get("/page/models").json()
    assert answer["models"] == []
    assert "`make` trains and exports three" in answer["hint"]


def test_models_without_a_task_are_named(tmp_path, serve_models, exports):
    exports.adder(tmp_path / "adder" / "1")
    client = serve_models(tmp_path)
    assert "`make` trains and exports three. Received: adder" in client.get("/page/models").json()["hint"]
    response = client.post("/page/models/adder", json={"text": "a"})
    assert (response.status_code, response.json()["error"]) == (
        400, "the model adder does not translate, classify or describe",
    )  # fmt: skip


def test_answer_has_the_weights_of_the_signature(client):
    answer = client.post("/page/models/reverser", json={"text": "abc de"}).json()
    assert answer["prediction"]["text"] == "ed cba"
    layer = answer["example"]["layers"][0]
    assert (layer["queries"]["labels"], layer["keys"]["labels"]) == (["ed", "cba"], ["abc", "de", "[END]"])
    # "ed " attends to the letters of "de"; each letter of "cba" to a letter of "abc"
    assert list(base64.b64decode(layer["weights"])) == [0, 255, 0, 255, 0, 0]


@pytest.mark.parametrize(
    ("name", "body", "status", "reason"),
    [
        ("reverser", {"text": "fail"}, 400, "refuses four letters"),
        ("reverser", {"image": "a"}, 400, "the body must have `text` alone. Received: image"),
        ("reverser", {"text": 3}, 400, "the input text must be a string"),
        ("reverser", {"text": "a" * 5_001}, 413, "at most 5,000 bytes"),
        ("missing", {"text": "a"}, 404, "there is no model missing"),
        ("unbatched", {"text": "a"}, 503, "is refused"),
    ],
)
def test_refusals_have_a_reason(client, name, body, status, reason):
    response = client.post(f"/page/models/{name}", json=body)
    assert response.status_code == status
    assert reason in response.json()["error"]


def test_page_is_open_and_its_answers_need_the_key(tmp_path):
    with TestClient(create_app(ServingConfig(models=tmp_path, api_key="secret"))) as client:
        assert {client.get(path).status_code for path in PAGE_PATHS} == {200}
        assert client.get("/page/models").status_code == 401
        assert client.post("/page/models/a", json={"text": "a"}).status_code == 401
        assert client.get("/page/models", headers={"X-API-Key": "secret"}).status_code == 200
