"""Sentences a second of exported translators side by side, with the quality that their exports state.

`python benchmarks/compare_translators.py saved_models/translation/1 saved_models/translation/2`: two exports
that were trained on the same data. Their calls with the first sentences of the test split are timed in
alternation; ratios are those of a model to the first one.
"""

import json
import statistics
from functools import partial
from pathlib import Path

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import tensorflow as tf
import tyro
from tabulate import tabulate

from foveal.benchmarks.timing import alternate, timed
from foveal.pipelines.saved_model.loading import load_saved_model
from foveal.pipelines.translation.config import DatasetConfig
from foveal.pipelines.translation.data import load_split, test_splits

BATCH_SIZES = (1, 32)
SEARCHES = {"beam": "serving_default", "greedy": "fast"}
REPETITIONS = 9
CALLS = 4  # batches of one run


def main(models: tyro.conf.Positional[tuple[Path, ...]], data: DatasetConfig) -> None:
    """Print a table of quality and one of speed.

    Args:
        models: folders of exported models, the one to compare with first.
        data: data set that they were trained on.
    """
    rows = [[str(model), *quality(model).values()] for model in models]
    print(tabulate(rows, ["model", *quality(models[0])], tablefmt="pipe", floatfmt=".1f"), end="\n\n")
    texts = load_split(data, test_splits(data.data)[0]).source
    loaded = [load_saved_model(model) for model in models]
    rows = []
    for search, signature in SEARCHES.items():
        for batch_size in BATCH_SIZES:
            batches = [tf.constant(texts[i * batch_size : (i + 1) * batch_size]) for i in range(CALLS)]
            runs = [timed(partial(translate, model.signatures[signature], batches)) for model in loaded]
            times = alternate(runs, REPETITIONS, warmup=1)
            for model, seconds in zip(models, times, strict=True):
                ratios = sorted(first / own for first, own in zip(times[0], seconds, strict=True))
                speed = CALLS * batch_size / statistics.median(seconds)
                rows.append([search, batch_size, str(model), speed, statistics.median(ratios)])
                rows[-1] += [ratios[0], ratios[-1]]
    header = ["search", "batch", "model", "sentences a second", "ratio", "lowest", "highest"]
    print(tabulate(rows, header, tablefmt="pipe", floatfmt=("", "", "", ".0f", ".2f", ".2f", ".2f")))


def quality(model: Path) -> dict[str, float]:
    """Read validation and test BLEU, test chrF and parameters from the metrics of an export."""
    metrics = json.loads((model / "assets.extra" / "metrics.json").read_text())
    test = next(iter(metrics["tests"].values()))
    return {
        "validation BLEU, greedy": metrics["training"]["best_bleu"],
        "test BLEU, beam": test["beam"]["bleu"]["value"],
        "test BLEU, greedy": test["greedy"]["bleu"]["value"],
        "million parameters": metrics["training"]["parameters"] / 1e6,
    }


def translate(signature: tf.types.experimental.ConcreteFunction, batches: list[tf.Tensor]) -> None:
    """Translate all batches."""
    for batch in batches:
        signature(text=batch)


if __name__ == "__main__":
    tyro.cli(main)
