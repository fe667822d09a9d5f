"""Mean sentinel gate of each word of the captions of an adaptive captioner (Lu et al. 2017).

`python benchmarks/gate_per_word.py --data flickr8k --manual-dir ~/flickr8k`, with an exported model whose
decoder has the adaptive gate. The gate of a word is that of its first token, which selects the word.
"""

from collections import defaultdict
from pathlib import Path

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import numpy as np
import tensorflow as tf
import tyro
from tabulate import tabulate

from foveal.focus import effective_keys, word_axis
from foveal.pipelines.captioning.config import DataConfig
from foveal.pipelines.captioning.data import load_split
from foveal.pipelines.saved_model.batched_calls import Signature
from foveal.pipelines.saved_model.loading import load_saved_model
from foveal.pipelines.text.word_units import first_token_of_words

BATCH_SIZE = 32


def main(
    data: DataConfig,
    model: Path = Path("saved_models/captioning"),
    num_images: int = 400,
    min_count: int = 20,
    num_rows: int = 12,
) -> None:
    """Print the mean gate of the words of captions.

    Args:
        data: data set; its `test` split is captioned.
        model: folder of the exported model, or of its versions.
        num_images: number of images, the first ones of the split.
        min_count: number of occurrences of a word from which on it is listed.
        num_rows: number of words with the highest gates, and of words with the lowest gates.
    """
    images = load_split(data, "test").images.take(num_images)
    gates, num_cells = collect_gates(load_saved_model(model).signatures["explain"], images)
    all_gates = np.concatenate([np.array(values) for values in gates.values()])
    print(f"{len(all_gates):,} words: mean gate {all_gates.mean():.3f}, effective cells {num_cells:.1f}\n")
    rows = [
        (word, np.mean(values), len(values)) for word, values in gates.items() if len(values) >= min_count
    ]
    ranked = sorted(rows, key=lambda row: -row[1])
    listed = ranked if len(ranked) <= 2 * num_rows else [*ranked[:num_rows], *ranked[-num_rows:]]
    print(tabulate(listed, ["word", "gate", "count"], floatfmt=".3f"))


def collect_gates(signature: Signature, images: tf.data.Dataset) -> tuple[dict[str, list[float]], float]:
    """Caption images and collect the gate of every word.

    Args:
        signature: the `explain` signature of a captioner.
        images: encoded images.

    Returns:
        The gates of each word in all captions, and the mean effective number of attended cells.
    """
    gates, num_cells = defaultdict(list), []
    for batch in images.batch(BATCH_SIZE):
        outputs = {name: value.numpy() for name, value in signature(image=batch).items()}
        columns = (outputs[name] for name in ("text", "target_offsets", "gate", "attention"))
        for text, offsets, gate, attention in zip(*columns, strict=True):
            words = word_axis(text.decode())
            tokens = first_token_of_words(offsets, words)
            for word, token in zip(words.labels, tokens, strict=True):
                gates[word].append(gate[token])
            num_cells.extend(effective_keys(attention[tokens].reshape(len(tokens), -1)))
    return gates, float(np.mean(num_cells))


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
