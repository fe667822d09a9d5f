"""Bag-of-words baseline of sentiment analysis: logistic regression on TF-IDF of words and word pairs.

`python benchmarks/baselines/bag_of_words.py --data imdb_reviews --manual-dir ~/imdb`. Tokens are words and
punctuation marks. The regularization is selected on the validation split, from four models; the seconds are
those of one of them, with its vectors.
"""

import time
from pathlib import Path

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import tyro
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from foveal.datasets import LabelledText, load_sentiment

TEST_SPLITS = {"reviews": ("test", "test_compositions")}  # of data sets with more than one
INVERSE_REGULARIZATION = (1.0, 3.0, 10.0, 30.0)  # C of the logistic regression


def main(data: str = "reviews", manual_dir: Path | None = None) -> None:
    folder = manual_dir and str(manual_dir)
    names = ("train", "validation", *TEST_SPLITS.get(data, ("test",)))
    splits = {name: load_sentiment(data, name, manual_dir=folder) for name in names}
    for max_ngram in (1, 2):
        accuracy, c, seconds = evaluate(splits, max_ngram)
        print(
            f"{data}, words{' and pairs' if max_ngram == 2 else ''} (C = {c:g}): "
            + ", ".join(f"{name} {100 * value:.1f} %" for name, value in accuracy.items())
            + f"; {seconds:.0f} s"
        )


def evaluate(splits: dict[str, LabelledText], max_ngram: int) -> tuple[dict[str, float], float, float]:
    """Fit the models and evaluate the best one.

    Args:
        splits: labelled texts by split, with `train` and `validation`.
        max_ngram: maximum number of words of an n-gram.

    Returns:
        The accuracy on each split, C of the best model, and the seconds of one model.
    """
    train, validation = splits["train"], splits["validation"]
    start = time.perf_counter()
    vectorizer = TfidfVectorizer(ngram_range=(1, max_ngram), token_pattern=r"\w+|[^\w\s]", sublinear_tf=True)
    vectorizer.fit(train.text)
    features = {name: vectorizer.transform(split.text) for name, split in splits.items()}
    vectorized = time.perf_counter()
    models = [
        LogisticRegression(C=c, max_iter=1000).fit(features["train"], train.label)
        for c in INVERSE_REGULARIZATION
    ]
    fitted = time.perf_counter()
    best = max(models, key=lambda model: model.score(features["validation"], validation.label))
    accuracy = {name: float(best.score(features[name], split.label)) for name, split in splits.items()}
    seconds = vectorized - start + (fitted - vectorized) / len(INVERSE_REGULARIZATION)
    return accuracy, best.C, seconds


if __name__ == "__main__":
    tyro.cli(main)
