"""Configuration of training, and the fields that the configuration of every pipeline has."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class TrainingConfig:
    """Optimization and its schedule."""

    steps: int = 2200
    """Number of updates of the weights."""
    batch_tokens: int = 1024
    """Maximum number of token positions in a batch, padding included."""
    num_buckets: int = 6
    """Number of batch shapes; more shapes need less padding, and XLA compiles each of them."""
    gradient_accumulation_steps: int = 1
    """Batches whose gradients are summed for one update."""
    optimizer: Literal["adam", "muon"] = "adam"
    """Adam, or Muon, which needs fewer updates and more time for each."""
    learning_rate: float = 3e-3
    """Peak learning rate, at the end of the warmup."""
    warmup_steps: int = 250
    """Updates of linear warmup of the learning rate."""
    learning_rate_schedule: Literal["cosine", "inverse_sqrt"] = "cosine"
    """Decay of the learning rate after the warmup."""
    label_smoothing: float = 0.0
    """Probability of each label that is spread over all labels."""
    global_clipnorm: float = 1.0
    """Largest global norm of the gradients."""
    ema_momentum: float = 0.999
    """Momentum of the averaged weights that are evaluated and exported; 0 for no averaging."""
    mixed_precision: bool = False
    """Compute in bfloat16, keep the weights in float32."""
    jit_compile: bool = True
    """Compile the training step with XLA: about ten seconds for each batch shape, then faster updates."""
    validation_freq: int = 1100
    """Updates between validations, and between checkpoints."""
    patience: int = 10
    """Validations in a row without improvement of any validation metric after which training stops."""
    seed: int = 0
    """Seed of weights, dropout and order."""


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Fields that the configuration of every pipeline has.

    data: what to train on; its field `data` names the data set.
    model: architecture and sizes; its field `architecture` names the architecture.
    """

    data: Any
    model: Any
    training: TrainingConfig
    warm_start_from: Path | None = None
    """Folder of an exported model of the same sizes, whose vocabulary and weights training starts from."""
    quantize: Literal["int8"] | None = None
    """Export projections, dense layers and embeddings in int8, evaluated beside float32; same training."""
    runs: Path
    saved_models: Path
