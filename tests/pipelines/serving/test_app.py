"""Tests of the application: routes, documents, batches across requests, reasons of every refusal."""

import pytest

from foveal.pipelines.serving import ServingConfig, create_app


def test_openapi_describes_every_route(client):
    document = client.get("/openapi.json").json()
    paths = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    model, infer = "/v1/models/{name}", "/v2/models/{name}"
    expected = {f"GET {model}", f"GET {model}/metadata", f"POST {model}:predict", f"POST {model}:explain"}
    expected |= {f"GET {infer}", f"GET {infer}/ready", f"POST {infer}/infer"}
    expected |= {path.replace("{name}", "{name}/versions/{version}") for path in expected}
    assert paths == expected | {"GET /v2", "GET /v2/health/live", "GET /v2/health/ready", "GET /metrics"}
    body = document["paths"][f"{model}:predict"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["properties"].keys() == {"signature_name", "instances", "inputs"}


def test_routes_load_nothing_from_other_hosts(client):
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b'{"instances": [NaN]}',
        b'{"instances": [Infinity]}',
        b'{"instances": [1e999]}',
        b'{"instances": ["\\ud800"]}',
        b'{"instances": ["\xff"]}',
        b'{"instances": ' + b"[" * 9_000 + b"]" * 9_000 + b"}",
        b'{"instances": ' + b'{"a":' * 1_500 + b"1" + b"}" * 1_500 + b"}",
    ],
    ids=lambda content: content[:25].decode(errors="replace"),
)
def test_body_that_is_no_json_is_400(client, content):
    response = client.post("/v1/models/reverser:predict", content=content)
    assert response.status_code == 400
    assert "the body must be" in response.json()["error"]


@pytest.mark.parametrize("field", ["instances", "inputs", "signature_name"])
def test_many_levels_are_400(client, field):
    content = f'{{"instances": ["a"], "{field}": {"[" * 1000}{"]" * 1000}}}'
    for path in ("/v1/models/reverser:predict", "/v1/models/adder:predict", "/v2/models/reverser/infer"):
        response = client.post(path, content=content)
        assert response.status_code == 400
        assert response.json()["error"]


def test_other_method_is_405(client):
    response = client.delete("/v1/models/reverser")
    assert response.status_code == 405
    assert "DELETE /v1/models/reverser: Method Not Allowed" in response.json()["error"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"instances": ["a" * 20_001]}, "the body must have at most 20,000 bytes"),
        ({"instances": ["a" * 5_001]}, "a text must have at most 5,000 bytes. Received: 5,001 bytes"),
        ({"instances": ["a"] * 41}, "1 to 40 examples. Received: 41"),
    ],
)
def test_limit_is_413_with_reason(predict, body, reason):
    status, answer = predict("reverser", **body)
    assert status == 413
    assert reason in answer["error"]


def test_full_queue_is_503_with_reason(predict, send_all):
    texts = ["a" * 30] * 40
    results = send_all([lambda: predict("reverser", instances=texts)] * 16)
    statuses = [status for status, _ in results]
    assert set(statuses) == {200, 503}
    reasons = [answer["error"] for status, answer in results if status == 503]
    assert all("the queue of reverser is full" in reason for reason in reasons)
    assert predict("reverser", instances=["a"])[0] == 200


def test_concurrent_requests_share_batches(client, predict, send_all):
    texts = [f"{index:03}" for index in range(30)]
    before = count_batches(client)
    answers = send_all([lambda t=text: predict("reverser", instances=[t])[1] for text in texts])
    assert [answer["predictions"][0]["text"] for answer in answers] == [text[::-1] for text in texts]
    calls, examples = (after - count for after, count in zip(count_batches(client), before, strict=True))
    assert examples == 30
    assert calls < 30


def count_batches(client):
    lines = dict(line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if line[0] != "#")
    labels = '{model="reverser",signature="serving_default"}'
    return [float(lines.get(f"foveal_batch_size_{part}{labels}", 0)) for part in ("count", "sum")]


def test_invalid_example_does_not_disturb_its_neighbours(predict, send_all):
    texts = ["abc", "fail", "ab", "fail", "abcde"]  # the model refuses four letters
    results = send_all([lambda t=text: predict("reverser", instances=[t]) for text in texts])
    assert [status for status, _ in results] == [200, 400, 200, 400, 200]
    assert "refuses four letters" in results[1][1]["error"]
    assert results[4][1]["predictions"][0]["text"] == "edcba"


def test_new_version_replaces_the_old_one(tmp_path, serve_models, exports, wait):
    exports.reverser(tmp_path / "reverser" / "1", suffix="1")
    client = serve_models(tmp_path)

    def text():
        response = client.post("/v1/models/reverser:predict", json={"instances": ["ab"]})
        assert response.status_code == 200
        return response.json()["predictions"][0]["text"]

    assert text() == "ba1"
    exports.reverser(tmp_path / ".exporting", suffix="2")
    (tmp_path / ".exporting").rename(tmp_path / "reverser" / "2")
    wait(lambda: text() == "ba2")
    states = client.get("/v1/models/reverser").json()["model_version_status"]
    assert [state["version"] for state in states] == ["2"]
    assert client.get("/v1/models/reverser/versions/1").status_code == 404


def test_refused_version_leaves_the_old_one(tmp_path, serve_models, exports, wait):
    exports.reverser(tmp_path / "reverser" / "1", suffix="1")
    client = serve_models(tmp_path)
    (tmp_path / "reverser" / "2").mkdir()
    wait(lambda: len(client.get("/v1/models/reverser").json()["model_version_status"]) == 2)
    wait(
        lambda: (
            client.get("/v1/models/reverser/versions/2").json()["model_version_status"][0]["state"] == "END"
        )
    )
    assert client.post("/v1/models/reverser:predict", json={"instances": ["a"]}).status_code == 200
    response = client.post("/v1/models/reverser/versions/2:predict", json={"instances": ["a"]})
    assert response.status_code == 503
    assert "saved_model.pb" in response.json()["error"]


def test_folder_without_models_says_which_command_makes_one(tmp_path):
    from fastapi.testclient import TestClient

    with TestClient(create_app(ServingConfig(models=tmp_path))) as client:
        assert client.get("/v2/health/ready").status_code == 503
        response = client.post("/v1/models/sentiment:predict", json={"instances": ["a"]})
    assert response.status_code == 404
    assert "`make` trains and exports" in response.json()["error"]
