"""Explanation of one prediction: word-level attention and gate from the `explain` signature."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ....focus.figures import highlight_figure
from ....focus.figures.style import format_weight
from ....focus.records import word_spans
from ...evaluation.legends import attention_legend
from ...saved_model.batched_calls import Signature, map_signature
from .word_attention import word_attention

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MIN_SHARE = 0.02  # of the highest weight; smaller weights are not listed


@dataclass(frozen=True)
class Explanation:
    """A label with the word-level attention of the text.

    probabilities: of each class by name. attention: `(words,)`; its sum is 1 minus the attention between
        words.
    gate: from 0 (token attention alone) to 1 (mean state alone); None for a model without a gate.
    bytes_read: UTF-8 bytes before the truncation.
    num_heads: number of heads, of which attention and gate are the mean.
    """

    text: str
    label: str
    probabilities: dict[str, float]
    words: list[str]
    attention: npt.NDArray[np.floating]
    gate: float | None
    bytes_read: int
    num_heads: int = 1

    def figure(self) -> "Figure":
        """Draw the text with highlighted words; returns a matplotlib figure."""
        title = f"{self.label} {max(self.probabilities.values()):.0%}"
        label = attention_legend(self.num_heads)
        return highlight_figure(self.words, self.attention, title, self.gate, label=label)

    def table(self, num_words: int = 8) -> str:
        """Format the label, the probabilities, the words of highest weight and the gate, in lines."""
        shares = ", ".join(f"{name} {share:.1%}" for name, share in self.probabilities.items())
        lines = [f"{self.label or 'no label: the text is blank'} ({shares})"]
        if not self.words:
            return lines[0]
        lines.append("")
        width = max(len(word) for word in self.words)
        highest = self.attention.max()
        for index in np.argsort(-self.attention, kind="stable")[:num_words]:
            if self.attention[index] > MIN_SHARE * highest:
                lines.append(
                    f"{self.words[index]:<{width}}  {format_weight(float(self.attention[index])):>4}"
                )
        lines += ["", attention_legend(self.num_heads)]
        if self.gate is not None:
            lines.append(f"gate {self.gate:.2f} (0: attention alone; 1: memory alone, the mean of the text)")
        length = len(self.text.encode())
        if self.bytes_read < length:
            lines.append(f"truncated after byte {self.bytes_read:,} of {length:,}")
        return "\n".join(lines)


def explain(signature: Signature, text: str) -> Explanation:
    """Classify one text and return its word-level attention.

    Args:
        signature: the `explain` signature of a classifier.
        text: any text.
    """
    (outputs,) = map_signature(signature, [text], lambda outputs, _: outputs)
    words, spans = word_spans(text.encode()[: outputs["bytes_read"]].decode(errors="ignore"))
    probabilities = zip(outputs["classes"], outputs["probabilities"], strict=True)
    return Explanation(
        text=text,
        label=outputs["label"].decode(),
        probabilities={name.decode(): float(share) for name, share in probabilities},
        words=words,
        attention=word_attention(outputs, spans),
        gate=float(outputs["gate"]) if outputs["gate"].any() else None,
        bytes_read=int(outputs["bytes_read"]),
        num_heads=len(outputs["attention_heads"]),
    )
