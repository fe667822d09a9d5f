"""Pictures of two colours to describe, and models of them: trained for seconds, once for all tests."""

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
from foveal.pipelines.saved_model.export import export
from foveal.pipelines.text.codec import TextCodec
from foveal.pipelines.training.trainer import TrainingConfig

SIDE = 32
COLOURS = {"red": (220, 20, 20), "green": (20, 190, 20), "blue": (20, 20, 220)}
KINDS = [("transformer", "adaptive"), ("lstm", "soft"), ("lstm", "hard"), ("lstm", "adaptive")]


def encode(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def two_colours(left: str, right: str) -> Image.Image:
    """A picture whose left half has one colour and whose right half another."""
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    pixels[:, : SIDE // 2], pixels[:, SIDE // 2 :] = COLOURS[left], COLOURS[right]
    return Image.fromarray(pixels)


def write_pictures(folder, count=100):
    """Pictures of two colours in a folder, with captions that name them from left to right."""
    rng = random.Random(0)
    with open(folder / "captions.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "caption"])
        for place in range(count):
            left, right = (rng.choice(list(COLOURS)) for _ in range(2))
            (folder / f"{place}.png").write_bytes(encode(two_colours(left, right)))
            rows.writerow([f"{place}.png", f"{left} beside {right}."])
            rows.writerow([f"{place}.png", f"We see {left} beside {right} ."])
    return folder


def new_config(data="none", architecture: Any = "transformer", attention: Any = "adaptive", **training):
    settings = {"steps": 4, "validate_every": 2, "batch_tokens": 512, "shapes": 1, "compile": False}
    return CaptioningConfig(
        data=DataConfig(
            data=str(data), image_size=SIDE, vocabulary_size=340, max_sequence_length=12, captions_per_image=2
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
    return TextCodec.learn(["we see red beside blue", "green"] * 20, 300)


@pytest.fixture(scope="session", params=KINDS, ids="-".join)
def untrained(request, codec):
    """Every kind of model with random weights: the network, its captioner, its configuration."""
    keras.utils.set_random_seed(1)
    config = new_config(architecture=request.param[0], attention=request.param[1])
    network = build(config.model, SIDE, len(codec.vocabulary))
    captioner = Captioner(codec, network, config)
    return SimpleNamespace(network=network, captioner=captioner, config=config, codec=codec)


@pytest.fixture(scope="session")
def adaptive(codec):
    """One kind with random weights, and the folder to which it was exported."""
    keras.utils.set_random_seed(1)
    config = new_config()
    network = build(config.model, SIDE, len(codec.vocabulary))
    captioner = Captioner(codec, network, config)
    return SimpleNamespace(network=network, captioner=captioner, config=config, codec=codec)


@pytest.fixture(scope="session")
def exported(adaptive, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "captioning"
    captioner = adaptive.captioner
    return export(folder, captioner, captioner.signatures(), adaptive.network.model, {"card.md": "hello"})


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Pictures of two colours with captions, as a user would have them."""
    return write_pictures(tmp_path_factory.mktemp("pictures"))
