"""Tests of the parts of the routes."""

import asyncio
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from foveal.pipelines.serving.metrics import Metrics
from foveal.pipelines.serving.routing import ModelId, json_response, measure_latency, model_paths


def test_paths_of_a_model_and_of_its_versions():
    (path, latest, _), (versions_path, exact, _) = model_paths("/models")
    assert (path, versions_path) == ("/models/{name}", "/models/{name}/versions/{version}")
    assert asyncio.run(latest("a")) == ModelId("a", None)
    assert asyncio.run(exact("a", 3)) == ModelId("a", 3)


def test_latency_is_measured_of_failures_too():
    metrics = Metrics()
    model: Any = SimpleNamespace(name="m", signatures={"s": None})
    with pytest.raises(KeyError), measure_latency(metrics, model, "s"):
        raise KeyError
    with measure_latency(metrics, model, "unknown"):
        pass
    assert (
        metrics.registry.get_sample_value("foveal_request_seconds_count", {"model": "m", "signature": "s"})
        == 1
    )
    assert "unknown" not in metrics.export().decode()


def test_response_has_arrays():
    response = json_response({"x": np.array([1, 2])})
    assert (response.body, response.media_type) == (b'{"x":[1,2]}', "application/json")
