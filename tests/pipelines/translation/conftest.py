"""Fixtures of the translation tests: a toy language and small models of it, built once."""

import random
from types import SimpleNamespace
from typing import Any

import keras
import pytest

from foveal.pipelines.saved_model.export import export_saved_model
from foveal.pipelines.text.codec import TextCodec
from foveal.pipelines.training.config import TrainingConfig
from foveal.pipelines.translation.config import DataConfig, DecodingConfig, ModelConfig, TranslationConfig
from foveal.pipelines.translation.export import build_translator
from foveal.pipelines.translation.model import build

WORDS = {"the": "o", "big": "grande", "dog": "cão", "cat": "gato", "sees": "vê", "one": "um"}
ARCHITECTURES = [("transformer", True), ("transformer", False), ("rnn", True), ("rnn", False)]


def write_pairs(path, count=400):
    """Write pairs such as `the big dog` and `o cão grande`: noun and adjective change their order."""
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
    settings = {"steps": 4, "validation_freq": 2, "batch_tokens": 512, "num_buckets": 1, "jit_compile": False}
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
    return TextCodec.train(texts, 330)


@pytest.fixture(scope="session", params=ARCHITECTURES, ids=lambda param: f"{param[0]}-{'gate' * param[1]}")
def untrained(request, codec):
    """Every architecture with random weights: network, its model, translator, config."""
    keras.utils.set_random_seed(1)
    config = new_config(architecture=request.param[0], gate=request.param[1])
    network = build(config.model, len(codec.vocabulary))
    translator = build_translator(config, codec, network)
    return SimpleNamespace(
        network=network, model=network.model, translator=translator, config=config, codec=codec
    )


@pytest.fixture(scope="session")
def exported(untrained, tmp_path_factory):
    """The exported folder of every architecture."""
    folder = tmp_path_factory.mktemp("saved") / "translation"
    signatures = untrained.translator.signatures()
    return export_saved_model(folder, untrained.translator, signatures, untrained.model, {"card.md": "hello"})


@pytest.fixture(scope="session")
def toy_config(tmp_path_factory):
    """The toy language as a file, and a configuration that learns it."""
    return new_config(write_pairs(tmp_path_factory.mktemp("data") / "toy.tsv"))


@pytest.fixture(scope="session")
def tiny_config(tmp_path_factory):
    """The same with few pairs and updates, for tests that do not need a trained model."""
    return new_config(write_pairs(tmp_path_factory.mktemp("data") / "tiny.tsv", count=50), steps=2)
