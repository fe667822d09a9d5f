"""What classifies without knowing any order: a logistic regression on words, and on pairs of words.

`python benchmarks/baselines/bag_of_words.py --data imdb_reviews --manual-dir ~/imdb`. TF-IDF of words and
punctuation marks; the strength of the regularization is chosen on the validation split. The seconds
are those of one model of the four that are tried, with its vectors.
"""

import time
from pathlib import Path

import tyro
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from foveal.datasets import load_sentiment

TESTS = {"reviews": ("test", "test_compositions")}  # where there is more than one
STRENGTHS = (1.0, 3.0, 10.0, 30.0)


def main(data: str = "reviews", manual_dir: Path | None = None) -> None:
    folder = manual_dir and str(manual_dir)
    names = ("train", "validation", *TESTS.get(data, ("test",)))
    splits = {name: load_sentiment(data, name, manual_dir=folder) for name in names}
    for longest in (1, 2):
        start = time.perf_counter()
        vectorizer = TfidfVectorizer(
            ngram_range=(1, longest), token_pattern=r"\w+|[^\w\s]", sublinear_tf=True
        )
        vectorizer.fit(splits["train"].text)
        features = {name: vectorizer.transform(split.text) for name, split in splits.items()}
        prepared = time.perf_counter()
        models = [
            LogisticRegression(C=strength, max_iter=1000).fit(features["train"], splits["train"].label)
            for strength in STRENGTHS
        ]
        fitted = time.perf_counter()
        best = max(models, key=lambda model: model.score(features["validation"], splits["validation"].label))
        accuracy = {name: best.score(features[name], splits[name].label) for name in names}
        seconds = prepared - start + (fitted - prepared) / len(STRENGTHS)
        print(
            f"{data}, words{' and pairs' if longest == 2 else ''} (C = {best.C:g}): "
            + ", ".join(f"{name} {100 * value:.1f} %" for name, value in accuracy.items())
            + f"; {seconds:.0f} s"
        )


if __name__ == "__main__":
    tyro.cli(main)
