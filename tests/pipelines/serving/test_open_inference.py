"""Tests of the Open Inference Protocol: its documented requests and answers."""

import pytest


def infer(client, model, **body):
    response = client.post(f"/v2/models/{model}/infer", json=body)
    return response.status_code, response.json()


def tensor(name, datatype, data, shape=None, **fields):
    return {"name": name, "datatype": datatype, "shape": shape or [len(data)], "data": data, **fields}


def test_server_describes_itself(client):
    assert client.get("/v2").json()["name"] == "foveal"
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}


def test_model_describes_itself(client):
    answer = client.get("/v2/models/adder").json()
    assert client.get("/v2/models/adder/versions/1").json() == answer
    assert (answer["name"], answer["versions"]) == ("adder", ["1"])
    assert answer["inputs"] == [
        {"name": "a", "datatype": "INT32", "shape": [-1]},
        {"name": "b", "datatype": "FP32", "shape": [-1, 3]},
    ]
    assert answer["outputs"] == [{"name": "sum", "datatype": "FP32", "shape": [-1, 3]}]


def test_model_readiness(client):
    assert client.get("/v2/models/adder/ready").json() == {"name": "adder", "ready": True}
    assert client.get("/v2/models/adder/versions/1/ready").status_code == 200
    assert client.get("/v2/models/adder/versions/7/ready").status_code == 404
    assert client.get("/v2/models/unbatched/ready").status_code == 503


@pytest.mark.parametrize("data", [[0, 1, 2, 0.5, 0, 0], [[0, 1, 2], [0.5, 0, 0]]], ids=["flat", "nested"])
def test_infer_numbers(client, data):
    inputs = [tensor("b", "FP32", data, [2, 3]), tensor("a", "INT32", [1, 10])]
    status, answer = infer(client, "adder", id="7", inputs=inputs)
    assert status == 200
    assert answer == {
        "model_name": "adder",
        "model_version": "1",
        "id": "7",
        "outputs": [tensor("sum", "FP32", [1, 2, 3, 10.5, 10, 10], [2, 3])],
    }


def test_infer_bytes(client):
    answer = infer(client, "reverser/versions/2", inputs=[tensor("text", "BYTES", ["ab", "cdé"])])[1]
    outputs = {output["name"]: output for output in answer["outputs"]}
    assert outputs["text"] == tensor("text", "BYTES", ["ba", "édc"])
    assert outputs["score"] == tensor("score", "FP32", [2, 3])
    encoded = tensor("text", "BYTES", ["YWI="], parameters={"content_type": "base64"})
    answer = infer(client, "reverser", inputs=[encoded], outputs=[{"name": "raw_bytes"}])[1]
    expected = tensor("raw_bytes", "BYTES", ["YmE="], parameters={"content_type": "base64"})
    assert answer["outputs"] == [expected]


def test_infer_with_a_signature(client):
    answer = infer(
        client,
        "reverser",
        parameters={"signature_name": "explain"},
        inputs=[tensor("text", "BYTES", ["ab", "c"])],
        outputs=[{"name": "attention"}],
    )[1]
    assert answer["outputs"] == [tensor("attention", "FP32", [0, 1, 1, 0, 1, 0, 0, 0], [2, 2, 2])]


TEXT = tensor("text", "BYTES", ["a"])


@pytest.mark.parametrize(
    ("model", "body", "reason"),
    [
        ("reverser", {}, "`inputs` must be a list of tensors"),
        ("reverser", {"inputs": {}}, "`inputs` must be a list of tensors"),
        ("reverser", {"inputs": ["a"]}, "`inputs` must be a list of tensors"),
        ("reverser", {"inputs": []}, "must be text"),
        ("reverser", {"inputs": [TEXT, TEXT]}, "must be text"),
        ("reverser", {"inputs": [TEXT | {"name": 3}]}, "must be text"),
        ("reverser", {"inputs": [TEXT | {"datatype": "FP32"}]}, "must be BYTES"),
        ("reverser", {"inputs": [TEXT | {"shape": [2]}]}, "must have 2 elements. Received: 1"),
        ("reverser", {"inputs": [TEXT | {"shape": [1, 1]}]}, "must be [-1]"),
        ("reverser", {"inputs": [TEXT | {"shape": [-1]}]}, "must be a list of sizes"),
        ("reverser", {"inputs": [TEXT | {"shape": [2**40]}]}, "must be a list of sizes"),
        ("reverser", {"inputs": [TEXT | {"shape": "1"}]}, "must be a list of sizes"),
        ("reverser", {"inputs": [TEXT | {"shape": [0], "data": []}]}, "1 to 40 examples. Received: 0"),
        ("reverser", {"inputs": [TEXT | {"data": "a"}]}, "must be a list"),
        ("reverser", {"inputs": [TEXT | {"data": [3]}]}, "must be a string"),
        ("reverser", {"inputs": [TEXT | {"parameters": {"content_type": "base64"}}]}, "must be base64"),
        ("reverser", {"inputs": [TEXT | {"parameters": {"content_type": "np"}}]}, "must be str or base64"),
        ("reverser", {"inputs": [TEXT], "outputs": [{"name": "label"}]}, 'Received: "label"'),
        ("reverser", {"inputs": [TEXT], "outputs": "text"}, "`outputs` must be a list"),
        ("reverser", {"inputs": [TEXT], "parameters": []}, None),
        ("reverser", {"inputs": [TEXT], "parameters": [1]}, "`parameters` must be an object"),
        ("reverser", {"inputs": [TEXT], "id": 3}, "`id` must be a string"),
        (
            "adder",
            {"inputs": [tensor("a", "INT32", [1]), tensor("b", "FP32", [[1, 2], [3]], [1, 3])]},
            "ragged",
        ),
        ("adder", {"inputs": [tensor("a", "INT32", [1]), tensor("b", "FP32", [1, 2], [1, 2])]}, "[-1, 3]"),
        ("adder", {"inputs": [tensor("a", "INT32", [1, 2]), tensor("b", "FP32", [1, 2, 3], [1, 3])]}, "same"),
    ],
)
def test_invalid_request_is_400_with_reason(client, model, body, reason):
    status, answer = infer(client, model, **body)
    assert status == (400 if reason else 200)
    assert not reason or reason in answer["error"]


def test_unknown_model_or_signature_is_404(client):
    assert infer(client, "nobody", inputs=[TEXT])[0] == 404
    assert infer(client, "reverser", inputs=[TEXT], parameters={"signature_name": "x"})[0] == 404
    assert client.get("/v2/models/nobody").status_code == 404
