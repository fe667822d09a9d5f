"""Tests of the client, beside direct calls of the SavedModels."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tensorflow as tf

from foveal.focus import records_from_signature
from foveal.pipelines.serving import Client, ServerError

TEXTS = ["the dog sat.", "", "the tea was lovely!", "the cat was awful! the dog sat.", "dog", "téa", "a" * 90]

IMPORT = """
import sys
for name in ("tensorflow", "fastapi", "uvicorn", "orjson", "prometheus_client", "keras", "numpy"):
    sys.modules[name] = None  # an import of it raises ImportError
from foveal.pipelines.serving import Client
print(Client("http://localhost:1", timeout=1).is_ready())
"""


@pytest.fixture(scope="module")
def client(pipelines_url):
    return Client(pipelines_url, batch_size=3)


@pytest.fixture(scope="module")
def signatures(pipeline_models):
    folders = pipeline_models.iterdir()
    return {folder.name: tf.saved_model.load(str(folder / "1")).signatures for folder in folders}


def labels(record, index=0):
    return record.keys[index].labels


def texts_of(outputs, name="text"):
    return [value.decode() for value in outputs[name].numpy()]


def test_import_needs_the_standard_library_alone():
    command = [sys.executable, "-P", "-c", IMPORT]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.slow
@pytest.mark.parametrize("fast", [False, True])
def test_translate_equals_the_signature(client, signatures, fast):
    signature = signatures["translation"]["fast" if fast else "serving_default"]
    expected = [texts_of(signature(text=tf.constant([text])))[0] for text in TEXTS]
    assert client.translate(TEXTS, fast=fast) == expected
    assert client.translate(TEXTS[0], fast=fast) == expected[0]
    assert client.translate([]) == []


@pytest.mark.slow
def test_classify_equals_the_signature(client, signatures):
    outputs = signatures["sentiment"]["serving_default"](text=tf.constant(TEXTS))
    results = client.classify(TEXTS)
    assert [result.label for result in results] == texts_of(outputs, "label")
    probabilities = [list(result.probabilities.values()) for result in results]
    np.testing.assert_allclose(probabilities, outputs["probabilities"], atol=1e-6)
    assert client.classify(TEXTS[0]).probabilities.keys() == {"bad", "fair", "good"}


@pytest.mark.slow
def test_describe_equals_the_signature(client, signatures, image, tmp_path):
    path = tmp_path / "image.png"
    path.write_bytes(image)
    [expected] = texts_of(signatures["captioning"]["serving_default"](image=tf.constant([image])))
    assert client.describe(image) == client.describe(path) == expected
    assert client.describe([image, b"no image"]) == [expected, ""]
    assert client.describe([path], fast=True) == [expected]  # one beam


@pytest.mark.slow
@pytest.mark.parametrize("model", ["sentiment", "translation", "captioning"])
def test_explanations_of_concurrent_requests_equal_direct_calls(client, signatures, image, model):
    """Neighbours in a batch change nothing, neither the values nor the number of tokens."""
    inputs = [image, b"", image] if model == "captioning" else TEXTS
    name = "image" if model == "captioning" else "text"
    with ThreadPoolExecutor(len(inputs)) as pool:
        explanations = list(pool.map(lambda value: client.explain(value, model), inputs))
    for value, explanation in zip(inputs, explanations, strict=True):
        outputs = signatures[model]["explain"](**{name: tf.constant([value])})
        expected = records_from_signature(outputs, [value] if name == "text" else None)
        for record, direct in zip(explanation.records, expected, strict=True):
            shape = record.weights.shape
            weights = direct.weights[:, :, : shape[2], : shape[3]]
            np.testing.assert_allclose(record.weights, weights, atol=1e-5)
            assert direct.weights.sum() == pytest.approx(weights.sum(), abs=1e-5)
            assert labels(record) == labels(direct)
            if record.gate is not None and direct.gate is not None:
                np.testing.assert_allclose(record.gate, direct.gate[:, :, : record.gate.shape[2]], atol=1e-5)


@pytest.mark.slow
def test_explanation_of_several_texts_has_answers_and_records(client):
    explanation = client.explain(TEXTS[:3], "sentiment")
    assert explanation.answers == client.classify(TEXTS[:3])
    assert explanation.records[0].weights.shape[0] == 3
    assert client.explain(TEXTS[0], "translation").answers == [client.translate(TEXTS[0])]


@pytest.mark.slow
def test_refusal_is_an_error_with_status_and_reason(client):
    with pytest.raises(ServerError, match="there is no model nobody") as error:
        client.classify("a", model="nobody")
    assert error.value.status == 404
    with pytest.raises(ServerError, match="has no signature fast") as error:
        client.translate("a", model="sentiment", fast=True)
    assert error.value.reason.startswith("the model sentiment")


def test_unreachable_server_is_an_os_error():
    client = Client("http://127.0.0.1:9")
    assert not client.is_ready()
    with pytest.raises(OSError, match="refused"):
        client.classify("a")


def test_api_key_is_sent(run_server, models):
    url = run_server(models, api_key="secret")
    assert Client(url, "secret").predict(["ab"], "reverser")["text"] == ["ba"]
    with pytest.raises(ServerError) as error:
        Client(url).predict(["ab"], "reverser")
    assert error.value.status == 401


def test_small_model(run_server, models):
    client = Client(run_server(models, batch_delay_ms=20), batch_size=2)
    assert client.is_ready()
    assert client.translate("abc", model="reverser") == "cba"
    assert client.translate(["a", "bc", "def"], model="reverser") == ["a", "cb", "fed"]
    explanation = client.explain(["ab", "c"], "reverser")
    assert explanation.answers == ["ba", "c"]
    [record] = explanation.records
    assert record.weights[:, 0].tolist() == [[[0, 1], [1, 0]], [[1, 0], [0, 0]]]
    assert labels(record, 1) == ["c"]
    with pytest.raises(ServerError, match="there is no model sentiment") as error:
        client.classify("a")
    assert error.value.status == 404
