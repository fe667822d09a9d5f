"""Configuration of the translation pipeline; every field is a command-line flag."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..cli.config import BaseDataConfig, SearchConfig
from ..evaluation.text_metrics import BleuTokenizer
from ..networks.position_encoding import PositionEncoding
from ..training.config import RunConfig, TrainingConfig


@dataclass(frozen=True)
class DatasetConfig(BaseDataConfig):
    """Data set and its languages."""

    data: str = "phrases"
    """A data set (`phrases`, `multi30k/en_de`, any TFDS set with a Translation feature) or a file."""
    source: str | None = None
    """Source language, or column or key of a file; by default the first language of the set, or `source`."""
    target: str | None = None
    """Target language, or column or key of a file; by default the other language of the set, or `target`."""


@dataclass(frozen=True)
class DataConfig(DatasetConfig):
    """Training data, vocabulary and lengths."""

    vocabulary_size: int = 2000
    """Subword tokens, shared by both languages."""
    max_sequence_length: int = 96
    """Maximum tokens of a sequence. Longer pairs are not trained on; at inference the source is truncated."""
    bleu_tokenizer: BleuTokenizer = "auto"
    """Tokenizer of BLEU, which selects the model; `auto` chooses it for the script of the references."""


@dataclass(frozen=True)
class ModelConfig:
    """Architecture and sizes of the network."""

    architecture: Literal["transformer", "rnn"] = "transformer"
    """A Transformer (Vaswani et al. 2017), or a recurrent network with attention (Bahdanau et al. 2015)."""
    hidden_dim: int = 128
    """Dimension of embeddings, states and attention."""
    num_heads: int = 4
    """Heads of each attention layer of the Transformer."""
    num_encoder_layers: int = 2
    """Blocks or recurrent layers of the encoder."""
    num_decoder_layers: int = 2
    """Blocks of the Transformer's decoder."""
    intermediate_dim: int = 512
    """Inner dimension of the Transformer's feed-forward layers."""
    position_encoding: PositionEncoding = "rotary"
    """Position encoding of the Transformer: added to the embeddings, or a relative bias of self-attention."""
    score: Literal["additive", "scaled_dot", "dot"] = "additive"
    """Attention score of the recurrent decoder."""
    gate: bool = True
    """Adaptive attention: a sentinel lets the decoder rely on its own state (Lu et al. 2017)."""
    dropout: float = 0.0
    """Dropout rate of embeddings and of sublayer outputs."""
    attention_dropout: float = 0.0
    """Dropout rate of attention weights."""
    attention_loss_weight: float = 0.0
    """Weight of the loss that supervises the exported attention with gold alignments; 0 for none."""
    gate_loss_weight: float | None = None
    """Weight of the supervision of the gate by gold alignments; by default 0.3 with both, else 0."""
    alignment_layer: int = -1
    """Decoder block whose attention, averaged over the heads, is exported."""


@dataclass(frozen=True)
class DecodingConfig(SearchConfig):
    """Beam search."""

    num_beams: int = 5
    """Hypotheses kept per sentence."""
    coverage_penalty: float = 0.0
    """Weight of the coverage penalty (Wu et al. 2016), which penalizes source tokens without attention."""
    shortlist_size: int = 0
    """Translations of each source token that a search may choose (Jean et al. 2015); 0: all tokens."""


@dataclass(frozen=True)
class TranslationConfig(RunConfig):
    """Train a translation model, evaluate it and export it."""

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    decoding: DecodingConfig = field(default_factory=DecodingConfig)
    runs: Path = Path("runs/translation")
    """Folder of checkpoints and logs; each configuration has its own subfolder."""
    saved_models: Path = Path("saved_models/translation")
    """Folder of exported models; each export adds a numbered version."""
