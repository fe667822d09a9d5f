"""Model card of an exported classifier."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..saved_model.compatibility import describe_scripts
from ..saved_model.export import keras_model_card
from ..saved_model.quantization import card_note, card_splits
from .config import SentimentConfig

TEMPLATE = """# A text classifier with its attention, version {version}

Trained by foveal on `{data}`: architecture `{architecture}` with {attention} attention, {parameters:,}
parameters, {steps:,} updates ({epochs} passes over the data, {minutes:.1f} minutes). Classes: {classes}.
Scripts of its texts: {scripts}.

| split | texts | accuracy | macro F1 | ROC AUC | calibration error |
|---|---:|---:|---:|---:|---:|
{rows}

The calibration error is the expected one in 15 bins of equal width (Guo et al. 2017). The probabilities are
computed at a temperature of {temperature:.2f}, fitted on the validation split.
{quantization}
```python
import tensorflow as tf

model = tf.saved_model.load("{folder}")
outputs = model.signatures["explain"](text=tf.constant(["A text."]))
print(outputs["label"].numpy()[0].decode(), outputs["score"].numpy()[0], outputs["attention"].shape)
```

Signatures: `serving_default` (`text` -> `label`, `probabilities`, `classes`, `score`, `bytes_read`),
`explain` (also tokens, byte offsets, attention and gate). Texts are truncated to {max_sequence_length:,}
tokens; `bytes_read` is the number of bytes before the truncation. TensorFlow 2.18 or newer
loads the signatures.

The model classifies texts like those of its training data. It can be wrong about other texts with the same
confidence. Attention shows the tokens that the model attends to; it need not be the reason for a label.

{keras_model}
The logits of `model.keras` are not divided by the temperature.
"""


def model_card(
    config: SentimentConfig,
    classes: Sequence[str],
    vocabulary: Sequence[str],
    metrics: dict[str, Any],
    version: Path,
) -> str:
    """Fill the model card of a classifier.

    Args:
        config: of the trained model.
        classes: names of the classes.
        vocabulary: tokens of the codec.
        metrics: those of `metrics.json`.
        version: folder of the exported model.
    """
    training = metrics["training"]
    return TEMPLATE.format(
        version=version.name,
        data=config.data.data,
        architecture=config.model.architecture,
        attention=config.model.attention,
        parameters=training["parameters"],
        steps=training["steps"],
        epochs=training["epochs"],
        minutes=training["seconds"] / 60,
        classes=", ".join(f"`{name}`" for name in classes),
        scripts=describe_scripts(vocabulary),
        rows="\n".join(_row(name, test) for name, test in card_splits(metrics).items()),
        quantization=card_note(metrics),
        temperature=training["temperature"],
        folder=version,
        keras_model=keras_model_card(version),
        max_sequence_length=config.data.max_sequence_length,
    )


def _row(name: str, test: dict[str, Any]) -> str:
    auc = "" if test["roc_auc"] is None else f"{test['roc_auc']:.4f}"
    return (
        f"| {name} | {test['texts']:,} | {test['accuracy']:.1%} | {test['macro_f1']:.3f} | {auc} "
        f"| {test['reliability'].error:.3f} |"
    )
