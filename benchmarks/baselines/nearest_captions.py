"""What describes a picture without a decoder: the caption that the most similar pictures agree on.

`python benchmarks/baselines/nearest_captions.py --data flickr8k --image_size 224 --manual-dir ~/flickr8k`. Similar are
pictures whose grids, averaged over the cells, have a high cosine; of the captions of the 30 nearest
training pictures that one is taken which is most like the others (cosine of TF-IDF over one to four words),
after Devlin et al. 2015, Exploring Nearest Neighbor Approaches for Image Captioning. The grids are those
that the pipeline trains on.
"""

from pathlib import Path

import numpy as np
import tyro
from sklearn.feature_extraction.text import TfidfVectorizer  # pyright: ignore[reportMissingImports]

from foveal.datasets import CaptionedImages
from foveal.pipelines.captioning.caption_truth import has_scene_objects, truth
from foveal.pipelines.captioning.config import CaptioningConfig, DataConfig, ModelConfig
from foveal.pipelines.captioning.data import load
from foveal.pipelines.captioning.metrics import measure, tokenize
from foveal.pipelines.captioning.model import build
from foveal.pipelines.captioning.train import look

NEIGHBOURS = 30


def main(data: DataConfig, encoder: str = "efficientnet_lite0", runs: Path = Path("runs/captioning")) -> None:
    config = CaptioningConfig(data=data, model=ModelConfig(encoder=encoder), runs=runs)
    network = build(config.model, data.image_size, vocabulary_size=300)  # only its encoder is asked

    def pooled(images: CaptionedImages, split: str) -> np.ndarray:
        grids = look(config, network, images, split)
        means = np.stack([np.asarray(grid, np.float32).mean((0, 1)) for grid in grids])
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    train, test = load(data, "train"), load(data, "test")
    similar = pooled(test, "test") @ pooled(train, "train").T
    texts = [text for texts in train.references for text in texts]
    owners = np.repeat(np.arange(len(train)), [len(texts) for texts in train.references])
    vectors = TfidfVectorizer(ngram_range=(1, 4), token_pattern=r"\S+").fit_transform(map(tokenize, texts))
    found = []
    for row in similar:
        nearest = np.flatnonzero(np.isin(owners, np.argpartition(-row, NEIGHBOURS)[:NEIGHBOURS]))
        agreement = vectors[nearest] @ np.asarray(vectors[nearest].sum(0)).T
        found.append(texts[nearest[int(np.asarray(agreement).argmax())]])
    judged = truth(found, test.objects or []) if has_scene_objects(test.objects) else {}
    print(measure(found, test.references, texts) | judged)


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
