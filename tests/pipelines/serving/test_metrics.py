"""Tests of the metrics, read by Prometheus's own parser."""

from prometheus_client.parser import text_string_to_metric_families

from foveal.pipelines.serving.metrics import Metrics


def samples(text):
    families = text_string_to_metric_families(text)
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_requests_are_counted_by_model_and_signature(client, predict):
    labels = ("reverser", "serving_default")
    before = samples(client.get("/metrics").text)
    predict("reverser", instances=["ab", "cd"])
    predict("reverser", instances=[])
    after = samples(client.get("/metrics").text)

    def growth(*key):
        return after[key] - before.get(key, 0)

    assert growth("foveal_request_seconds_count", *labels) == 2
    assert growth("foveal_batch_size_sum", *labels) == 2
    assert growth("foveal_request_errors_total", "400") == 1
    assert after["foveal_queue_length", "reverser"] == 0


def test_unknown_names_make_no_labels(client, predict):
    predict("nobody", instances=["a"])
    predict("reverser", signature_name="nothing", instances=["a"])
    text = client.get("/metrics").text
    assert "nobody" not in text
    assert "nothing" not in text


def test_metrics_of_two_applications_are_separate():
    first, second = Metrics(), Metrics()
    first.errors.labels("400").inc()
    assert ("foveal_request_errors_total", "400") in samples(first.export().decode())
    assert ("foveal_request_errors_total", "400") not in samples(second.export().decode())
