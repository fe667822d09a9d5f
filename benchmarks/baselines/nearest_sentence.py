"""Nearest-neighbour baseline of translation: the translation of the most similar training sentence.

`python benchmarks/baselines/nearest_sentence.py --data multi30k/en_de --manual-dir ~/multi30k`. The
similarity is the cosine of TF-IDF vectors of words and word pairs.
"""

from pathlib import Path

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import tyro
from sklearn.feature_extraction.text import TfidfVectorizer  # pyright: ignore[reportMissingImports]
from sklearn.neighbors import NearestNeighbors  # pyright: ignore[reportMissingImports]

from foveal.datasets import load_translation
from foveal.pipelines.evaluation.text_metrics import bleu, chrf


def main(data: str = "phrases", manual_dir: Path | None = None) -> None:
    folder = manual_dir and str(manual_dir)
    train, test = (load_translation(data, split, manual_dir=folder) for split in ("train", "test"))
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+|[^\w\s]", sublinear_tf=True)
    neighbors = NearestNeighbors(metric="cosine").fit(vectorizer.fit_transform(train.source))
    nearest = neighbors.kneighbors(vectorizer.transform(test.source), 1, return_distance=False)[:, 0]
    hypotheses = [train.target[index] for index in nearest]
    print(
        f"{data}, test: BLEU {bleu(hypotheses, test.target).value:.1f}, "
        f"lower-cased {bleu(hypotheses, test.target, lowercase=True).value:.1f}, "
        f"chrF {chrf(hypotheses, test.target).value:.1f}"
    )


if __name__ == "__main__":
    tyro.cli(main)
