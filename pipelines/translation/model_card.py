"""Model card of an exported translator."""

from pathlib import Path
from typing import Any

from .config import TranslationConfig

TEMPLATE = """# A translation model with its attention, version {version}

Trained by foveal on `{data}`{languages}: architecture `{architecture}`, {parameters:,}
parameters, {steps:,} updates ({epochs} passes over the data, {minutes:.1f} minutes).

| split | sentences | sacreBLEU | chrF | exact |
|---|---:|---:|---:|---:|
{rows}

sacreBLEU signature: `{signature}`. Beam search, {num_beams} beams{shortlist}.

```python
import tensorflow as tf

model = tf.saved_model.load("{folder}")
outputs = model.signatures["explain"](text=tf.constant(["A sentence."]))
print(outputs["text"].numpy()[0].decode(), outputs["attention"].shape)  # (batch, target, source)
```

Signatures: `serving_default` (`text` -> `text`, `score`), `explain` (also tokens, byte offsets, attention and
gate), `fast` (greedy search). The first call of each size compiles for seconds. TensorFlow 2.18 or newer
loads them.

The model translates the language of its training data only. Other text is translated badly, and only the
score indicates it. Attention shows the source tokens that the model attends to; it need not be the reason
for a word of the translation.
"""


def model_card(config: TranslationConfig, metrics: dict[str, Any], version: Path) -> str:
    """Fill the model card of a translator.

    Args:
        config: of the trained model.
        metrics: `training`, and in `tests` the metrics of each split under `beam`.
        version: folder of the exported model.
    """
    tests = {name: searches["beam"] for name, searches in metrics["tests"].items()}
    training, data = metrics["training"], config.data
    size = config.decoding.shortlist_size
    return TEMPLATE.format(
        version=version.name,
        data=data.data,
        languages=f", from {data.source} to {data.target}" if data.source and data.target else "",
        architecture=config.model.architecture,
        parameters=training["parameters"],
        steps=training["steps"],
        epochs=training["epochs"],
        minutes=training["seconds"] / 60,
        rows="\n".join(_row(name, test) for name, test in tests.items()),
        signature=next(iter(tests.values()))["bleu"].signature,
        num_beams=config.decoding.num_beams,
        shortlist=f", lexical shortlist of {size} translations of each token" if size else "",
        folder=version,
    )


def _row(name: str, test: dict[str, Any]) -> str:
    return (
        f"| {name} | {test['sentences']:,} | {test['bleu'].value:.1f} | {test['chrf'].value:.1f} "
        f"| {test['exact']:.1%} |"
    )
