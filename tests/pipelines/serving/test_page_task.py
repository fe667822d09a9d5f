"""Tests of the task of a model: it follows from the inputs and outputs of its signatures."""

from types import SimpleNamespace
from typing import Any

import pytest
import tensorflow as tf

from foveal.pipelines.serving.page_task import EXPLANATIONS, Task, find_task, has_attention
from foveal.pipelines.serving.signature import TensorInfo

STRING = TensorInfo(tf.string, ())
FLOAT = TensorInfo(tf.float32, (3,))


def signature(inputs, outputs) -> Any:
    return SimpleNamespace(inputs=inputs, outputs=dict.fromkeys(outputs, FLOAT))


@pytest.mark.parametrize(
    ("inputs", "outputs", "task"),
    [
        ({"text": STRING}, ["text", "score"], Task.TRANSLATE),
        ({"text": STRING}, ["label", "text"], Task.CLASSIFY),
        ({"image": STRING}, ["text"], Task.DESCRIBE),
        ({"image": STRING}, ["label"], None),
        ({"text": STRING}, ["score"], None),
        ({"text": FLOAT}, ["text"], None),
        ({"text": STRING, "length": FLOAT}, ["text"], None),
    ],
)
def test_task_follows_from_input_and_outputs(inputs, outputs, task):
    assert find_task({"serving_default": signature(inputs, outputs)}) is task


@pytest.mark.parametrize("missing", [None, *sorted(EXPLANATIONS[Task.TRANSLATE])])
def test_attention_needs_every_output(missing):
    explain = signature({"text": STRING}, EXPLANATIONS[Task.TRANSLATE] - {missing})
    assert has_attention({"explain": explain}, Task.TRANSLATE) == (missing is None)


def test_model_without_explain_has_no_attention():
    assert not has_attention({"serving_default": signature({"text": STRING}, ["text"])}, Task.TRANSLATE)
