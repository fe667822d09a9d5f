"""Server beside direct calls of the SavedModel: throughput, dynamic batching, latency of a single request.

`python benchmarks/serving.py`, after `make sentiment` or `make translation`. Server, direct calls and clients
run on the same cores, each in processes of their own, in alternation. The clients keep their connections and
send the next request when they have an answer.
"""

import asyncio
import itertools
import json
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import tyro

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
from foveal.benchmarks.processes import RemoteObject
from foveal.datasets import load_sentiment, load_translation

NUM_CLIENTS = 32
NUM_TEXTS = 512
DIRECT_BATCHES = (1, 8, 16, 32, 64, 128)
REQUEST_SIZES = (1, 8, 32)
SECONDS = 4.0
REPETITIONS = 3


class DirectModel:
    """SavedModel that is called directly.

    Args:
        folder: folder of its versions.
    """

    def __init__(self, folder: Path):
        import foveal.pipelines.cli.main  # noqa: F401  # precedes the import of TensorFlow
        from foveal.pipelines.saved_model.loading import load_saved_model

        self.signature = load_saved_model(folder).signatures["serving_default"]

    def throughput(self, texts: Sequence[str], batch_size: int, seconds: float) -> float:
        """Measure texts a second, in batches of one size, after a first call that is not measured."""
        import tensorflow as tf

        batches = [texts[i : i + batch_size] for i in range(0, len(texts) - batch_size + 1, batch_size)]
        self.signature(text=tf.constant(batches[0]))
        start, count = time.perf_counter(), 0
        for batch in itertools.cycle(batches):
            outputs = self.signature(text=tf.constant(batch))
            for value in outputs.values():
                value.numpy()
            count += batch_size
            elapsed = time.perf_counter() - start
            if elapsed > seconds:
                return count / elapsed
        raise AssertionError


class Clients:
    """Concurrent clients of a server, in one event loop.

    Args:
        port: port of the server.
        model: name of the model.
    """

    def __init__(self, port: int, model: str):
        self.port = port
        self.path = f"/v1/models/{model}:predict"

    def throughput(
        self, texts: Sequence[str], num_clients: int, request_size: int, seconds: float
    ) -> tuple[float, float]:
        """Measure texts a second of all clients, and the median seconds of a request."""
        groups = [texts[i : i + request_size] for i in range(0, len(texts) - request_size + 1, request_size)]
        requests = itertools.cycle([self._request(group) for group in groups])
        latencies: list[float] = []

        async def client(deadline: float) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            while (start := time.perf_counter()) < deadline:
                writer.write(next(requests))
                head = await reader.readuntil(b"\r\n\r\n")
                if not head.startswith(b"HTTP/1.1 200"):
                    raise RuntimeError(head.decode())
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                latencies.append(time.perf_counter() - start)
            writer.close()

        async def run() -> float:
            start = time.perf_counter()
            await asyncio.gather(*(client(start + seconds) for _ in range(num_clients)))
            return time.perf_counter() - start

        elapsed = asyncio.run(run())
        return len(latencies) * request_size / elapsed, statistics.median(latencies)

    def _request(self, texts: Sequence[str]) -> bytes:
        body = json.dumps({"instances": list(texts)}).encode()
        head = f"POST {self.path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


@contextmanager
def running_server(folder: Path, *flags: str) -> Iterator[int]:
    """Run a server of one model until the context ends; return its port.

    Args:
        folder: folder of the versions of the model.
        flags: further flags of the server.
    """
    with TemporaryDirectory() as models:
        (Path(models) / folder.name).symlink_to(folder.absolute())
        yield from _run_server(Path(models), flags)


def _run_server(folder: Path, flags: Sequence[str]) -> Iterator[int]:
    command = [
        sys.executable,
        "-m",
        "foveal.pipelines.serving",
        "--models",
        str(folder),
        "--port",
        "0",
        *flags,
    ]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline().rsplit(":", 1)[1])
        while not is_ready(port):
            time.sleep(0.2)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def is_ready(port: int) -> bool:
    """Whether the models of a server are loaded."""
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/health/ready").status == 200
    except OSError:
        return False


