"""Which words does a captioner write without looking? The mean gate of each word of its captions.

`python benchmarks/gate_per_word.py --data flickr8k --manual-dir ~/flickr8k`, with an exported model whose
decoder has the adaptive gate. A word's gate is that of its first piece: it is the one that chooses the word.
"""

from collections import defaultdict
from pathlib import Path

import numpy as np
import tyro
from tabulate import tabulate

from foveal.focus import effective_keys
from foveal.pipelines.captioning.config import DataConfig
from foveal.pipelines.captioning.data import TESTS, load
from foveal.pipelines.saved_model.export import load as load_model
from foveal.pipelines.text.whitespace_words import first_token_of_words, split_on_whitespace

BATCH = 32


def main(
    data: DataConfig,
    model: Path = Path("saved_models/captioning"),
    pictures: int = 400,
    at_least: int = 20,
    shown: int = 12,
) -> None:
    test = load(data, TESTS.get(data.data, ("test",))[0])
    explain = load_model(model).signatures["explain"]
    gates, widths = defaultdict(list), []
    for batch in test.images.take(pictures).batch(BATCH):
        told = {name: value.numpy() for name, value in explain(image=batch).items()}
        for text, offsets, gate, maps in zip(
            told["text"], told["target_offsets"], told["gate"], told["attention"], strict=True
        ):
            words = split_on_whitespace(text.decode())
            first = first_token_of_words(offsets, words)
            for word, place in zip(words.labels, first, strict=True):
                gates[word].append(gate[place])
            widths.extend(effective_keys(maps[first].reshape(len(first), -1)))
    every = np.concatenate([np.array(own) for own in gates.values()])
    print(f"{len(every):,} words: mean gate {every.mean():.3f}, effective cells {np.mean(widths):.1f}\n")
    common = [(word, np.mean(own), len(own)) for word, own in gates.items() if len(own) >= at_least]
    ranked = sorted(common, key=lambda one: -one[1])
    ends = ranked if len(ranked) <= 2 * shown else [*ranked[:shown], *ranked[-shown:]]
    print(tabulate(ends, ["word", "gate", "times"], floatfmt=".3f"))


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
