"""Configuration of the server."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ServingConfig:
    """Address, batching and limits of the server."""

    models: Path = Path("saved_models")
    """Folder of the models, in the layout NAME/VERSION/saved_model.pb."""
    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 for every network of the machine."""
    port: int = 8501
    """Port to listen on."""
    workers: int = 1
    """Number of processes, each with its own copy of the models."""
    api_key: str | None = field(default=None, repr=False)
    """Key that requests must carry; by default that of the environment variable FOVEAL_API_KEY, if any."""
    max_batch_size: int = 32
    """Maximum number of examples of a batch."""
    batch_delay_ms: float = 5.0
    """Maximum wait for a batch to fill, in milliseconds. A client that sends one request at a time does not
    wait."""
    warm_up: bool = True
    """Compile the searches of a model for every batch size and length before it is ready."""
    max_body_bytes: int = 32 * 2**20
    """Maximum size of a request."""
    max_instances: int = 128
    """Maximum number of examples of a request."""
    max_text_bytes: int = 100_000
    """Maximum size of a text."""
    max_image_bytes: int = 10 * 2**20
    """Maximum size of an image file."""
    max_queue_length: int = 1024
    """Maximum number of examples that wait for a model."""
    timeout: float = 30.0
    """Maximum seconds of a request, and of the drain of requests when the server ends."""
    poll_interval: float = 2.0
    """Seconds between searches of the folder for new versions."""

    def __post_init__(self):
        for name in ("workers", "max_batch_size", "max_body_bytes", "max_instances", "timeout"):
            if getattr(self, name) <= 0:
                raise ValueError(f"`{name}` must be positive. Received: {name}={getattr(self, name)}")
        if not 0 <= self.port < 2**16:
            raise ValueError(f"`port` must be between 0 and 65535. Received: port={self.port}")
        if self.max_queue_length < self.max_instances:
            raise ValueError(
                "`max_queue_length` must be at least `max_instances`. Received: "
                f"max_queue_length={self.max_queue_length}, max_instances={self.max_instances}"
            )
        if self.api_key == "":
            raise ValueError("`api_key` must not be empty")
