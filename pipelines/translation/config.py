"""Every setting of the translation pipeline; each is a flag of its command line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..networks.position_encoding import PositionEncoding
from ..training.trainer import TrainingConfig


@dataclass(frozen=True)
class DataConfig:
    """What to learn from."""

    data: str = "phrases"
    """A data set (`phrases`, `multi30k/en_de`, any of TFDS with a Translation feature) or a file."""
    source: str | None = None
    """Language (or key) to translate from; the first that the data names by default."""
    target: str | None = None
    """Language (or key) to translate into; the other one by default."""
    manual_dir: Path | None = None
    """Folder with archives that were downloaded by hand."""
    data_dir: Path | None = None
    """Folder for prepared data sets; that of TFDS by default."""
    vocabulary_size: int = 2000
    """Subword pieces, both languages together."""
    max_sequence_length: int = 96
    """Longer sentences are not trained on; at inference the source is cut here."""


@dataclass(frozen=True)
class ModelConfig:
    """What to train."""

    architecture: Literal["transformer", "rnn"] = "transformer"
    """A Transformer, or a recurrent network with attention (Bahdanau et al. 2015)."""
    hidden_dim: int = 128
    """Of embeddings, states and attention."""
    num_heads: int = 4
    """Of every attention of the Transformer."""
    num_encoder_layers: int = 2
    """Blocks or recurrent layers of the encoder."""
    num_decoder_layers: int = 2
    """Blocks of the Transformer's decoder."""
    intermediate_dim: int = 512
    """Width inside the Transformer's feed-forward layers."""
    positions: PositionEncoding = "rotary"
    """How the Transformer knows where a piece stands: added to the embeddings, or one of the biases of
    self-attention, which know how far apart two pieces are."""
    score: Literal["additive", "scaled_dot", "dot"] = "additive"
    """How the recurrent decoder scores the source."""
    gate: bool = True
    """Adaptive attention: the decoder may rely on itself instead of looking (Lu et al. 2017)."""
    dropout: float = 0.0
    """Share dropped of embeddings and of what each sublayer adds."""
    attention_dropout: float = 0.0
    """Share dropped of the attention weights."""
    attention_loss_weight: float = 0.0
    """How much it counts, beside the translation, that the exported attention looks where gold alignments
    say; 0 for no guidance."""
    alignment_layer: int = -1
    """Decoder block whose heads, averaged, are exported as the attention."""


@dataclass(frozen=True)
class DecodingConfig:
    """How to search for the translation."""

    num_beams: int = 5
    """Sequences kept in the search."""
    length_penalty: float = 0.6
    """Larger prefers longer translations."""
    coverage_penalty: float = 0.0
    """Larger punishes source words that were never looked at."""


@dataclass(frozen=True)
class TranslationConfig:
    """Train a translation model, evaluate it and export it."""

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    decoding: DecodingConfig = field(default_factory=DecodingConfig)
    warm_start_from: Path | None = None
    """Folder of an exported model to go on from: its pieces, its weights; the sizes must be the same."""
    runs: Path = Path("runs/translation")
    """Folder for checkpoints and logs; each configuration has its own inside."""
    saved_models: Path = Path("saved_models/translation")
    """Folder for what is exported, one numbered folder each time."""
