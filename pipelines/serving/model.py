"""Version of a model: its SavedModel, signatures, queue and state."""

import asyncio
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from functools import partial
from pathlib import Path

from ..saved_model.loading import load_saved_model
from .batcher import Batcher
from .config import ServingConfig
from .input_sizes import bucket_of, check_count, check_size
from .metrics import Metrics
from .request_error import RequestError, describe_error
from .sequence_axes import Outputs
from .signature import Example, Signature
from .warm_up import check_calls, warm_up

DEFAULT_SIGNATURE = "serving_default"

logger = logging.getLogger(__name__)


class State(Enum):
    """State of a version, with the names of TensorFlow Serving."""

    LOADING = "LOADING"
    AVAILABLE = "AVAILABLE"
    UNLOADING = "UNLOADING"
    END = "END"


class ServedModel:
    """Version of a model, computed by a thread of its own.

    Args:
        name: name of the model.
        version: number of the version.
        folder: folder of the SavedModel.
        config: batching and limits.
        metrics: metrics that are updated.
    """

    def __init__(self, name: str, version: int, folder: Path, config: ServingConfig, metrics: Metrics):
        self.name = name
        self.version = version
        self.folder = folder
        self.config = config
        self.state = State.LOADING
        self.error = ""
        self.signatures: dict[str, Signature] = {}
        self._executor = ThreadPoolExecutor(1, f"{name}-{version}")
        self._batcher = Batcher(name, self._executor, config, metrics)

    async def load(self) -> None:
        """Load and check the SavedModel, and compile its searches.

        Afterwards the state is AVAILABLE, or END with the reason in `error`.
        """
        start = time.monotonic()
        try:
            await asyncio.get_running_loop().run_in_executor(self._executor, self._load)
        except Exception as error:
            self.error = describe_error(error)
            self.state = State.END
            logger.error("model %s, version %d, is refused: %s", self.name, self.version, self.error)
            self._executor.shutdown(wait=False)
        else:
            if self.state is State.LOADING:
                self.state = State.AVAILABLE
                seconds = time.monotonic() - start
                logger.info("model %s, version %d, is ready after %.0f s", self.name, self.version, seconds)

    async def predict(self, signature: str, examples: Sequence[Example]) -> list[Outputs]:
        """Compute the outputs of a signature for the examples of a request, in batches with other requests.

        Args:
            signature: name of a signature.
            examples: inputs of each example by name.

        Returns:
            Outputs of each example by name, as a call with that example alone has them.

        Raises:
            RequestError: if there is no such signature, or an example, or their number, is not accepted.
        """
        function = self.signature(signature)
        check_count(len(examples), self.config)
        for example in examples:
            check_size(example, self.config)
        return await self._batcher.compute(function, examples, partial(bucket_of, function))

    def signature(self, name: str) -> Signature:
        """Return a signature.

        Raises:
            RequestError: 404 if there is none of this name.
        """
        if name not in self.signatures:
            raise RequestError(
                404,
                f"the model {self.name} has no signature {name}. "
                f"It has: {', '.join(sorted(self.signatures))}",
            )
        return self.signatures[name]

    async def unload(self) -> None:
        """Answer the requests that were accepted, and end."""
        self.state = State.UNLOADING
        await self._batcher.drain()
        self._executor.shutdown(wait=False)
        self.state = State.END
        self.signatures = {}

    def _load(self) -> None:
        if not (self.folder / "saved_model.pb").is_file():
            raise ValueError(f"{self.folder} must hold saved_model.pb")
        functions = load_saved_model(self.folder).signatures
        if DEFAULT_SIGNATURE not in functions:
            raise ValueError(
                f"the SavedModel must have the signature {DEFAULT_SIGNATURE}. "
                f"Received: {', '.join(sorted(functions)) or 'no signature'}"
            )
        signatures = {name: Signature(name, functions[name]) for name in sorted(functions)}
        check_calls(signatures)
        if self.config.warm_up:
            warm_up(signatures, self.config.max_batch_size, lambda: self.state is not State.LOADING)
        self.signatures = signatures
