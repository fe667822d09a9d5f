"""The model card that travels with an exported translator."""

from typing import Any

from .config import TranslationConfig

CARD = """# A translation model that tells where it looked

Trained by foveal on `{data}` ({source} to {target}): architecture `{architecture}`, {parameters:,}
parameters, {steps:,} updates ({epochs} passes over the data, {minutes:.1f} minutes).

| split | sentences | sacreBLEU | chrF | exact |
|---|---:|---:|---:|---:|
{rows}

sacreBLEU signature: `{signature}`. Beam search, {beams} beams.

```python
import tensorflow as tf

model = tf.saved_model.load("{folder}")
told = model.signatures["explain"](text=tf.constant(["A sentence."]))
print(told["text"].numpy()[0].decode(), told["attention"].shape)  # (batch, target, source)
```

Signatures: `serving_default` (`text` -> `text`, `score`), `explain` (also tokens, byte offsets, attention and
gate), `fast` (greedy, compiled for each size at its first call).

It knows the language of its training data and no other; what is unlike that data is translated badly, and
nothing tells so but the score. Attention says where the model looked, which need not be why it wrote a word.
"""


def card(config: TranslationConfig, metrics: dict[str, Any]) -> str:
    """The card of a model, filled with its measures."""
    tests = {name: told["beam"] for name, told in metrics["tests"].items()}
    rows = [
        f"| {name} | {told['sentences']:,} | {told['bleu'].value:.1f} | {told['chrf'].value:.1f} "
        f"| {told['exact']:.1%} |"
        for name, told in tests.items()
    ]
    training = metrics["training"]
    return CARD.format(
        data=config.data.data,
        source=config.data.source or "its first language",
        target=config.data.target or "the other",
        architecture=config.model.architecture,
        parameters=training["parameters"],
        steps=training["steps"],
        epochs=training["epochs"],
        minutes=training["seconds"] / 60,
        rows="\n".join(rows),
        signature=next(iter(tests.values()))["bleu"].signature,
        num_beams=config.decoding.num_beams,
        folder=config.saved_models / "1",
    )
