"""What the linear model of runs of pieces that `pooling` hears is worth by itself: no attention, no network.

`python benchmarks/baselines/ngram_classifier.py --data imdb_reviews --manual-dir ~/imdb --vocabulary-size 16000`; the
other flags are those of the pipeline's data. A text is of the class for which its runs speak most, each run
counted once.
"""

import time

import numpy as np
import tyro

from foveal.pipelines.sentiment.config import DataConfig
from foveal.pipelines.sentiment.data import encode, prepare
from foveal.pipelines.sentiment.ngram_logits import evidence, ngram_presence


def main(data: DataConfig, ngrams: int = 3, num_bins: int = 2**21) -> None:
    prepared = prepare(data)
    start = time.perf_counter()
    present = ngram_presence(prepared.train["text"], ngrams, num_bins)
    table = evidence(present, prepared.labels, len(prepared.classes))
    seconds = time.perf_counter() - start
    accuracy = {}
    for name, test in prepared.tests.items():
        spoken = ngram_presence(encode(prepared.codec, test.text, data), ngrams, num_bins) @ table
        accuracy[name] = np.mean(spoken.argmax(axis=1) == test.label)
    print(
        f"{data.data}, evidence of runs of 1 to {ngrams} pieces: "
        + ", ".join(f"{name} {100 * value:.2f} %" for name, value in accuracy.items())
        + f"; {seconds:.0f} s"
    )


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
