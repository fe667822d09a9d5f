"""Exports of the text classifiers to ONNX and LiteRT give their logits, attention and gate."""

import keras
import numpy as np
import pytest

from foveal.pipelines.sentiment.config import ModelConfig
from foveal.pipelines.sentiment.model import build, load_ngram_table, with_attention_outputs

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # of the converters
rng = np.random.default_rng(0)
VOCABULARY_SIZE, NUM_CLASSES, SENTENCE_END = 60, 3, 5
ARCHITECTURES = {
    "pooling": ModelConfig("pooling", "soft", ngrams=3, num_bins=50),
    "rnn": ModelConfig("rnn", "adaptive"),
    "transformer": ModelConfig("transformer", "hard"),
    "hierarchical": ModelConfig("hierarchical", "sparse"),
}


def build_called(name):
    """Build a classifier with random weights and call it once, as an export requires."""
    keras.utils.set_random_seed(1)
    model = build(ARCHITECTURES[name], VOCABULARY_SIZE, NUM_CLASSES, [SENTENCE_END])
    if name == "pooling":
        load_ngram_table(model, rng.normal(size=(ARCHITECTURES[name].num_bins, NUM_CLASSES)))
    model = with_attention_outputs(model)
    model(random_ids(1, 2))
    return model


def random_ids(batch, length):
    """Draw token ids; every text but the first is padded."""
    ids = rng.integers(1, VOCABULARY_SIZE, (batch, length), "int32")
    return np.where(np.arange(length) < [[length], [1], [length - 1]][:batch], ids, 0)


def check_same_outputs(run, model, all_sizes=((3, 9), (1, 40))):
    for sizes in all_sizes:
        ids = random_ids(*sizes).astype("int32")
        expected, actual = model(ids), run({"text": ids})
        assert actual.keys() == expected.keys()
        for key, output in expected.items():
            np.testing.assert_allclose(actual[key], output, atol=1e-5, err_msg=key)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_onnx_gives_outputs_of_keras(name, run_onnx):
    model = build_called(name)
    opset_version = 18 if name == "pooling" else None  # the hash of n-grams needs BitwiseXor
    check_same_outputs(run_onnx(model, opset_version), model)


@pytest.mark.parametrize("name", ["pooling", "transformer"])
def test_litert_gives_outputs_of_keras(name, run_litert):
    model = build_called(name)
    check_same_outputs(run_litert(model), model)


@pytest.mark.parametrize("name", ["rnn", "hierarchical"])
def test_litert_with_fixed_sizes_gives_outputs_of_keras(name, run_litert):
    model = build_called(name)
    check_same_outputs(run_litert(model, {"text": (3, 9)}), model, [(3, 9)])
