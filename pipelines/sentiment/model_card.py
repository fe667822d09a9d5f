"""The model card that travels with an exported classifier."""

from typing import Any

from .config import SentimentConfig

CARD = """# A classifier of texts that tells which words it looked at

Trained by foveal on `{data}`: architecture `{architecture}` with {attention} attention, {parameters:,}
parameters, {steps:,} updates ({epochs} passes over the data, {minutes:.1f} minutes). Classes: {classes}.

| split | texts | accuracy | macro F1 | ROC AUC | calibration error |
|---|---:|---:|---:|---:|---:|
{rows}

The calibration error is the expected one in 15 bins of equal width (Guo et al. 2017). Probabilities are
those of a temperature of {temperature:.2f}, fitted on the validation split.

```python
import tensorflow as tf

model = tf.saved_model.load("{folder}")
told = model.signatures["explain"](text=tf.constant(["A text."]))
print(told["label"].numpy()[0].decode(), told["score"].numpy()[0], told["attention"].shape)  # (batch, pieces)
```

Signatures: `serving_default` (`text` -> `label`, `probabilities`, `classes`, `score`, `bytes_read`),
`explain` (also the pieces, their bytes, attention and gate). Texts are read up to {max_pieces:,} pieces;
`bytes_read` says how far that is. `model.keras`, beside, gives logits that no temperature divides.

It knows texts like those of its training data; of others it is as sure, and may be wrong. Attention says
where the model looked, which need not be why it decided so.
"""


def card(config: SentimentConfig, classes: list[str], metrics: dict[str, Any]) -> str:
    """The card of a model, filled with its measures."""
    training = metrics["training"]
    return CARD.format(
        data=config.data.data,
        architecture=config.model.architecture,
        attention=config.model.attention,
        parameters=training["parameters"],
        steps=training["steps"],
        epochs=training["epochs"],
        minutes=training["seconds"] / 60,
        classes=", ".join(f"`{name}`" for name in classes),
        rows="\n".join(_row(name, told) for name, told in metrics["tests"].items()),
        temperature=training["temperature"],
        folder=config.saved_models / "1",
        max_sequence_length=config.data.max_sequence_length,
    )


def _row(name: str, told: dict[str, Any]) -> str:
    auc = "" if told["roc_auc"] is None else f"{told['roc_auc']:.4f}"
    return (
        f"| {name} | {told['texts']:,} | {told['accuracy']:.1%} | {told['macro_f1']:.3f} | {auc} "
        f"| {told['reliability'].error:.3f} |"
    )
