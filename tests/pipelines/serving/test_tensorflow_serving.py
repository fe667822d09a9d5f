"""Tests of TensorFlow Serving's REST API: its documented requests and answers."""

import base64

import numpy as np
import pytest
import tensorflow as tf


def test_status_lists_versions(client):
    answer = client.get("/v1/models/reverser").json()
    status = {"error_code": "OK", "error_message": ""}
    assert answer == {"model_version_status": [{"version": "2", "state": "AVAILABLE", "status": status}]}
    assert client.get("/v1/models/reverser/versions/2").json() == answer


@pytest.mark.parametrize(
    ("model", "reason"),
    [("unbatched", "input x of signature serving_default must"), ("empty", "saved_model.pb")],
)
def test_status_says_why_a_model_is_refused(client, model, reason):
    [version] = client.get(f"/v1/models/{model}").json()["model_version_status"]
    assert version["state"] == "END"
    assert reason in version["status"]["error_message"]
    response = client.post(f"/v1/models/{model}:predict", json={"instances": [1]})
    assert response.status_code == 503
    assert reason in response.json()["error"]


def test_metadata_has_the_signatures(client):
    answer = client.get("/v1/models/adder/metadata").json()
    assert answer["model_spec"] == {"name": "adder", "signature_name": "", "version": "1"}
    signature = answer["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["inputs"]["a"]["dtype"] == "DT_INT32"
    assert signature["inputs"]["b"] == {
        "dtype": "DT_FLOAT",
        "tensor_shape": {
            "dim": [{"size": "-1", "name": ""}, {"size": "3", "name": ""}],
            "unknown_rank": False,
        },
        "name": "",
    }


def test_row_form_answers_one_prediction_per_instance(predict):
    expected = [
        {"raw_bytes": {"b64": base64.b64encode("éb".encode()).decode()}, "score": 2.0, "text": "éb"},
        {"raw_bytes": {"b64": "Y2Jh"}, "score": 3.0, "text": "cba"},
    ]
    assert predict("reverser", instances=["bé", "abc"]) == (200, {"predictions": expected})
    assert (
        predict("reverser", instances=[{"text": "bé"}, {"text": {"b64": "YWJj"}}])[1]["predictions"]
        == expected
    )
    assert predict("reverser/versions/2", instances=["bé", {"b64": "YWJj"}])[1]["predictions"] == expected


def test_row_form_of_a_single_output_has_no_names(predict):
    instances = [{"a": 1, "b": [0, 1, 2]}, {"a": 10, "b": [0.5, 0, 0]}]
    assert predict("adder", instances=instances)[1] == {"predictions": [[1, 2, 3], [10.5, 10, 10]]}


def test_column_form_answers_columns(predict):
    answer = predict("reverser", inputs=["ab", "abc"])[1]
    assert answer == predict("reverser", inputs={"text": ["ab", "abc"]})[1]
    assert answer["outputs"]["text"] == ["ba", "cba"]
    answer = predict("adder", inputs={"a": [1, 10], "b": [[0, 1, 2], [0.5, 0, 0]]})[1]
    assert answer == {"outputs": [[1, 2, 3], [10.5, 10, 10]]}


def test_signature_name_chooses_the_signature(predict):
    assert predict("adder", signature_name="sorted", instances=[[3, 1, 2], [5, 4]])[1] == {
        "predictions": [[1, 2, 3], [4, 5]]
    }


def test_explain_of_a_single_output_has_no_names(predict):
    instances = [{"a": 1, "b": [0, 1, 2]}, {"a": 10, "b": [0.5, 0, 0]}]
    values = [[1, 2, 3], [10.5, 10, 10]]
    answer = predict("adder", "explain", signature_name="serving_default", instances=instances)
    assert answer == (200, {"predictions": values, "explanations": values})


def test_explain_answers_with_the_explain_signature(predict):
    [row] = predict("reverser", "explain", instances=["abc"])[1]["explanations"]
    assert row["source_tokens"] == ["a", "b", "c"]
    assert row["attention"] == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    answer = predict("reverser", "explain", instances=["abc"])[1]
    assert answer["predictions"] == predict("reverser", instances=["abc"])[1]["predictions"]
    columns = predict("reverser", "explain", inputs=["abc", "a"])[1]["outputs"]
    assert columns["source_tokens"] == [["a", "b", "c"], ["a", "[PAD]", "[PAD]"]]


def test_answers_equal_a_direct_call(predict, models):
    explain = tf.saved_model.load(str(models / "reverser" / "2")).signatures["explain"]
    texts = ["a", "bc", "def", "ghijk", "äöü"]
    rows = predict("reverser", "explain", instances=texts)[1]["explanations"]
    for text, row in zip(texts, rows, strict=True):
        alone = {name: value.numpy()[0] for name, value in explain(text=tf.constant([text])).items()}
        assert row.keys() == alone.keys()
        for name in ("attention", "attention_heads", "gate_heads", "source_offsets"):
            np.testing.assert_allclose(row[name], alone[name])
        for name in ("source_tokens", "target_tokens"):
            assert row[name] == [token.decode() for token in alone[name]]


@pytest.mark.parametrize(
    ("model", "body", "reason"),
    [
        ("reverser", {}, "either `instances` or `inputs`. Received: none"),
        ("reverser", {"instances": ["a"], "inputs": ["a"]}, "Received: both"),
        ("reverser", {"instances": []}, "at least one"),
        ("reverser", {"inputs": []}, "at least one"),
        ("reverser", {"inputs": {"text": []}}, "at least one"),
        ("reverser", {"instances": "a"}, "`instances` must be a list"),
        ("reverser", {"inputs": "a"}, "must be a list"),
        ("reverser", {"instances": ["a", {"text": "a"}]}, "all objects, or all values"),
        ("reverser", {"instances": [{"b64": "?"}]}, "must be base64"),
        ("reverser", {"instances": [{"b64": "abc"}]}, "must be base64"),
        ("reverser", {"instances": [{"b64": 3}]}, "must be base64"),
        ("reverser", {"instances": [{"text": "a", "b64": "YQ=="}]}, "must be text"),
        ("reverser", {"instances": [{"txt": "a"}]}, 'Received: ["txt"]'),
        ("reverser", {"instances": [{}]}, "must be text"),
        ("reverser", {"instances": [3]}, "must be a string"),
        ("reverser", {"instances": [None]}, "must be a string"),
        ("reverser", {"instances": [["a"]]}, "must be a string"),
        ("reverser", {"signature_name": 3, "instances": ["a"]}, "`signature_name` must be a string"),
        ("adder", {"instances": [1]}, "must be objects with the inputs of the signature: a, b"),
        ("adder", {"instances": [{"a": 1, "b": [1, 2]}]}, "shape (3)"),
        ("adder", {"instances": [{"a": 1, "b": 1}]}, "shape (3)"),
        ("adder", {"instances": [{"a": 1, "b": [1, 2, [3]]}]}, "type float32"),
        ("adder", {"instances": [{"a": 1.5, "b": [1, 2, 3]}]}, "type int32"),
        ("adder", {"instances": [{"a": True, "b": [1, 2, 3]}]}, "type int32"),
        ("adder", {"instances": [{"a": 2**31, "b": [1, 2, 3]}]}, "type int32"),
        ("adder", {"instances": [{"a": 1, "b": ["1", 2, 3]}]}, "type float32"),
        ("adder", {"instances": [{"a": 1, "b": [1e39, 2, 3]}]}, "type float32"),
        ("adder", {"inputs": {"a": [1, 2], "b": [[1, 2, 3]]}}, "same number of examples"),
        ("adder", {"signature_name": "sorted", "instances": [[1, [2]]]}, "type float32"),
    ],
)
def test_invalid_request_is_400_with_reason(predict, model, body, reason):
    status, answer = predict(model, **body)
    assert status == 400
    assert reason in answer["error"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/models/nobody:predict"),
        ("POST", "/v1/models/reverser/versions/1:predict"),
        ("POST", "/v1/models/reverser:classify"),
        ("GET", "/v1/models/nobody"),
        ("GET", "/v1/models/nobody/metadata"),
        ("GET", "/v1/models/reverser/versions/1"),
        ("GET", "/v1/models/reverser/versions/99999999999999999999999"),
        ("GET", "/v1/models"),
    ],
)
def test_unknown_model_version_or_verb_is_404(client, method, path):
    response = client.request(method, path, json={"instances": ["a"]} if method == "POST" else None)
    assert response.status_code == 404
    assert response.json()["error"]


def test_unknown_signature_is_404(predict):
    status, answer = predict("reverser", signature_name="fast", instances=["a"])
    assert status == 404
    assert "It has: explain, serving_default" in answer["error"]
    assert predict("adder", "explain", instances=[1])[0] == 404
