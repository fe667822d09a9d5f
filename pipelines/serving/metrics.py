"""Prometheus metrics of the server."""

import os

from fastapi import APIRouter, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """Latency, queue length and batch size, by model and signature.

    Args:
        registry: registry of the metrics; a new one by default.
    """

    def __init__(self, registry: CollectorRegistry | None = None):
        self.registry = registry or CollectorRegistry()
        by_signature = ("model", "signature")
        self.latency = Histogram(
            "foveal_request_seconds",
            "Seconds from the body of a request to its answer",
            by_signature,
            buckets=SECONDS,
            registry=self.registry,
        )
        self.batch_size = Histogram(
            "foveal_batch_size", "Examples of a batch", by_signature, buckets=SIZES, registry=self.registry
        )
        self.queue_length = Gauge(
            "foveal_queue_length",
            "Examples that wait for a model",
            ("model",),
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.errors = Counter(
            "foveal_request_errors_total",
            "Requests that were answered with an error",
            ("status",),
            registry=self.registry,
        )

    def export(self) -> bytes:
        """Return all metrics in the text format of Prometheus, summed over the processes of the server."""
        registry = self.registry
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)
        return generate_latest(registry)


def build_router(metrics: Metrics) -> APIRouter:
    """Build the route `/metrics`."""
    router = APIRouter(tags=["Monitoring"])

    @router.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
    async def get_metrics() -> Response:
        return Response(metrics.export(), media_type=CONTENT_TYPE_LATEST)

    return router
