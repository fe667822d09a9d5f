"""Model card of an exported translator."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..saved_model.compatibility import describe_scripts
from ..saved_model.export import keras_model_card
from ..saved_model.quantization import card_note, card_splits
from .config import TranslationConfig

TEMPLATE = """# A translation model with its attention, version {version}

Trained by foveal on `{data}`{languages}: architecture `{architecture}`, {parameters:,}
parameters, {steps:,} updates ({epochs} passes over the data, {minutes:.1f} minutes).
Scripts of its texts: {scripts}.

| split | sentences | sacreBLEU | chrF | exact |
|---|---:|---:|---:|---:|
{rows}

sacreBLEU signature: `{signature}`. Beam search, {num_beams} beams{shortlist}.
{quantization}
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

{keras_model}"""


def model_card(
    config: TranslationConfig, vocabulary: Sequence[str], metrics: dict[str, Any], version: Path
) -> str:
    """Fill the model card of a translator.

    Args:
        config: of the trained model.
        vocabulary: tokens of the codec.
        metrics: those of `metrics.json`; the metrics of a split are under `beam`.
        version: folder of the exported model.
    """
    tests = {name: searches["beam"] for name, searches in card_splits(metrics).items()}
    training, data = metrics["training"], config.data
    size = config.decoding.shortlist_size
    return TEMPLATE.format(
        version=version.name,
        data=data.data,
        languages=f", from {data.source} to {data.target}" if data.source and data.target else "",
        scripts=describe_scripts(vocabulary),
        architecture=config.model.architecture,
        parameters=training["parameters"],
        steps=training["steps"],
        epochs=training["epochs"],
        minutes=training["seconds"] / 60,
        rows="\n".join(_row(name, test) for name, test in tests.items()),
        signature=next(iter(tests.values()))["bleu"].signature,
        num_beams=config.decoding.num_beams,
        quantization=card_note(metrics),
        shortlist=f", lexical shortlist of {size} translations of each token" if size else "",
        folder=version,
        keras_model=keras_model_card(version),
    )


def _row(name: str, test: dict[str, Any]) -> str:
    return (
        f"| {name} | {test['sentences']:,} | {test['bleu'].value:.1f} | {test['chrf'].value:.1f} "
        f"| {test['exact']:.1%} |"
    )
