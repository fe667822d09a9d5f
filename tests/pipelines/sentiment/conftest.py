"""Fixtures of the sentiment tests: a toy language of verdicts and small models of it, built once."""

import random
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from foveal.pipelines.saved_model.export import export_saved_model
from foveal.pipelines.sentiment.config import DataConfig, ModelConfig, SentimentConfig
from foveal.pipelines.sentiment.export import build_classifier
from foveal.pipelines.sentiment.model import build, load_ngram_table, with_attention_outputs
from foveal.pipelines.sentiment.networks.sentences import sentence_ends
from foveal.pipelines.text.codec import TextCodec
from foveal.pipelines.training.config import TrainingConfig

CLASSES = ["bad", "fair", "good"]
VERDICTS = {"bad": "awful", "fair": "plain", "good": "lovely"}
ARCHITECTURES = [
    ("pooling", "soft"),
    ("rnn", "adaptive"),
    ("transformer", "hard"),
    ("hierarchical", "adaptive"),
]


def write_reviews(path, count=400):
    """Write labelled texts such as `The dog sat. The cat was lovely!`: one of two sentences has a verdict."""
    rng = random.Random(0)
    with open(path, "w", encoding="utf-8") as file:
        for _ in range(count):
            label = rng.choice(CLASSES)
            first, second = rng.sample(["dog", "cat", "tea"], 2)
            sentences = [f"The {first} sat.", f"The {second} was {VERDICTS[label]}!"]
            rng.shuffle(sentences)
            file.write(f"{' '.join(sentences)}\t{label}\n")
    return path


def new_config(data="none.tsv", architecture: Any = "rnn", attention: Any = "adaptive", **training):
    settings = {"steps": 4, "validation_freq": 2, "batch_tokens": 512, "num_buckets": 1, "jit_compile": False}
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
            max_sentences=5,
        ),
        training=TrainingConfig(**(settings | training)),
    )


@pytest.fixture(scope="session")
def codec():
    texts = ["the dog sat.", "the cat was awful!", "the tea was lovely!", "plain cat?"] * 20
    return TextCodec.train(texts, 300)


@pytest.fixture(scope="session", params=ARCHITECTURES, ids="-".join)
def untrained(request, codec):
    """Every architecture with random weights: model, model with attention outputs, classifier, config."""
    keras.utils.set_random_seed(1)
    config = new_config(architecture=request.param[0], attention=request.param[1])
    model = build(config.model, len(codec.vocabulary), len(CLASSES), sentence_ends(codec.vocabulary))
    if config.model.architecture == "pooling":
        load_ngram_table(model, np.random.default_rng(0).normal(size=(config.model.num_bins, len(CLASSES))))
    return SimpleNamespace(
        model=model,
        attention_model=with_attention_outputs(model),
        classifier=build_classifier(config, codec, model, CLASSES, temperature=1.7),
        config=config,
        codec=codec,
    )


@pytest.fixture(scope="session")
def exported(untrained, tmp_path_factory):
    """The exported folder of every architecture."""
    folder = tmp_path_factory.mktemp("saved") / "sentiment"
    signatures = untrained.classifier.signatures()
    return export_saved_model(folder, untrained.classifier, signatures, untrained.model, {"card.md": "hello"})


@pytest.fixture(scope="session")
def toy_config(tmp_path_factory):
    """The toy language as a file, and a configuration that learns it."""
    return new_config(write_reviews(tmp_path_factory.mktemp("data") / "toy.tsv"), "pooling")
