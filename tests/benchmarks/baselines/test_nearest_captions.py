"""Tests of the nearest-neighbour baseline of captioning."""

import numpy as np

from foveal.benchmarks.baselines import nearest_captions
from foveal.benchmarks.baselines.nearest_captions import consensus_captions


def test_consensus_captions_selects_most_similar_caption_of_nearest_images(monkeypatch):
    monkeypatch.setattr(nearest_captions, "NUM_NEIGHBORS", 2)
    texts = ["a red star", "a big red star", "two rings", "a red star and a ring", "a ship"]
    similarity = np.array([[0.9, 0.8, 0.1], [0.1, 0.2, 0.9]])
    captions = consensus_captions(similarity, texts, counts=[2, 2, 1])
    assert captions[0] == "a red star"
    assert captions[1] in texts[2:]  # the first image is not among the nearest ones
