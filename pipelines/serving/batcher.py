"""Dynamic batching: examples of concurrent requests are computed in one call."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

import tensorflow as tf

from .config import ServingConfig
from .metrics import Metrics
from .request_error import RequestError, describe_error
from .sequence_axes import Outputs
from .signature import Example, Signature

logger = logging.getLogger(__name__)


@dataclass
class _Request:
    """Examples of one request, their outputs, and how many of them are in the queue or have no outputs."""

    examples: Sequence[Example]
    outputs: list[Outputs]
    answer: asyncio.Future[None]
    num_queued: int
    num_missing: int

    def add(self, index: int, outputs: Outputs) -> None:
        self.outputs[index] = outputs
        self.num_missing -= 1
        if not self.num_missing and not self.answer.done():
            self.answer.set_result(None)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


@dataclass
class _Bucket:
    """Queue of examples that may share a batch.

    queue: request, index of the example in it, and the time of its arrival.
    expected: number of examples that are soon in the queue: those of the last batch, whose clients may send
        the next ones, and those that arrived meanwhile.
    """

    signature: Signature
    queue: deque[tuple[_Request, int, float]] = field(default_factory=deque)
    expected: int = 1


class Batcher:
    """Queue of one model, whose examples are computed in batches by one thread.

    A batch holds examples of one bucket. It starts when it has `max_batch_size` examples, or as many as
    are expected, or when its oldest example has waited for `batch_delay_ms`. The answer to an example
    is the one that it has alone; if a batch fails, its examples are computed one by one.

    Methods are called in the event loop alone.

    Args:
        model: name of the model, for metrics.
        executor: executor with one thread.
        config: sizes and limits.
        metrics: metrics that are updated.
    """

    def __init__(self, model: str, executor: Executor, config: ServingConfig, metrics: Metrics):
        self.model = model
        self.executor = executor
        self.config = config
        self.metrics = metrics
        self.queue_length = 0
        self._requests: set[int] = set()
        self._buckets: dict[Hashable, _Bucket] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def num_requests(self) -> int:
        """Number of requests without an answer."""
        return len(self._requests)

    async def compute(
        self, signature: Signature, examples: Sequence[Example], bucket_of: Callable[[Example], Hashable]
    ) -> list[Outputs]:
        """Compute the outputs for the examples of a request.

        Args:
            signature: signature of the model.
            examples: at least one.
            bucket_of: function of an example; those of equal result may share a batch.

        Raises:
            RequestError: 400 if TensorFlow refuses an example; 503 if the queue is full, the request takes
                too long, or TensorFlow fails.
        """
        if self.queue_length + len(examples) > self.config.max_queue_length:
            raise RequestError(
                503,
                f"the queue of {self.model} is full: it has {self.queue_length:,} of at most "
                f"{self.config.max_queue_length:,} examples. Try again later",
            )
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        answer = asyncio.get_running_loop().create_future()
        request = _Request(examples, [{}] * len(examples), answer, len(examples), len(examples))
        now = time.monotonic()
        for index, example in enumerate(examples):
            key = (signature.name, bucket_of(example))
            bucket = self._buckets.setdefault(key, _Bucket(signature))
            bucket.queue.append((request, index, now))
        self._add_to_queue(len(examples))
        self._requests.add(id(request))
        self._changed.set()
        try:
            async with asyncio.timeout(self.config.timeout):
                await answer
        except TimeoutError:
            raise RequestError(
                503,
                f"the model {self.model} did not answer within {self.config.timeout:g} s. Try again later",
            ) from None
        finally:
            answer.cancel()
            self._add_to_queue(-request.num_queued)
            self._requests.discard(id(request))
            self._changed.set()
        return request.outputs

    async def drain(self) -> None:
        """Wait until every request has an answer, and end."""
        while self._requests:
            self._changed.clear()
            await self._changed.wait()
        if self._task:
            self._task.cancel()

    def _add_to_queue(self, count: int) -> None:
        self.queue_length += count
        self.metrics.queue_length.labels(self.model).inc(count)

    async def _run(self) -> None:
        while True:
            key = await self._next_bucket()
            bucket = self._buckets[key]
            batch = self._take(bucket)
            if batch:
                await self._compute(bucket.signature, batch)
            bucket.expected = len(batch) + len(bucket.queue)
            if bucket.expected <= 1 and not bucket.queue:
                del self._buckets[key]

    async def _next_bucket(self) -> Hashable:
        """Wait for a bucket with a complete batch, or whose oldest example has waited long enough."""
        delay = self.config.batch_delay_ms / 1000
        while True:
            self._changed.clear()
            waiting = {key: bucket for key, bucket in self._buckets.items() if bucket.queue}
            if waiting:
                oldest = min(waiting, key=lambda key: waiting[key].queue[0][2])
                remaining = waiting[oldest].queue[0][2] + delay - time.monotonic()
                if remaining <= 0:
                    return oldest
                for key, bucket in waiting.items():
                    if len(bucket.queue) >= min(bucket.expected, self.config.max_batch_size):
                        return key
            try:
                async with asyncio.timeout(remaining if waiting else None):
                    await self._changed.wait()
            except TimeoutError:
                pass

    def _take(self, bucket: _Bucket) -> list[tuple[_Request, int]]:
        """Take the examples of a batch from a queue, without those of requests that have ended."""
        batch = []
        while bucket.queue and len(batch) < self.config.max_batch_size:
            request, index, _ = bucket.queue.popleft()
            if not request.answer.done():
                request.num_queued -= 1
                batch.append((request, index))
        self._add_to_queue(-len(batch))
        return batch

    async def _compute(self, signature: Signature, batch: list[tuple[_Request, int]]) -> None:
        """Compute a batch and give the outputs to its requests."""
        loop = asyncio.get_running_loop()
        examples = [request.examples[index] for request, index in batch]
        self.metrics.batch_size.labels(self.model, signature.name).observe(len(batch))
        try:
            outputs = await loop.run_in_executor(self.executor, signature, examples)
        except Exception as error:
            if len(batch) > 1:
                for single in batch:
                    if not single[0].answer.done():
                        await self._compute(signature, [single])
            else:
                batch[0][0].fail(_request_error(error, self.model))
            return
        for (request, index), example in zip(batch, outputs, strict=True):
            request.add(index, example)


def _request_error(error: Exception, model: str) -> RequestError:
    if isinstance(error, tf.errors.InvalidArgumentError):
        return RequestError(400, f"the model {model} refused an example: {describe_error(error)}")
    logger.error("the model %s failed", model, exc_info=error)
    return RequestError(
        503, f"the model {model} failed: {type(error).__name__}. The log of the server has more"
    )
