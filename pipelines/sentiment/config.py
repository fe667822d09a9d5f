"""Configuration of the sentiment pipeline; every field is a command-line flag."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..cli.config import BaseDataConfig
from ..networks.position_encoding import PositionEncoding
from ..training.config import RunConfig, TrainingConfig


@dataclass(frozen=True)
class DatasetConfig(BaseDataConfig):
    """Data set."""

    data: str = "reviews"
    """A data set (`reviews`, `imdb_reviews`, any TFDS set with texts and labels) or a file."""
    text_column: str | None = None
    """Column (or key, or feature) of the text; by default `text`."""
    label_column: str | None = None
    """Column (or key, or feature) of the label; by default `label`."""


@dataclass(frozen=True)
class DataConfig(DatasetConfig):
    """Training data, vocabulary and lengths."""

    vocabulary_size: int = 2000
    """Subword tokens."""
    max_sequence_length: int = 512
    """Maximum tokens of a text; longer texts are truncated, in training and at inference."""
    lowercase: bool = True
    """Convert A to Z to a to z."""


@dataclass(frozen=True)
class ModelConfig:
    """Architecture and sizes of the network."""

    architecture: Literal["pooling", "rnn", "transformer", "hierarchical"] = "rnn"
    """Encoder: convolution, bidirectional GRU, Transformer, or GRUs over words and sentences."""
    attention: Literal["soft", "sparse", "hard", "adaptive"] = "adaptive"
    """Pooling attention: softmax, 1.5-entmax, one token per head, or softmax with a sentinel."""
    hidden_dim: int = 64
    """Dimension of embeddings, states and attention."""
    embedding_dim: int = 64
    """Dimension of the embeddings of `pooling`; its convolution maps them to `hidden_dim`."""
    num_heads: int = 4
    """Heads of each attention layer; with `hard` attention, the number of selected tokens."""
    num_layers: int = 1
    """Recurrent layers, or blocks of the Transformer."""
    intermediate_dim: int = 256
    """Inner dimension of the Transformer's feed-forward layers."""
    position_encoding: PositionEncoding = "rotary"
    """Position encoding of the Transformer: added to the embeddings, or a relative bias of self-attention."""
    window_size: int = 0
    """Tokens on each side in the Transformer's sliding window (Beltagy et al. 2020); 0 for full attention."""
    kernel_size: int = 3
    """Tokens in each convolution window of `pooling`; 0 for no convolution."""
    ngrams: int = 2
    """Maximum order of the n-grams of a linear model whose logits are features of `pooling`; 0 for none."""
    num_bins: int = 2**16
    """Rows of the table of hashed n-grams."""
    max_sentences: int = 16
    """Maximum sentences of `hierarchical`; the last one holds all later tokens."""
    dropout: float = 0.1
    """Dropout rate of embeddings, states and the pooled vector."""
    attention_loss_weight: float = 0.0
    """Weight of the loss that supervises attention with gold rationales; 0 for none."""
    token_dropout: float = 0.0
    """Rate at which the embeddings of tokens are zeroed in training."""


def _reviews_defaults() -> TrainingConfig:
    """Return the defaults for `reviews`: two minutes on two cores."""
    return TrainingConfig(
        steps=1500,
        batch_tokens=2048,
        num_buckets=3,
        learning_rate=4e-3,
        warmup_steps=150,
        validation_freq=500,
    )


@dataclass(frozen=True)
class SentimentConfig(RunConfig):
    """Train a text classifier, evaluate it and export it."""

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=_reviews_defaults)
    runs: Path = Path("runs/sentiment")
    """Folder of checkpoints and logs; each configuration has its own subfolder."""
    saved_models: Path = Path("saved_models/sentiment")
    """Folder of exported models; each export adds a numbered version."""
