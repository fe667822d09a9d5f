"""A tiny language of verdicts, and models of it: trained for seconds, once for all tests."""

import random
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from foveal.pipelines.saved_model.export import export
from foveal.pipelines.sentiment.config import DataConfig, ModelConfig, SentimentConfig
from foveal.pipelines.sentiment.export import Classifier
from foveal.pipelines.sentiment.model import build, load_ngram_table
from foveal.pipelines.sentiment.networks.sentences import sentence_ends
from foveal.pipelines.text.codec import TextCodec
from foveal.pipelines.training.trainer import TrainingConfig

CLASSES = ["bad", "fair", "good"]
VERDICTS = {"bad": "awful", "fair": "plain", "good": "lovely"}
KINDS = [
    ("pooling", "soft"),
    ("rnn", "adaptive"),
    ("transformer", "hard"),
    ("hierarchical", "adaptive"),
]


def write_reviews(path, count=400):
    """`The dog sat. The cat was lovely!` is good: one sentence of two has a verdict."""
    rng = random.Random(0)
    with open(path, "w", encoding="utf-8") as file:
        for _ in range(count):
            label = rng.choice(CLASSES)
            one, other = rng.sample(["dog", "cat", "tea"], 2)
            sentences = [f"The {one} sat.", f"The {other} was {VERDICTS[label]}!"]
            rng.shuffle(sentences)
            file.write(f"{' '.join(sentences)}\t{label}\n")
    return path


def new_config(data="none.tsv", architecture: Any = "rnn", attention: Any = "adaptive", **training):
    settings = {"steps": 4, "validate_every": 2, "batch_tokens": 512, "shapes": 1, "compile": False}
    return SentimentConfig(
        data=DataConfig(data=str(data), vocabulary_size=340, max_sequence_length=40),
        model=ModelConfig(
            architecture=architecture,
            attention=attention,
            hidden_dim=8,
            num_heads=2,
            num_layers=1,
            intermediate_dim=12,
            ngrams=3,
            num_bins=50,
            sentences=5,
        ),
        training=TrainingConfig(**(settings | training)),
    )


@pytest.fixture(scope="session")
def codec():
    texts = ["the dog sat.", "the cat was awful!", "the tea was lovely!", "plain cat?"] * 20
    return TextCodec.learn(texts, 300)


@pytest.fixture(scope="session", params=KINDS, ids="-".join)
def untrained(request, codec):
    """Kinds of models with random weights: the model, its classifier, its configuration."""
    keras.utils.set_random_seed(1)
    config = new_config(architecture=request.param[0], attention=request.param[1])
    ends = sentence_ends(codec.vocabulary)
    model = build(config.model, len(codec.vocabulary), len(CLASSES), ends)
    if config.model.architecture == "pooling":
        load_ngram_table(model, np.random.default_rng(0).normal(size=(config.model.num_bins, len(CLASSES))))
    classifier = Classifier(codec, model, config, CLASSES, temperature=1.7)
    return SimpleNamespace(model=model, classifier=classifier, config=config, codec=codec, ends=ends)


@pytest.fixture(scope="session")
def exported(untrained, tmp_path_factory):
    """The folder of each kind, exported."""
    folder = tmp_path_factory.mktemp("saved") / "sentiment"
    signatures = untrained.classifier.signatures()
    return export(folder, untrained.classifier, signatures, untrained.model, {"card.md": "hello"})


@pytest.fixture(scope="session")
def toy_config(tmp_path_factory):
    """The tiny language as a file, and settings that learn it."""
    return new_config(write_reviews(tmp_path_factory.mktemp("data") / "toy.tsv"), "pooling")
