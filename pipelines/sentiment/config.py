"""Every setting of the sentiment pipeline; each is a flag of its command line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..networks.position_encoding import PositionEncoding
from ..training.trainer import TrainingConfig


@dataclass(frozen=True)
class DataConfig:
    """What to learn from."""

    data: str = "reviews"
    """A data set (`reviews`, `imdb_reviews`, any of TFDS with texts and labels) or a file."""
    manual_dir: Path | None = None
    """Folder with archives that were downloaded by hand."""
    data_dir: Path | None = None
    """Folder for prepared data sets; that of TFDS by default."""
    vocabulary_size: int = 2000
    """Subword pieces."""
    max_sequence_length: int = 512
    """A longer text is read up to here, in training and at inference."""
    lowercase: bool = True
    """Read A to Z as a to z."""


@dataclass(frozen=True)
class ModelConfig:
    """What to train."""

    architecture: Literal["pooling", "rnn", "transformer", "hierarchical"] = "rnn"
    """What reads the pieces before attention chooses among them."""
    attention: Literal["soft", "sparse", "hard", "adaptive"] = "adaptive"
    """Spread over all pieces, over few of them, at one, or weighed against a summary of the whole text."""
    hidden_dim: int = 64
    """Of embeddings, states and attention."""
    embedding_dim: int = 64
    """Of the embeddings of `pooling`, which its convolution widens to `hidden_dim`."""
    num_heads: int = 4
    """Of every attention: with `hard`, so many pieces are looked at."""
    num_layers: int = 1
    """Recurrent layers, or blocks of the Transformer."""
    intermediate_dim: int = 256
    """Width inside the Transformer's feed-forward layers."""
    positions: PositionEncoding = "rotary"
    """How the Transformer knows where a piece stands: added to the embeddings, or one of the biases of
    self-attention, which know how far apart two pieces are."""
    window_size: int = 0
    """Pieces to each side that the Transformer's self-attention sees (Beltagy et al. 2020); 0 for all."""
    kernel_size: int = 3
    """Pieces that each convolution of `pooling` sees at once; 0 for no convolution."""
    ngrams: int = 2
    """`pooling` also hears what a linear model says of runs of up to so many pieces; 0 for none of it."""
    num_bins: int = 2**16
    """Rows of the table that those runs share, found by their hash."""
    max_sentences: int = 16
    """`hierarchical` reads so many sentences; the last one holds all that follow."""
    dropout: float = 0.1
    """Share dropped of embeddings, states and evidence."""
    attention_loss_weight: float = 0.0
    """How much it counts, beside the label, that attention looks at gold rationales; 0 for no guidance."""
    token_dropout: float = 0.0
    """Share of the pieces that are hidden in training."""


def _reviews_training() -> TrainingConfig:
    """What suits `reviews`: two minutes on two cores."""
    return TrainingConfig(
        steps=1500,
        batch_tokens=2048,
        num_buckets=3,
        learning_rate=4e-3,
        warmup_steps=150,
        validation_freq=500,
    )


@dataclass(frozen=True)
class SentimentConfig:
    """Train a classifier of texts, evaluate it and export it."""

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=_reviews_training)
    warm_start_from: Path | None = None
    """Folder of an exported model to go on from: its pieces, its weights; the sizes must be the same."""
    runs: Path = Path("runs/sentiment")
    """Folder for checkpoints and logs; each configuration has its own inside."""
    saved_models: Path = Path("saved_models/sentiment")
    """Folder for what is exported, one numbered folder each time."""
