"""The model card that travels with an exported captioner."""

from typing import Any

from .config import CaptioningConfig, DecodingConfig

CARD = """# A captioning model that tells where it looked

Trained by foveal on `{data}`: encoder `{encoder}`, decoder `{architecture}` with `{attention}` attention,
{parameters:,} parameters, {steps:,} updates ({minutes:.1f} minutes), {drawn:,} of them
on captions that it drew.

| split | pictures | BLEU-4 | CIDEr-D | ROUGE-L |
|---|---:|---:|---:|---:|
{rows}

Tokens: {tokenization}. {search}.

```python
import tensorflow as tf

model = tf.saved_model.load("{folder}")
told = model.signatures["explain"](image=tf.constant([open("picture.jpg", "rb").read()]))
print(told["text"].numpy()[0].decode(), told["attention"].shape)  # (batch, word, row, column)
```

Signatures: `serving_default` (`image` -> `text`, `score`, `valid`), `explain` (also tokens, byte offsets,
attention, gate and the region of each cell), `fast` (greedy).

It was trained on one kind of pictures; of others it says what it would say of those, and nothing tells so but
the score. Attention says where the model looked, which need not be why it wrote a word. Captions carry the
habits, and the prejudices, of those who wrote the training captions.
"""


def card(config: CaptioningConfig, metrics: dict[str, Any]) -> str:
    """The card of a model, filled with its measures."""
    tests = metrics["tests"]
    rows = [
        f"| {name} | {told['captions']:,} | {told['bleu_4']:.3f} | {told['cider']:.3f} "
        f"| {told['rouge_l']:.3f} |"
        for name, told in tests.items()
    ]
    training = metrics["training"]
    drawn = training.get("self_critical_steps", 0)
    seconds = training["seconds"] + training.get("self_critical_seconds", 0.0)
    return CARD.format(
        data=config.data.data,
        encoder=config.model.encoder,
        architecture=config.model.architecture,
        attention=config.model.attention,
        parameters=training["parameters"],
        steps=training["steps"] + drawn,
        drawn=drawn,
        minutes=seconds / 60,
        rows="\n".join(rows),
        tokenization=next(iter(tests.values()))["tokenization"],
        search=_search(config.decoding),
        folder=config.saved_models / "1",
    )


def _search(config: DecodingConfig) -> str:
    if config.minimum_bayes_risk:
        return f"Of {config.num_beams} beams the sequence that is most like the others is written"
    return "Greedy search" if config.num_beams == 1 else f"Beam search, {config.num_beams} beams"
