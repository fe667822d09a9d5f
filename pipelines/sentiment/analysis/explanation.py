"""What decided, told by the `explain` signature of a SavedModel of this pipeline."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ....focus.figures.highlights import highlight_figure
from ....focus.records.alignment import word_spans
from ...saved_model.batched_calls import Signature, answers
from .word_attention import of_words


@dataclass(frozen=True)
class Explanation:
    """A label, and how much attention each word of the text got.

    probabilities: of each class by name. attention: `(words,)`, 1 in all but for what was spent on
    the space between words. gate: from 0 (the words decided) to 1 (the summary of the whole text
    did); 0 of a model without one. bytes_read: of the text, in UTF-8; fewer than it has where it was
    too long.
    """

    text: str
    label: str
    probabilities: dict[str, float]
    words: list[str]
    attention: np.ndarray
    gate: float
    bytes_read: int

    def figure(self) -> Any:
        """The text with the words that were looked at marked: a matplotlib figure."""
        title = f"{self.label} {max(self.probabilities.values()):.0%}"
        return highlight_figure(self.words, self.attention, title, self.gate)

    def table(self, most: int = 8) -> str:
        """The label, the probabilities, the words with most attention and the gate, in lines."""
        shares = ", ".join(f"{name} {share:.1%}" for name, share in self.probabilities.items())
        lines = [f"{self.label or 'no label: the text is blank'} ({shares})", ""]
        width = max((len(word) for word in self.words), default=0)
        for place in np.argsort(-self.attention, kind="stable")[:most]:
            if self.attention[place] >= 0.005:
                lines.append(f"{self.words[place]:<{width}}  {self.attention[place]:4.0%}")
        lines += ["", f"gate {self.gate:.2f}"]
        length = len(self.text.encode())
        if self.bytes_read < length:
            lines.append(f"read up to byte {self.bytes_read:,} of {length:,}")
        return "\n".join(lines)


def explain(signature: Signature, text: str) -> Explanation:
    """Classify one text and say which words were looked at.

    Args:
        signature: the `explain` signature of a SavedModel of this pipeline.
        text: what to classify.
    """
    (told,) = answers(signature, [text], lambda told, _: told)
    words, spans = word_spans(text.encode()[: told["bytes_read"]].decode(errors="ignore"))
    probabilities = zip(told["classes"], told["probabilities"], strict=True)
    return Explanation(
        text,
        told["label"].decode(),
        {name.decode(): float(share) for name, share in probabilities},
        words,
        of_words(told, spans),
        float(told["gate"]),
        int(told["bytes_read"]),
    )
