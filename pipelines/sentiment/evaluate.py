"""Evaluation of a classifier: accuracy, macro F1, ROC AUC and calibration."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from ...datasets import LabelledText
from ..saved_model.batched_calls import Signature, SignatureOutputs, map_signature
from .calibration import reliability


def classify(signature: Signature, texts: list[str]) -> list[str]:
    """Return the label of each text.

    Args:
        signature: any signature of a classifier.
        texts: any number.
    """
    return map_signature(signature, texts, lambda outputs, _: outputs["label"].decode())


def exported_classes(signature: Signature) -> list[str]:
    """Return the names of the classes of a classifier, in the order of its probabilities.

    Args:
        signature: any signature of a classifier.
    """
    return [name.decode() for name in signature(text=tf.constant([""]))["classes"].numpy()[0]]


def require_classes(model: Path, signature: Signature, test: LabelledText) -> None:
    """Check that a classifier knows every class of a test set.

    Args:
        model: folder of the exported model, for the message.
        signature: any signature of the classifier.
        test: labelled texts; their classes can be a subset of the model's, in any order.

    Raises:
        ValueError: if the test set has a class that the model lacks.
    """
    classes = exported_classes(signature)
    if not set(test.classes) <= set(classes):
        raise ValueError(
            f"`data` must have the classes of the model {model}, {', '.join(classes)}. "
            f"Received: the classes {', '.join(test.classes)}. Rename the labels of the data, or choose a "
            "model that was trained on these classes"
        )


def predict_probabilities(signature: Signature, test: LabelledText) -> npt.NDArray[np.float32]:
    """Return the probabilities of the classes of a test set, `(texts, classes)`.

    Args:
        signature: any signature of a classifier.
        test: labelled texts; their classes can be a subset of the model's, in any order.

    Raises:
        ValueError: if the test set has a class that the model lacks.
    """

    def of_test_classes(outputs: SignatureOutputs, _: int) -> npt.NDArray[np.float32]:
        classes = [name.decode() for name in outputs["classes"]]
        unknown = sorted(set(test.classes) - set(classes))
        if unknown:
            raise ValueError(f"Classes of the test set must be among {classes}. Received: {unknown}.")
        return outputs["probabilities"][[classes.index(name) for name in test.classes]]

    return np.stack(map_signature(signature, test.text, of_test_classes))


def evaluate(signature: Signature, test: LabelledText) -> dict[str, Any]:
    """Compute accuracy, macro F1, ROC AUC and calibration on a test set.

    Args:
        signature: any signature of a classifier.
        test: labelled texts.

    Returns:
        `accuracy`, `macro_f1`, `roc_auc`, `reliability` and `texts`. `roc_auc` of more than two classes is
        the mean over each class against the rest; it is None if a class has no text.

    Raises:
        ValueError: if the test set has a class that the model lacks.
    """
    probabilities = predict_probabilities(signature, test)
    predicted = probabilities.argmax(axis=1)
    return {
        "accuracy": float(accuracy_score(test.label, predicted)),
        "macro_f1": float(f1_score(test.label, predicted, average="macro")),
        "roc_auc": _roc_auc(probabilities, test),
        "reliability": reliability(probabilities, test.label),
        "texts": len(test),
    }


def _roc_auc(probabilities: npt.NDArray[np.float32], test: LabelledText) -> float | None:
    if len(np.unique(test.label)) < len(test.classes):
        return None
    if len(test.classes) == 2:
        return float(roc_auc_score(test.label, probabilities[:, 1]))
    normalized = probabilities / probabilities.sum(axis=1, keepdims=True)  # over the classes of the test set
    return float(roc_auc_score(test.label, normalized, multi_class="ovr", average="macro"))
