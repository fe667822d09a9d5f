"""Configuration of the captioning pipeline; every field is a command-line flag."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..cli.config import BaseDataConfig, SearchConfig
from ..training.config import RunConfig, TrainingConfig


@dataclass(frozen=True)
class DatasetConfig(BaseDataConfig):
    """Data set."""

    data: str = "scenes"
    """A data set (`scenes`, `flickr8k`, any TFDS set with images and captions), a folder or a file."""


@dataclass(frozen=True)
class DataConfig(DatasetConfig):
    """Training data, its preprocessing, vocabulary and lengths."""

    image_size: int = 128
    """Side of the square, in pixels, that every image is resized to."""
    vocabulary_size: int = 1000
    """Subword tokens."""
    max_sequence_length: int = 40
    """Maximum tokens of a caption, in training and in decoding. Longer captions are not trained on."""
    captions_per_image: int = 3
    """Captions of an image in a training example, encoded once; 1 is faster with a frozen encoder."""
    horizontal_flip: bool = True
    """Train on flips too, with `left` and `right` swapped (English only); off for readable text or clocks."""


@dataclass(frozen=True)
class ModelConfig:
    """Architecture and supervision."""

    encoder: str = "small"
    """Encoder: `small`, from scratch; `efficientnet_lite0`, pretrained; or a name of `keras.applications`."""
    finetune: bool = False
    """Train a pretrained encoder too, instead of caching its grids."""
    architecture: Literal["lstm", "transformer"] = "transformer"
    """Architecture of the decoder."""
    attention: Literal["soft", "hard", "spatial", "adaptive"] = "adaptive"
    """Soft and hard after Xu et al. 2015, spatial and adaptive after Lu et al. 2017."""
    hidden_dim: int = 128
    """Dimension of embeddings, states and attention."""
    num_heads: int = 4
    """Heads of each attention layer of the Transformer."""
    num_layers: int = 2
    """Decoder blocks of the Transformer."""
    intermediate_dim: int = 512
    """Inner dimension of the Transformer's feed-forward layers."""
    dropout: float = 0.0
    """Dropout rate of grid cells, embeddings and the output of each sublayer."""
    doubly_stochastic_weight: float = 0.0
    """Weight of the doubly stochastic penalty (Xu et al. 2015), for equal total attention to all cells."""
    object_steps: int | None = None
    """Updates of the encoder on object detection, before captions; by default `--steps` with gold, else 0."""
    attention_loss_weight: float | None = None
    """Weight of the supervision of attention; by default 1 where the data have gold phrases, else 0."""
    gate_loss_weight: float | None = None
    """Weight of the supervision of the last block's gate; by default 0.3 with gold and a gate, else 0."""


@dataclass(frozen=True)
class DecodingConfig(SearchConfig):
    """Search for the caption."""

    num_beams: int = 1
    """Beams; more of them find more probable captions, on `scenes` less often true ones."""
    minimum_bayes_risk: bool = False
    """Select the beam that is most similar to the other beams, not the most probable one."""


def _scenes_defaults() -> TrainingConfig:
    """Return the training defaults, which suit `scenes`."""
    return TrainingConfig(
        steps=1800,
        batch_tokens=700,
        num_buckets=3,
        optimizer="muon",
        learning_rate=1e-2,
        warmup_steps=100,
        ema_momentum=0.998,
        jit_compile=False,
        validation_freq=900,
    )


@dataclass(frozen=True)
class CaptioningConfig(RunConfig):
    """Train an image captioner, evaluate it and export it."""

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=_scenes_defaults)
    decoding: DecodingConfig = field(default_factory=DecodingConfig)
    self_critical_steps: int = 500
    """Updates of self-critical training after all others (Rennie et al. 2017), encoder frozen; 0 for none."""
    self_critical_learning_rate: float = 5e-4
    """Peak learning rate of self-critical training."""
    self_critical_kl_weight: float = 0.1
    """Weight of the divergence from the model before self-critical training, which keeps captions varied."""
    runs: Path = Path("runs/captioning")
    """Folder of checkpoints, logs and cached features; each configuration has its own subfolder."""
    saved_models: Path = Path("saved_models/captioning")
    """Folder of exported models; each export adds a numbered version."""
