"""Load test of the server: many requests whose answers are compared, and malformed ones beside them.

`make test-load`, after `make sentiment`. Every answer is compared with that of a direct call of the
SavedModel. At the same time, malformed requests must get a 4xx or 503 with a JSON reason. Ends with status 1
where the server does not do that.
"""

import asyncio
import http.client
import json
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import tyro
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foveal.benchmarks.processes import RemoteObject
from foveal.benchmarks.serving import NUM_CLIENTS, running_server
from foveal.datasets import load_sentiment

MODEL = "sentiment"
NUM_TEXTS = 400
MAX_WORDS = 300
REQUEST_SIZES = (1, 1, 1, 2, 4, 8, 16)
SEED = 0
TOLERANCE = 1e-5
PATHS = [
    f"/v1/models/{MODEL}:predict",
    f"/v1/models/{MODEL}:explain",
    f"/v1/models/{MODEL}/versions/1:predict",
    f"/v2/models/{MODEL}/infer",
]
FIELDS = ["instances", "inputs", "signature_name", "outputs", "parameters", "id"]
KEYS = [*FIELDS, "text", "b64", "name", "shape", "datatype", "data", "content_type", "é"]
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["text", "BYTES"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner),
    max_leaves=20,
)
BODIES = (
    st.dictionaries(st.sampled_from(FIELDS), VALUES).map(lambda value: json.dumps(value).encode())
    | VALUES.map(lambda value: json.dumps(value).encode())
    | st.binary()
)


CHECKS = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)


class Expected:
    """Answers of the SavedModel, called directly with one text at a time.

    Args:
        folder: folder of its versions.
    """

    def __init__(self, folder: Path):
        import foveal.pipelines.cli.main  # noqa: F401  # precedes the import of TensorFlow
        from foveal.pipelines.saved_model.loading import load_saved_model

        self.signature = load_saved_model(folder).signatures["serving_default"]

    def answers(self, texts: Sequence[str]) -> list[tuple[str, list[float]]]:
        """Return label and probabilities of each text."""
        import tensorflow as tf

        results = [self.signature(text=tf.constant([text])) for text in texts]
        return [(r["label"].numpy()[0].decode(), r["probabilities"].numpy()[0].tolist()) for r in results]


def make_texts() -> list[str]:
    """Make texts of 1 to 300 words from the test texts of `reviews`."""
    rng = random.Random(SEED)
    words = " ".join(load_sentiment("reviews", "test").text).split()
    texts = []
    for _ in range(NUM_TEXTS):
        start, count = rng.randrange(len(words)), round(MAX_WORDS ** rng.random())
        texts.append(" ".join(words[start : start + count]))
    return texts


