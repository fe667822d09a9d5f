"""Sentinel gate by word and by class of words in the captions of an adaptive captioner (Lu et al. 2017).

`python benchmarks/gate_per_word.py --data flickr8k --manual-dir ~/flickr8k`, with an exported model whose
decoder has the adaptive gate. The gate of a word is that of its first token, which selects the word.
Photographs have no gold of the gate; function words of a list take its place: a word of grammar depends less
on the image than a noun.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import numpy as np
import tensorflow as tf
import tyro
from sklearn.metrics import roc_auc_score
from tabulate import tabulate

from foveal.focus import effective_keys, word_axis
from foveal.pipelines.captioning.config import DataConfig
from foveal.pipelines.captioning.data import load_split
from foveal.pipelines.saved_model.batched_calls import Signature
from foveal.pipelines.saved_model.loading import load_saved_model
from foveal.pipelines.text.word_units import first_token_of_words

BATCH_SIZE = 32
FUNCTION_WORDS = {
    "article": ("a", "an", "the"),
    "preposition": (
        *("about", "above", "across", "against", "along", "among", "around", "at", "behind", "below"),
        *("beside", "between", "by", "down", "during", "for", "from", "in", "inside", "into", "near", "next"),
        *("of", "off", "on", "onto", "out", "outside", "over", "past", "through", "to", "toward", "towards"),
        *("under", "up", "with", "without"),
    ),
    "conjunction": ("and", "as", "but", "or", "than", "that", "which", "while", "who"),
    "pronoun": ("he", "her", "him", "his", "it", "its", "she", "their", "them", "there", "they", "we"),
    "auxiliary": ("are", "be", "been", "being", "can", "has", "have", "is", "was", "were"),
}
CONTENT = "other words"


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
    print(tabulate(class_rows(gates), ["class", "gate", "count", "area under the ROC curve"], floatfmt=".3f"))
    print()
    rows = [
        (word, np.mean(values), len(values)) for word, values in gates.items() if len(values) >= min_count
    ]
    ranked = sorted(rows, key=lambda row: -row[1])
    listed = ranked if len(ranked) <= 2 * num_rows else [*ranked[:num_rows], *ranked[-num_rows:]]
    print(tabulate(listed, ["word", "gate", "count"], floatfmt=".3f"))


def class_rows(gates: Mapping[str, Sequence[float]]) -> list[tuple]:
    """Return for each class of words its name, mean gate, count, and area under the ROC curve.

    The area is the probability that the gate of a word of the class is higher than that of a word outside
    all classes.

    Args:
        gates: the gates of each word.
    """
    class_of = {word: name for name, words in FUNCTION_WORDS.items() for word in words}
    by_class = defaultdict(list)
    for word, values in gates.items():
        by_class[class_of.get(word.lower(), CONTENT)].extend(values)
    content = by_class.pop(CONTENT)
    groups = by_class | {"all function words": [value for values in by_class.values() for value in values]}
    rows = []
    for name, values in groups.items():
        is_function = [True] * len(values) + [False] * len(content)
        area = roc_auc_score(is_function, [*values, *content])
        rows.append((name, np.mean(values), len(values), area))
    return [*rows, (CONTENT, np.mean(content), len(content), None)]


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
