import numpy as np
import pytest

from foveal.focus import align
from foveal.focus.records import link_set


def test_align_links_target_words_to_maximum_weight():
    attention = np.array([[0.1, 0.7, 0.2], [0.6, 0.3, 0.1], [0, 0, 0], [0.2, 0.3, 0.5]])
    assert align(attention) == {(1, 0), (0, 1), (2, 3)}


def test_align_of_weights_with_heads_raises():
    with pytest.raises(ValueError, match=r"\(target words, source words\).* attention.shape=\(2, 3, 4\)"):
        align(np.ones((2, 3, 4)))


def test_link_set_accepts_pairs_and_arrays():
    links = np.array([[0, 1], [1, 0], [0, 1]], dtype=np.int32)
    assert link_set(links) == link_set([(0, 1), (1, 0)]) == {(0, 1), (1, 0)}
