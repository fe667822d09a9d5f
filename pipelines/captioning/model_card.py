"""Model card of an exported captioner."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..saved_model.compatibility import describe_scripts
from ..saved_model.export import keras_model_card
from ..saved_model.quantization import card_note, card_splits
from .config import CaptioningConfig, DecodingConfig

CARD = """# An image captioning model with its attention, version {version}

Trained by foveal on `{data}`: encoder `{encoder}`, decoder `{architecture}` with `{attention}` attention,
{parameters:,} parameters, {steps:,} updates ({minutes:.1f} minutes), {self_critical_steps:,} of them
self-critical training on sampled captions. Scripts of its captions: {scripts}.

| split | images | BLEU-4 | CIDEr-D | ROUGE-L |
|---|---:|---:|---:|---:|
{rows}

Tokenization of the metrics: {tokenization}. {search}.
{quantization}
```python
import tensorflow as tf

model = tf.saved_model.load("{folder}")
outputs = model.signatures["explain"](image=tf.constant([open("image.jpg", "rb").read()]))
print(outputs["text"].numpy()[0].decode(), outputs["attention"].shape)  # (batch, token, row, column)
```

Signatures: `serving_default` (`image` -> `text`, `score`, `valid`), `explain` (also tokens, byte offsets,
attention, gate and the region of each cell), `fast` (greedy). The first call of each batch size compiles for
seconds. TensorFlow 2.20 or newer loads them.

The model knows one kind of images. It captions other images as if they were of that kind, and only the score
may say so. Attention is not necessarily an explanation of a word. Captions carry the habits, and the
prejudices, of those who wrote the training captions.

{keras_model}"""


def model_card(
    config: CaptioningConfig, vocabulary: Sequence[str], metrics: dict[str, Any], version: Path
) -> str:
    """Fill in the model card.

    Args:
        config: configuration of the run.
        vocabulary: tokens of the codec.
        metrics: those of `metrics.json`.
        version: folder of the exported model.
    """
    tests = card_splits(metrics)
    rows = [
        f"| {name} | {scores['captions']:,} | {scores['bleu_4']:.3f} | {scores['cider']:.3f} "
        f"| {scores['rouge_l']:.3f} |"
        for name, scores in tests.items()
    ]
    training = metrics["training"]
    self_critical_steps = training.get("self_critical_steps", 0)
    seconds = training["seconds"] + training.get("self_critical_seconds", 0.0)
    return CARD.format(
        version=version.name,
        data=config.data.data,
        scripts=describe_scripts(vocabulary),
        encoder=config.model.encoder,
        architecture=config.model.architecture,
        attention=config.model.attention,
        parameters=training["parameters"],
        steps=training["steps"] + self_critical_steps,
        self_critical_steps=self_critical_steps,
        minutes=seconds / 60,
        rows="\n".join(rows),
        tokenization=next(iter(tests.values()))["tokenization"],
        search=_describe_search(config.decoding),
        quantization=card_note(metrics),
        folder=version,
        keras_model=keras_model_card(version),
    )


def _describe_search(config: DecodingConfig) -> str:
    if config.minimum_bayes_risk:
        return f"Minimum Bayes risk decoding over {config.num_beams} beams"
    return "Greedy search" if config.num_beams == 1 else f"Beam search with {config.num_beams} beams"
