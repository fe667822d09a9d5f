"""Checks that an exported model belongs to a pipeline, and that data are in its script."""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..text.codec import BYTE_TOKENS, SPECIAL_TOKENS, TextCodec
from .batched_calls import Signature
from .loading import latest_version, load_saved_model, training_hint

MIN_SHARE = 0.5  # of letters in the scripts of the model


def load_signatures(
    folder: Path, pipeline: str, input_name: str, output_name: str, argument: str = "model"
) -> Mapping[str, Signature]:
    """Load the signatures of an exported model of a pipeline, by name.

    Args:
        folder: folder of an exported model, or of its versions.
        pipeline: name of the pipeline.
        input_name, output_name: an input and an output that tell its models from those of the others.
        argument: name of the argument that gives the folder, for the message.

    Raises:
        FileNotFoundError: if there is no version.
        ValueError: if the model is not of this pipeline.
    """
    version = latest_version(folder, argument, pipeline)
    signatures = load_saved_model(version).signatures
    if {"serving_default", "explain"} <= signatures.keys():
        signature = signatures["serving_default"]
        inputs, outputs = signature.structured_input_signature[1], signature.structured_outputs
        if input_name in inputs and output_name in outputs:
            return signatures
        received = f"from {', '.join(inputs)} to {', '.join(sorted(outputs))}"
    else:
        received = f"with the signatures {', '.join(signatures) or 'none'}"
    raise ValueError(
        f"`{argument}` must be a model of the {pipeline} pipeline, from {input_name} to {output_name}. "
        f"Received: {argument}={version}, {received}. {training_hint(pipeline)}"
    )


def load_config(folder: Path) -> dict[str, Any]:
    """Load the configuration of an exported model; empty if it has none.

    Args:
        folder: folder of an exported model, or of its versions.

    Raises:
        FileNotFoundError: if there is no version.
    """
    path = latest_version(folder) / "assets.extra" / "config.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def require_same_script(folder: Path, texts: Iterable[str]) -> None:
    """Check that texts are in the scripts of an exported model: those of the letters in its vocabulary.

    Args:
        folder: folder of the exported model, or of its versions.
        texts: texts of the data; other scripts may have up to half of their letters.

    Raises:
        FileNotFoundError: if there is no version.
        ValueError: if most letters are of other scripts.
    """
    version = latest_version(folder)
    expected = _vocabulary_scripts(TextCodec.load(str(version / "assets" / "vocabulary.txt")).vocabulary)
    received = count_scripts(texts)
    fitting = sum(count for script, count in received.items() if script in expected)
    if expected and fitting < MIN_SHARE * received.total():
        raise ValueError(
            f"`data` must be written in the script of the model {version}, {_join(expected)}. Received: data "
            f"in {_join(received)}. Choose data or a model of the same language"
        )


def describe_scripts(vocabulary: Iterable[str]) -> str:
    """Name the most frequent scripts of the letters in a vocabulary, at most three.

    Example:
        >>> describe_scripts(["[PAD]", "<0xE3>", "um", "não", "ねこ"])
        'Latin, Hiragana'
        >>> describe_scripts(["[PAD]"])
        'none'
    """
    return _join(_vocabulary_scripts(vocabulary)) or "none"


def count_scripts(texts: Iterable[str]) -> Counter[str]:
    """Count the letters of each script, by the first word of their Unicode names.

    Example:
        >>> sorted(count_scripts(["An 猫, a ねこ!"]).items())
        [('CJK', 1), ('HIRAGANA', 2), ('LATIN', 3)]
    """
    letters = Counter(letter for text in texts for letter in text if letter.isalpha())
    scripts: Counter[str] = Counter()
    for letter, count in letters.items():
        scripts[unicodedata.name(letter, "unknown").split()[0]] += count
    return scripts


def _vocabulary_scripts(vocabulary: Iterable[str]) -> Counter[str]:
    return count_scripts(set(vocabulary) - {*SPECIAL_TOKENS, *BYTE_TOKENS})


def _join(scripts: Counter[str]) -> str:
    return ", ".join(name.title() for name, _ in scripts.most_common(3))