class Load:
    """Clients that compare every answer.

    Args:
        port: port of the server.
        texts: texts that are sent, in random groups.
        expected: label and probabilities of each text.
    """

    def __init__(self, port: int, texts: Sequence[str], expected: Sequence[tuple[str, list[float]]]):
        self.port = port
        self.texts = texts
        self.expected = expected
        self.rng = random.Random(SEED)
        self.statuses: Counter[int] = Counter()
        self.latencies: list[float] = []
        self.num_texts = 0
        self.wrong = 0

    def run(self, num_requests: int) -> dict[str, Any]:
        """Send requests from all clients; return counts, latencies and the number of wrong answers."""
        start = time.perf_counter()
        asyncio.run(self._run(num_requests))
        seconds = time.perf_counter() - start
        p50, p99 = np.percentile(self.latencies, [50, 99])
        return {
            "requests": len(self.latencies),
            "requests a second": round(len(self.latencies) / seconds, 1),
            "texts a second": round(self.num_texts / seconds, 1),
            "median latency, ms": round(1000 * p50, 1),
            "99 % latency, ms": round(1000 * p99, 1),
            "statuses": dict(self.statuses),
            "wrong answers": self.wrong,
        }

    async def _run(self, num_requests: int) -> None:
        shares = [num_requests // NUM_CLIENTS + (i < num_requests % NUM_CLIENTS) for i in range(NUM_CLIENTS)]
        await asyncio.gather(*map(self._client, shares))

    async def _client(self, num_requests: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for _ in range(num_requests):
            indices = self.rng.choices(range(len(self.texts)), k=self.rng.choice(REQUEST_SIZES))
            body = json.dumps({"instances": [self.texts[index] for index in indices]}).encode()
            head = f"POST {PATHS[0]} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
            start = time.perf_counter()
            writer.write(head.encode() + body)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            answer = json.loads(await reader.readexactly(length))
            self.latencies.append(time.perf_counter() - start)
            self.num_texts += len(indices)
            status = int(head.split(b" ", 2)[1])
            self.statuses[status] += 1
            self.wrong += status == 200 and not self._is_right(indices, answer["predictions"])
        writer.close()

    def _is_right(self, indices: Sequence[int], predictions: Sequence[dict[str, Any]]) -> bool:
        return len(indices) == len(predictions) and all(
            prediction["label"] == self.expected[index][0]
            and np.allclose(prediction["probabilities"], self.expected[index][1], atol=TOLERANCE)
            for index, prediction in zip(indices, predictions, strict=True)
        )


def send_malformed(port: int, num_requests: int) -> dict[int, int]:
    """Send malformed requests, and some that happen to be valid; return the number of answers by status.

    Raises:
        AssertionError: if an answer is no 200, 4xx or 503, or has no JSON reason.
    """
    statuses: Counter[int] = Counter()
    connection = http.client.HTTPConnection("127.0.0.1", port)

    @settings(max_examples=num_requests, deadline=None, database=None, suppress_health_check=CHECKS)
    @given(st.sampled_from(PATHS), BODIES)
    def check(path: str, body: bytes) -> None:
        connection.request("POST", path, body)
        response = connection.getresponse()
        answer = json.loads(response.read())
        assert response.status in (200, 503) or 400 <= response.status < 500, (response.status, answer, body)
        assert response.status == 200 or isinstance(answer["error"], str)
        statuses[response.status] += 1

    check()
    return dict(statuses)


def main(
    requests: int = 100_000,
    malformed: int = 10_000,
    models: Path = Path("saved_models"),
    schemathesis: Path | None = None,
) -> None:
    """Print the results, and exit with status 1 if an answer is wrong.

    Args:
        requests: number of requests.
        malformed: number of malformed requests.
        models: folder of the models.
        schemathesis: command that tests the OpenAPI description.
    """
    texts = make_texts()
    lengths = [len(text.encode()) for text in texts]
    median = statistics.median(lengths)
    print(f"{len(texts)} texts of {min(lengths)} to {max(lengths):,} bytes, median {median:.0f}")
    with RemoteObject("foveal.benchmarks.serving_load:Expected", folder=models / MODEL) as model:
        expected = model.answers(texts)
    with (
        running_server(models / MODEL, "--max-queue-length", "4096") as port,
        ProcessPoolExecutor(2, get_context("spawn")) as pool,
    ):
        load = Load(port, texts, expected)
        warm = pool.submit(Load(port, texts, expected).run, min(requests, 1000)).result()
        before = memory(port)
        running = pool.submit(load.run, requests)
        refused = pool.submit(send_malformed, port, malformed)
        results, statuses = running.result(), refused.result()
        results["server memory before and after, MB"] = [before, memory(port)]
        for name, value in results.items():
            print(f"{name}: {value}")
        print(f"malformed requests by status: {statuses}", flush=True)
        status = 0
        if schemathesis:
            command = [str(schemathesis), "run", f"http://127.0.0.1:{port}/openapi.json"]
            checks = ["--checks", "not_a_server_error,status_code_conformance,response_schema_conformance"]
            status = subprocess.run([*command, *checks, "--max-examples", "200"], check=False).returncode
    if results["wrong answers"] or warm["wrong answers"] or set(results["statuses"]) - {200} or status:
        sys.exit(1)


def memory(port: int) -> int:
    """Return the resident memory of the process that listens on a port, in MB."""
    processes = psutil.Process().children(recursive=True)
    for process in processes:
        if any(c.status == "LISTEN" and c.laddr.port == port for c in process.net_connections()):
            return round(process.memory_info().rss / 2**20)
    raise ValueError(f"`port` must be that of a server. Received: port={port}")


if __name__ == "__main__":
    tyro.cli(main)