def load_texts(model: str) -> list[str]:
    """Load test texts of a pipeline, all of one bucket of the server: a range of lengths in bytes."""
    texts = (
        load_sentiment("reviews", "test").text
        if model == "sentiment"
        else load_translation("phrases", "test").source
    )
    bounds = (64, 128) if model == "sentiment" else (32, 64)
    return [text for text in texts if bounds[0] <= len(text.encode()) < bounds[1]][:NUM_TEXTS]


def main(
    model: Literal["sentiment", "translation"] = "sentiment",
    models: Path = Path("saved_models"),
    seconds: float = SECONDS,
    max_batch_size: int = 128,
) -> None:
    """Print the table.

    Args:
        model: name of the model.
        models: folder of the models.
        seconds: length of each measurement.
        max_batch_size: of the server.
    """
    texts = load_texts(model)
    print(f"{model}: {len(texts)} texts of {statistics.mean(map(len, texts)):.0f} characters on average")
    with (
        RemoteObject("foveal.benchmarks.serving:DirectModel", folder=models / model) as direct,
        running_server(models / model, "--no-warm-up", "--max-batch-size", str(max_batch_size)) as port,
        running_server(models / model, "--no-warm-up", "--max-batch-size", "1") as unbatched_port,
    ):
        clients, unbatched = (
            RemoteObject("foveal.benchmarks.serving:Clients", port=p, model=model)
            for p in (port, unbatched_port)
        )
        runs = {
            **{
                f"direct, batch {size}": lambda s=size: (direct.throughput(texts, s, seconds), None)
                for size in DIRECT_BATCHES
            },
            **{
                f"{NUM_CLIENTS} clients, {size} a request": lambda s=size: clients.throughput(
                    texts, NUM_CLIENTS, s, seconds
                )
                for size in REQUEST_SIZES
            },
            f"{NUM_CLIENTS} clients, 1 a request, batch 1": lambda: unbatched.throughput(
                texts, NUM_CLIENTS, 1, seconds
            ),
            "1 client, 1 a request": lambda: clients.throughput(texts, 1, 1, seconds),
        }
        results: dict[str, list[tuple[float, float | None]]] = {name: [] for name in runs}
        for repetition in range(1 + REPETITIONS):
            for name, run in runs.items():
                result = run()
                if repetition:  # the first one warms up
                    results[name].append(result)
        for remote in (clients, unbatched):
            remote.__exit__()
    print_results(results)


def print_results(results: dict[str, list[tuple[float, float | None]]]) -> None:
    """Print medians of throughput and latency, and throughput relative to the best direct batch."""
    speeds = {name: statistics.median(speed for speed, _ in runs) for name, runs in results.items()}
    best = max(speed for name, speed in speeds.items() if name.startswith("direct"))
    print("| run | texts a second | of the best direct batch | median latency, ms |\n|---|---:|---:|---:|")
    for name, runs in results.items():
        latencies = [latency for _, latency in runs if latency is not None]
        latency = f"{1000 * statistics.median(latencies):.1f}" if latencies else ""
        print(f"| {name} | {speeds[name]:,.0f} | {speeds[name] / best:.2f} | {latency} |")
    batched, single = speeds[f"{NUM_CLIENTS} clients, 1 a request"], speeds["1 client, 1 a request"]
    unbatched = speeds[f"{NUM_CLIENTS} clients, 1 a request, batch 1"]
    print(f"\ndynamic batching: {batched / unbatched:.1f} times the throughput of batch 1")
    print(f"overhead of a single request: {1000 / single - 1000 / speeds['direct, batch 1']:.1f} ms")


if __name__ == "__main__":
    tyro.cli(main)
