"""Tests of the sizes of the warm-up."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.serving.signature import Signature, TensorInfo
from foveal.pipelines.serving.warm_up import check_calls, warm_up


class Counter(Signature):
    """Signature that reads texts of at most `max_tokens` tokens, and records the sizes of its calls."""

    is_compiled: Any = True

    def __init__(self, tokens_per_word=1, max_tokens=96):
        self.name = "count"
        self.inputs = {"text": TensorInfo(tf.string, ())}
        self.outputs = {"bytes_read": TensorInfo(tf.int32, ())}
        self.tokens_per_word = tokens_per_word
        self.max_tokens = max_tokens
        self.calls = []

    def __call__(self, examples):
        [text] = {example["text"] for example in examples}
        words = text.split()
        words_read = min(len(words), self.max_tokens // self.tokens_per_word)
        self.calls.append((len(examples), 1 + self.tokens_per_word * words_read))
        bytes_read = len(b" ".join(words[:words_read]))
        return [{"bytes_read": np.array(bytes_read)} for _ in examples]


def next_power(size, minimum=1):
    return max(minimum, 2 ** int(np.ceil(np.log2(size))))


@pytest.mark.parametrize("tokens_per_word", [1, 2])
@pytest.mark.parametrize("max_tokens", [7, 64, 96])
def test_every_size_of_a_search_is_called(tokens_per_word, max_tokens):
    signature = Counter(tokens_per_word, max_tokens)
    warm_up({"count": signature}, max_batch_size=5)
    sizes = {(next_power(size), next_power(tokens, minimum=8)) for size, tokens in signature.calls}
    lengths = {next_power(tokens, minimum=8) for tokens in range(1, max_tokens + 1)}
    assert {(size, length) for size in (1, 2, 4, 8) for length in lengths} <= sizes


class Compiled(Signature):
    is_compiled: Any = True


@pytest.mark.parametrize(("kind", "calls"), [(Compiled, 3 + 1), (Signature, 0)])
def test_images_and_numbers_have_one_size(models, kind, calls):
    functions = tf.saved_model.load(str(models / "adder" / "1")).signatures
    signatures = {name: kind(name, function) for name, function in functions.items()}
    check_calls(signatures)
    assert warm_up(signatures, max_batch_size=4) == calls  # the examples of `sorted` share no batch


def test_warm_up_stops_early():
    signature = Counter()
    assert warm_up({"count": signature}, 8, should_stop=lambda: len(signature.calls) >= 3) == 3
