"""Every setting of the captioning pipeline; each is a flag of its command line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..training.trainer import TrainingConfig


@dataclass(frozen=True)
class DataConfig:
    """What to learn from."""

    data: str = "scenes"
    """A data set (`scenes`, `flickr8k`, any of TFDS with images and captions), a folder or a file."""
    manual_dir: Path | None = None
    """Folder with archives that were downloaded by hand."""
    data_dir: Path | None = None
    """Folder for prepared data sets; that of TFDS by default."""
    image_size: int = 128
    """Pixels of the square that every picture is resized to."""
    vocabulary_size: int = 1000
    """Subword pieces."""
    max_sequence_length: int = 40
    """Longer captions are not trained on, and none is written."""
    captions_per_image: int = 3
    """Captions of one picture that are learned from at once: it is encoded once for all of them. Where the
    encoder does not learn, 1 is faster."""
    horizontal_flip: bool = True
    """Learn from each picture in a mirror too, `left` and `right` exchanged in its captions."""


@dataclass(frozen=True)
class ModelConfig:
    """What to train."""

    encoder: str = "small"
    """Network that makes the grid: `small`, trained from scratch; `efficientnet_lite0`, trained on
    ImageNet; or a name of `keras.applications`."""
    finetune: bool = False
    """Train a pretrained encoder too, in place of reading its grids from the disk."""
    architecture: Literal["lstm", "transformer"] = "transformer"
    """Of the decoder."""
    attention: Literal["soft", "hard", "spatial", "adaptive"] = "adaptive"
    """Soft and hard after Xu et al. 2015, spatial and adaptive after Lu et al. 2017."""
    hidden_dim: int = 128
    """Of embeddings, states and attention."""
    num_heads: int = 4
    """Of every attention of the Transformer."""
    num_layers: int = 2
    """Of the Transformer."""
    intermediate_dim: int = 512
    """Width inside the Transformer's feed-forward layers."""
    dropout: float = 0.0
    """Share dropped of the grid's cells, of embeddings and of what each sublayer adds."""
    doubly_stochastic_weight: float = 0.0
    """How much it costs to look at some cells more than at others, over a whole caption (Xu et al. 2015)."""
    object_loss_weight: float = 8.0
    """How much it counts, beside the captions, to name the gold objects of each cell, where the data have
    them and the encoder learns."""
    attention_loss_weight: float = 1.0
    """How much it counts that words look at the gold objects of their phrases, where the data have them."""


@dataclass(frozen=True)
class DecodingConfig:
    """How to search for the caption."""

    num_beams: int = 1
    """Sequences kept in the search; more of them find likelier captions, on `scenes` less often true ones."""
    length_penalty: float = 0.6
    """Larger prefers longer captions."""
    minimum_bayes_risk: bool = False
    """Of the sequences kept, write the one that is most like the others, not the likeliest."""


def training_defaults() -> TrainingConfig:
    """Settings that suit `scenes`."""
    return TrainingConfig(
        steps=1500,
        batch_tokens=700,
        num_buckets=3,
        optimizer="muon",
        learning_rate=1e-2,
        warmup_steps=100,
        ema_momentum=0.998,
        jit_compile=False,
        validation_freq=750,
    )


@dataclass(frozen=True)
class CaptioningConfig:
    """Train a captioning model, evaluate it and export it."""

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=training_defaults)
    decoding: DecodingConfig = field(default_factory=DecodingConfig)
    self_critical_steps: int = 400
    """Updates, after all others, in which captions are drawn and learn from their CIDEr-D, on `scenes` also
    from whether they are true; the encoder rests (Rennie et al. 2017). 0 for none."""
    self_critical_learning_rate: float = 5e-4
    """The highest learning rate of those."""
    warm_start_from: Path | None = None
    """Folder of an exported model to go on from: its pieces, its weights; the sizes must be the same."""
    runs: Path = Path("runs/captioning")
    """Folder for checkpoints, logs and the encoder's grids; each configuration has its own inside."""
    saved_models: Path = Path("saved_models/captioning")
    """Folder for what is exported, one numbered folder each time."""
