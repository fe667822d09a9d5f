"""Nearest-neighbour baseline of captioning: the consensus caption of the most similar images.

`python benchmarks/baselines/nearest_captions.py --data flickr8k --image-size 224 --manual-dir ~/flickr8k`.
The similarity of images is the cosine of their grids, averaged over the cells; the grids are those that the
pipeline trains on. Of the captions of the 30 nearest training images, the one with the highest mean
similarity to the other captions is selected (cosine of TF-IDF of one to four words), after Devlin et al.
2015, Exploring Nearest Neighbor Approaches for Image Captioning.
"""

from pathlib import Path

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import numpy as np
import tyro
from sklearn.feature_extraction.text import TfidfVectorizer  # pyright: ignore[reportMissingImports]

from foveal.datasets import CaptionedImages
from foveal.pipelines.captioning.caption_truth import caption_truth, has_scene_objects
from foveal.pipelines.captioning.columns import image_features
from foveal.pipelines.captioning.config import CaptioningConfig, DataConfig, ModelConfig
from foveal.pipelines.captioning.data import load_split
from foveal.pipelines.captioning.metrics import caption_metrics, tokenize
from foveal.pipelines.captioning.model import build

NUM_NEIGHBORS = 30


def main(data: DataConfig, encoder: str = "efficientnet_lite0", runs: Path = Path("runs/captioning")) -> None:
    config = CaptioningConfig(data=data, model=ModelConfig(encoder=encoder), runs=runs)
    network = build(config.model, data.image_size, vocabulary_size=300)  # only its encoder is used

    def mean_features(images: CaptionedImages, split: str) -> np.ndarray:
        """Average the grids over their cells and normalize them: `(images, channels)`."""
        grids = image_features(config, network, images, split, runs / "features")
        means = np.stack([np.asarray(grid, np.float32).mean((0, 1)) for grid in grids])
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    train, test = load_split(data, "train"), load_split(data, "test")
    similarity = mean_features(test, "test") @ mean_features(train, "train").T
    texts = [text for texts in train.references for text in texts]
    captions = consensus_captions(similarity, texts, [len(texts) for texts in train.references])
    truth = caption_truth(captions, test.objects or []) if has_scene_objects(test.objects) else {}
    print(caption_metrics(captions, test.references, texts) | truth)


def consensus_captions(similarity: np.ndarray, texts: list[str], counts: list[int]) -> list[str]:
    """Select for each image the caption of its nearest images that is most similar to their other captions.

    Args:
        similarity: of images and training images, `(images, training images)`.
        texts: captions of all training images, those of one image after those of the other.
        counts: number of captions of each training image.

    Returns:
        A caption for each image.
    """
    images = np.repeat(np.arange(len(counts)), counts)
    vectors = TfidfVectorizer(ngram_range=(1, 4), token_pattern=r"\S+").fit_transform(map(tokenize, texts))
    captions = []
    for row in similarity:
        nearest = np.flatnonzero(np.isin(images, np.argpartition(-row, NUM_NEIGHBORS)[:NUM_NEIGHBORS]))
        scores = vectors[nearest] @ np.asarray(vectors[nearest].sum(0)).T
        captions.append(texts[nearest[int(np.asarray(scores).argmax())]])
    return captions


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
