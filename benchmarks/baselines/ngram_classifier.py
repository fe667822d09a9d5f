"""N-gram baseline of sentiment analysis: the linear model of hashed n-grams of `pooling`, without a network.

`python benchmarks/baselines/ngram_classifier.py --data imdb_reviews --manual-dir ~/imdb --vocabulary-size
16000`; all other flags are those of the data of the pipeline. The logits of a text are the sum of those of
its n-grams, each counted once.
"""

import time

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import numpy as np
import tyro

from foveal.pipelines.sentiment.config import DataConfig
from foveal.pipelines.sentiment.data import encode, prepare
from foveal.pipelines.sentiment.ngram_logits import fit_ngram_logits, ngram_presence


def main(data: DataConfig, ngrams: int = 3, num_bins: int = 2**21) -> None:
    prepared = prepare(data)
    start = time.perf_counter()
    presence = ngram_presence(prepared.train["text"], ngrams, num_bins)
    table = fit_ngram_logits(presence, prepared.labels, len(prepared.classes))
    seconds = time.perf_counter() - start
    accuracy = {}
    for name, test in prepared.tests.items():
        ids = encode(prepared.codec, test.text, data.max_sequence_length, data.lowercase)
        logits = ngram_presence(ids, ngrams, num_bins) @ table
        accuracy[name] = np.mean(logits.argmax(axis=1) == test.label)
    print(
        f"{data.data}, logits of n-grams of 1 to {ngrams} tokens: "
        + ", ".join(f"{name} {100 * value:.2f} %" for name, value in accuracy.items())
        + f"; {seconds:.0f} s"
    )


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
