"""Task of a model on the page, from the inputs and outputs of its signatures."""

from collections.abc import Mapping
from enum import Enum

import tensorflow as tf

from .model import DEFAULT_SIGNATURE
from .signature import Signature

EXPLAIN = "explain"
ATTENTION = {"attention", "attention_heads", "gate_heads"}


class Task(Enum):
    """Tab of the page: what a model makes of what."""

    TRANSLATE = "translate"
    CLASSIFY = "classify"
    DESCRIBE = "describe"


OUTPUTS = {  # input and output of `serving_default`
    Task.CLASSIFY: ("text", "label"),
    Task.TRANSLATE: ("text", "text"),
    Task.DESCRIBE: ("image", "text"),
}
EXPLANATIONS = {  # outputs of `explain`
    Task.CLASSIFY: ATTENTION | {"label", "score", "source_offsets", "bytes_read"},
    Task.TRANSLATE: ATTENTION | {"text", "source_offsets", "target_offsets"},
    Task.DESCRIBE: ATTENTION | {"text", "target_offsets", "regions"},
}


def find_task(signatures: Mapping[str, Signature]) -> Task | None:
    """Find the task of a model whose only input is a text or an image; None if it has another input.

    Args:
        signatures: signatures of the model by name.
    """
    signature = signatures[DEFAULT_SIGNATURE]
    tasks = (
        task
        for task, (name, output) in OUTPUTS.items()
        if _has_input(signature, name) and output in signature.outputs
    )
    return next(tasks, None)


def has_attention(signatures: Mapping[str, Signature], task: Task) -> bool:
    """Return whether the signature `explain` has the outputs that the page shows for a task."""
    explain = signatures.get(EXPLAIN)
    if explain is None or not _has_input(explain, OUTPUTS[task][0]):
        return False
    return explain.outputs.keys() >= EXPLANATIONS[task]


def _has_input(signature: Signature, name: str) -> bool:
    info = signature.inputs.get(name)
    return len(signature.inputs) == 1 and info is not None and info.dtype == tf.string and info.shape == ()
