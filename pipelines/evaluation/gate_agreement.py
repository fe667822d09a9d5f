"""Agreement of the gate of generated texts with gold, beside gates that know less."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...focus.plausibility import GatedText, gate_auroc, gate_of_words, random_gates

Metrics = dict[str, Any]


def evaluate_gate(split: str, texts: Sequence[GatedText]) -> Metrics | None:
    """Measure and print the agreement of the gate with gold; None without a gate or without gold.

    Args:
        split: name of the split.
        texts: the generated texts.

    Returns:
        `auroc` of the model, of a gate that knows the `word` alone and of a `random` gate; the mean gate of
        words with gold 1 and 0; the number of `words`, and the `sentinel_share` of those with gold 1.
    """
    auroc = gate_auroc(texts)
    if np.isnan(auroc):
        return None
    gates, gold = (np.concatenate([getattr(text, name) for text in texts]) for name in ("gate", "gold"))
    metrics = {
        "auroc": round(auroc, 4),
        "baselines": {
            "word": round(gate_auroc(gate_of_words(texts)), 4),
            "random": round(gate_auroc(random_gates(texts)), 4),
        },
        "mean_gate_sentinel": round(float(gates[gold].mean()), 4),
        "mean_gate_input": round(float(gates[~gold].mean()), 4),
        "sentinel_share": round(float(gold.mean()), 4),
        "words": len(gold),
    }
    baselines = metrics["baselines"]
    print(
        f"{split} (gate): {metrics['mean_gate_sentinel']:.2f} for the words that the input does not "
        f"determine ({metrics['sentinel_share']:.0%} of {len(gold):,}), {metrics['mean_gate_input']:.2f} for "
        f"the others; area under the ROC curve {auroc:.3f} (by the word alone {baselines['word']:.3f}, "
        f"random {baselines['random']:.3f})"
    )
    return metrics
