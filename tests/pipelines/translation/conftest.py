"""A tiny language to translate, and models of it: trained for seconds, once for all tests."""

import random
from types import SimpleNamespace
from typing import Any

import keras
import pytest

from foveal.pipelines.saved_model.export import export
from foveal.pipelines.text.codec import TextCodec
from foveal.pipelines.training.trainer import TrainingConfig
from foveal.pipelines.translation.config import DataConfig, DecodingConfig, ModelConfig, TranslationConfig
from foveal.pipelines.translation.export import Translator
from foveal.pipelines.translation.model import build

WORDS = {"the": "o", "big": "grande", "dog": "cão", "cat": "gato", "sees": "vê", "one": "um"}
KINDS = [("transformer", True), ("transformer", False), ("rnn", True), ("rnn", False)]


def write_pairs(path, count=400):
    """`the big dog` -> `o cão grande`: words are mapped, noun and adjective change places."""
    rng = random.Random(0)

    def noun_phrase():
        article, noun = rng.choice(["the", "one"]), rng.choice(["dog", "cat"])
        adjective = rng.choice([[], ["big"]])
        return [article, *adjective, noun], [article, noun, *adjective]

    with open(path, "w", encoding="utf-8") as file:
        for _ in range(count):
            (s1, t1), (s2, t2) = noun_phrase(), noun_phrase()
            source, target = [*s1, "sees", *s2], [WORDS[word] for word in [*t1, "sees", *t2]]
            file.write(f"{' '.join(source)}.\t{' '.join(target)}.\n")
    return path


def new_config(data="none.tsv", architecture: Any = "transformer", gate=True, **training):
    settings = {"steps": 4, "validate_every": 2, "batch_tokens": 512, "shapes": 1, "compile": False}
    return TranslationConfig(
        data=DataConfig(data=str(data), vocabulary_size=340, max_sequence_length=40),
        model=ModelConfig(
            architecture=architecture,
            hidden_dim=8,
            num_heads=2,
            num_encoder_layers=1,
            num_decoder_layers=2,
            intermediate_dim=12,
            gate=gate,
        ),
        training=TrainingConfig(**(settings | training)),
        decoding=DecodingConfig(num_beams=3),
    )


@pytest.fixture(scope="session")
def codec():
    texts = [" ".join(pair) for pair in WORDS.items()] * 20
    return TextCodec.learn(texts, 300)


@pytest.fixture(scope="session", params=KINDS, ids=lambda kind: f"{kind[0]}-{'gate' * kind[1]}")
def untrained(request, codec):
    """Every kind of model with random weights: the model, its translator, its configuration."""
    keras.utils.set_random_seed(1)
    config = new_config(architecture=request.param[0], gate=request.param[1])
    model = build(config.model, len(codec.vocabulary))
    return SimpleNamespace(
        model=model, translator=Translator(codec, model, config), config=config, codec=codec
    )


@pytest.fixture(scope="session")
def exported(untrained, tmp_path_factory):
    """The folder of each kind, exported."""
    folder = tmp_path_factory.mktemp("saved") / "translation"
    signatures = untrained.translator.signatures()
    return export(folder, untrained.translator, signatures, untrained.model, {"card.md": "hello"})


@pytest.fixture(scope="session")
def toy_config(tmp_path_factory):
    """The tiny language as a file, and settings that learn it."""
    path = write_pairs(tmp_path_factory.mktemp("data") / "toy.tsv")
    return new_config(path)
