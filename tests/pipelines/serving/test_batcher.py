"""Tests of dynamic batching, with functions in the place of signatures."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.serving.batcher import Batcher
from foveal.pipelines.serving.config import ServingConfig
from foveal.pipelines.serving.metrics import Metrics


class Doubler:
    """Signature that doubles numbers, refuses negative ones, and records its batches."""

    name = "double"

    def __init__(self, seconds=0.0):
        self.seconds = seconds
        self.batches = []

    def __call__(self, examples):
        values = [example["x"] for example in examples]
        self.batches.append(values)
        time.sleep(self.seconds)
        if min(values) < 0:
            raise tf.errors.InvalidArgumentError(None, None, "negative")
        if max(values) > 1000:
            raise MemoryError
        return [{"y": np.array(2 * value)} for value in values]


def run(coroutine_of_batcher, **settings: Any) -> Any:
    """Run a coroutine function of a batcher in an event loop."""

    async def main():
        config = ServingConfig(**{"batch_delay_ms": 50, **settings})
        with ThreadPoolExecutor(1) as executor:
            batcher = Batcher("doubler", executor, config, Metrics())
            result = await coroutine_of_batcher(batcher)
            await batcher.drain()
            assert batcher.queue_length == batcher.num_requests == 0
            return result

    return asyncio.run(main())


async def compute(batcher, signature, values, bucket_of=lambda example: 0) -> Any:
    outputs = await batcher.compute(signature, [{"x": value} for value in values], bucket_of)
    return [int(output["y"]) for output in outputs]


def test_single_request_does_not_wait():
    signature = Doubler()

    async def measure(batcher):
        start = time.monotonic()
        assert await compute(batcher, signature, [3]) == [6]
        assert await compute(batcher, signature, [4]) == [8]
        return time.monotonic() - start

    assert run(measure, batch_delay_ms=10_000) < 5
    assert signature.batches == [[3], [4]]


def test_requests_that_arrive_during_a_batch_share_the_next():
    signature = Doubler(seconds=0.05)

    async def send(batcher):
        requests = [asyncio.create_task(compute(batcher, signature, [0]))]
        await asyncio.sleep(0.02)
        requests += [asyncio.create_task(compute(batcher, signature, [i, 10 * i])) for i in range(1, 5)]
        return await asyncio.gather(*requests)

    assert run(send, max_batch_size=5) == [[0], [2, 20], [4, 40], [6, 60], [8, 80]]
    assert signature.batches == [[0], [1, 10, 2, 20, 3], [30, 4, 40]]


def test_batch_waits_for_as_many_as_before_but_not_longer_than_the_delay():
    signature = Doubler(seconds=0.02)

    async def send(batcher):
        await asyncio.gather(*(compute(batcher, signature, [i]) for i in range(3)))
        start = time.monotonic()
        await compute(batcher, signature, [9])
        return time.monotonic() - start

    assert 0.2 <= run(send, batch_delay_ms=200) < 5
    assert signature.batches[-1] == [9]


def test_buckets_never_share_a_batch():
    signature = Doubler(seconds=0.01)

    async def send(batcher):
        return await compute(batcher, signature, range(10), bucket_of=lambda example: example["x"] % 2)

    assert run(send) == [2 * value for value in range(10)]
    assert all(len({value % 2 for value in batch}) == 1 for batch in signature.batches)
    assert len(signature.batches) == 2


def test_failure_of_an_example_is_its_own():
    async def send(batcher):
        requests = [compute(batcher, Doubler(), values) for values in ([1, 2], [3, -1], [4], [2000])]
        return await asyncio.gather(*requests, return_exceptions=True)

    one, refused, other, failed = run(send)
    assert (one, other) == ([2, 4], [8])
    assert (refused.status, failed.status) == (400, 503)
    assert "negative" in refused.reason
    assert "MemoryError" in failed.reason


def test_full_queue_is_refused():
    async def send(batcher):
        signature = Doubler(seconds=0.05)
        requests = [compute(batcher, signature, range(3)) for _ in range(4)]
        return await asyncio.gather(*requests, return_exceptions=True)

    results = run(send, max_queue_length=7, max_instances=7)
    assert results[:2] == [[0, 2, 4]] * 2
    assert all(result.status == 503 and "queue of doubler is full" in result.reason for result in results[2:])


def test_late_request_is_refused_and_leaves_the_queue():
    async def send(batcher):
        signature = Doubler(seconds=0.3)
        requests = [compute(batcher, signature, [1, 2]), compute(batcher, signature, [3, 4])]
        results = await asyncio.gather(*requests, return_exceptions=True)
        assert batcher.queue_length == 0
        return results

    results = run(send, max_batch_size=2, timeout=0.45)
    assert results[0] == [2, 4]
    assert results[1].status == 503
    assert "did not answer within 0.45 s" in results[1].reason


def test_cancelled_request_leaves_the_queue():
    signature = Doubler(seconds=0.05)

    async def send(batcher):
        first = asyncio.create_task(compute(batcher, signature, [1]))
        await asyncio.sleep(0.02)
        second = asyncio.create_task(compute(batcher, signature, [2]))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        await first
        return await compute(batcher, signature, [3])

    assert run(send) == [6]
    assert [2] not in signature.batches


def test_drain_waits_for_answers():
    async def send(batcher):
        request = asyncio.create_task(compute(batcher, Doubler(seconds=0.1), [1]))
        await asyncio.sleep(0)
        await batcher.drain()
        return request.done() and request.result()

    assert run(send) == [2]


def test_many_requests_of_many_sizes():
    """Every request has its own answer, whatever shares its batches."""
    rng = np.random.default_rng(0)
    signature = Doubler(seconds=0.001)
    requests = [rng.integers(0, 1000, rng.integers(1, 9)).tolist() for _ in range(200)]

    async def send(batcher):
        return await asyncio.gather(
            *(
                compute(batcher, signature, values, lambda example: example["x"].bit_length())
                for values in requests
            )
        )

    assert run(send, max_batch_size=7) == [[2 * value for value in values] for values in requests]
    assert max(map(len, signature.batches)) == 7


def test_calls_run_outside_of_the_event_loop():
    threads = []

    class Recorder(Doubler):
        def __call__(self, examples):
            threads.append(threading.current_thread())
            return super().__call__(examples)

    run(lambda batcher: compute(batcher, Recorder(), [1]))
    assert threading.current_thread() not in threads
