"""The language model of the examples: cached generation and a short run of the script."""

import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest

PATH = Path(__file__).parents[2] / "examples" / "language_model.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("language_model", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_cached_generation_matches_uncached(script):
    keras.utils.set_random_seed(1)
    model = script.LanguageModel(vocabulary_size=30, hidden_dim=16)
    prompt = np.array([[3, 7], [5, 2], [8, 8]], "int32")
    tokens = prompt
    for _ in range(5):  # the whole sequence in each step
        logits = keras.ops.convert_to_numpy(model(tokens))
        tokens = np.concatenate([tokens, logits[:, -1:].argmax(-1).astype("int32")], axis=1)
    generated = model.generate(keras.ops.convert_to_tensor(prompt), 5)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(generated), tokens)


def test_script_trains_generates_and_describes_attention(script, capsys):
    script.main(["--sentences", "128", "--epochs", "1"])
    first, *lines = capsys.readouterr().out.splitlines()[-script.LENGTH - 1 :]
    assert any("<- <start>" in line and "sink" in line for line in (first, *lines))
