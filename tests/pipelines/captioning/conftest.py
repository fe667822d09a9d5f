"""Fixtures: images of two colours with captions, and small captioning models."""

import csv
import io
import random
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from foveal.pipelines.captioning.config import CaptioningConfig, DataConfig, DecodingConfig, ModelConfig
from foveal.pipelines.captioning.export import Captioner
from foveal.pipelines.captioning.model import build
from foveal.pipelines.saved_model.export import export_saved_model
from foveal.pipelines.text.codec import TextCodec
from foveal.pipelines.training.config import TrainingConfig

IMAGE_SIZE = 32
COLOURS = {"red": (220, 20, 20), "green": (20, 190, 20), "blue": (20, 20, 220)}
KINDS = [("transformer", "adaptive"), ("lstm", "soft"), ("lstm", "hard"), ("lstm", "adaptive")]


def encode(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def two_colours(left: str, right: str) -> Image.Image:
    """Draw an image with a colour in its left half and another in its right half."""
    pixels = np.zeros((IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    pixels[:, : IMAGE_SIZE // 2], pixels[:, IMAGE_SIZE // 2 :] = COLOURS[left], COLOURS[right]
    return Image.fromarray(pixels)


def write_images(folder, count=100):
    """Write images of two colours to a folder, with captions that name the colours."""
    rng = random.Random(0)
    with open(folder / "captions.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "caption"])
        for index in range(count):
            left, right = (rng.choice(list(COLOURS)) for _ in range(2))
            (folder / f"{index}.png").write_bytes(encode(two_colours(left, right)))
            rows.writerow([f"{index}.png", f"{left} beside {right}."])
            rows.writerow([f"{index}.png", f"We see {left} beside {right} ."])
    return folder


def new_config(data="none", architecture: Any = "transformer", attention: Any = "adaptive", **training):
    settings = {"steps": 4, "validation_freq": 2, "batch_tokens": 512, "num_buckets": 1, "jit_compile": False}
    return CaptioningConfig(
        data=DataConfig(
            data=str(data),
            image_size=IMAGE_SIZE,
            vocabulary_size=340,
            max_sequence_length=12,
            captions_per_image=2,
        ),
        model=ModelConfig(
            architecture=architecture,
            attention=attention,
            hidden_dim=8,
            num_heads=2,
            num_layers=2,
            intermediate_dim=12,
            doubly_stochastic_weight=0.1,
        ),
        training=TrainingConfig(**(settings | training)),
        decoding=DecodingConfig(num_beams=3),
    )


@pytest.fixture(scope="session")
def codec():
    return TextCodec.train(["we see red beside blue", "green"] * 20, 300)


def build_untrained(config, codec):
    network = build(config.model, IMAGE_SIZE, len(codec.vocabulary))
    captioner = Captioner(codec, network, config.decoding, IMAGE_SIZE, config.data.max_sequence_length)
    return SimpleNamespace(network=network, captioner=captioner, config=config, codec=codec)


@pytest.fixture(scope="session", params=KINDS, ids="-".join)
def untrained(request, codec):
    """Return every kind of model with random weights: network, captioner, configuration, codec."""
    keras.utils.set_random_seed(1)
    config = new_config(architecture=request.param[0], attention=request.param[1])
    return build_untrained(config, codec)


@pytest.fixture(scope="session")
def adaptive(codec):
    """Return the adaptive Transformer with random weights."""
    keras.utils.set_random_seed(1)
    config = new_config()
    return build_untrained(config, codec)


@pytest.fixture(scope="session")
def exported(adaptive, tmp_path_factory):
    """Return the folder of the exported adaptive Transformer."""
    folder = tmp_path_factory.mktemp("saved") / "captioning"
    captioner = adaptive.captioner
    return export_saved_model(
        folder, captioner, captioner.signatures(), adaptive.network.model, {"card.md": "hello"}
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Return a folder of images with captions, in the layout of a user's data."""
    return write_images(tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="session")
def tiny_config(folder):
    """Return a configuration that learns the images of two colours in 120 steps."""
    return CaptioningConfig(
        data=DataConfig(
            data=str(folder),
            image_size=IMAGE_SIZE,
            vocabulary_size=340,
            max_sequence_length=12,
            captions_per_image=2,
            horizontal_flip=False,
        ),
        model=ModelConfig(hidden_dim=16, num_heads=2, num_layers=1, intermediate_dim=24),
        training=TrainingConfig(
            steps=120,
            validation_freq=60,
            batch_tokens=512,
            num_buckets=1,
            jit_compile=False,
            learning_rate=0.01,
            warmup_steps=10,
            ema_momentum=0.9,
        ),
        self_critical_steps=0,
    )
