"""What translates without a model: the translation of the most similar sentence of the training split.

`python benchmarks/baselines/nearest_sentence.py --data multi30k/en_de --manual-dir ~/multi30k`. Similar is what shares
rare words and pairs of words (TF-IDF, cosine).
"""

from pathlib import Path

import tyro
from sklearn.feature_extraction.text import TfidfVectorizer  # pyright: ignore[reportMissingImports]
from sklearn.neighbors import NearestNeighbors  # pyright: ignore[reportMissingImports]

from foveal.datasets import load_translation
from foveal.pipelines.evaluation.text_metrics import bleu, chrf


def main(data: str = "phrases", manual_dir: Path | None = None) -> None:
    folder = manual_dir and str(manual_dir)
    train, test = (load_translation(data, split, manual_dir=folder) for split in ("train", "test"))
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+|[^\w\s]", sublinear_tf=True)
    neighbours = NearestNeighbors(metric="cosine").fit(vectorizer.fit_transform(train.source))
    nearest = neighbours.kneighbors(vectorizer.transform(test.source), 1, return_distance=False)[:, 0]
    found = [train.target[place] for place in nearest]
    lower = bleu(found, test.target, lowercase=True).value
    print(
        f"{data}, test: BLEU {bleu(found, test.target).value:.1f}, lower-cased {lower:.1f}, "
        f"chrF {chrf(found, test.target).value:.1f}"
    )


if __name__ == "__main__":
    tyro.cli(main)
