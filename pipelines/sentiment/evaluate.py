"""How often the label is right, and whether the probabilities mean what they say."""

from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from ...datasets import LabelledText
from ..saved_model.batched_calls import Signature, SignatureOutputs, answers
from .calibration import reliability


def classify(signature: Signature, texts: list[str]) -> list[str]:
    """The label of each text."""
    return answers(signature, texts, lambda told, _: told["label"].decode())


def predict_probabilities(signature: Signature, test: LabelledText) -> np.ndarray:
    """The probability of each class of a test set for each of its texts, `(texts, classes)`.

    Raises:
        ValueError: if the test set has a class that the model does not know.
    """

    def read(told: SignatureOutputs, _: int) -> np.ndarray:
        known = [name.decode() for name in told["classes"]]
        unknown = set(test.classes) - set(known)
        if unknown:
            raise ValueError(f"expected texts of the classes {known}; received also {sorted(unknown)}")
        return told["probabilities"][[known.index(name) for name in test.classes]]

    return np.stack(answers(signature, test.text, read))


def evaluate(signature: Signature, test: LabelledText) -> dict[str, Any]:
    """Accuracy, macro F1, ROC AUC and calibration on a test set.

    ROC AUC of more than two classes is the mean over each class against the rest.

    Returns:
        `accuracy`, `macro_f1`, `roc_auc` (None where the test set has texts of one class only, and of
        several classes where one is missing), `reliability`, `texts`.

    Raises:
        ValueError: if the test set has a class that the model does not know.
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


def _roc_auc(probabilities: np.ndarray, test: LabelledText) -> float | None:
    if len(np.unique(test.label)) < len(test.classes):
        return None
    if len(test.classes) == 2:
        return float(roc_auc_score(test.label, probabilities[:, 1]))
    shares = probabilities / probabilities.sum(axis=1, keepdims=True)  # of the classes that the test has
    return float(roc_auc_score(test.label, shares, multi_class="ovr", average="macro"))
