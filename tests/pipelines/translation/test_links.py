import numpy as np
import pytest

from foveal.datasets import ParallelText
from foveal.pipelines.text.codec import END, START, TextCodec
from foveal.pipelines.translation.links import gold_attention

SOURCE, TARGET = ["big dogs bark", "dogs"], ["os cães grandes", "cães"]


def words(text):
    ends = np.cumsum([len(word.encode()) + 1 for word in text.split()]) - 1
    starts = ends - [len(word.encode()) for word in text.split()]
    return np.stack([starts, ends], axis=1)


def test_each_piece_is_to_look_at_the_pieces_of_the_words_that_its_own_is_linked_to():
    codec = TextCodec.learn(SOURCE + TARGET, 270)  # few pieces: words are made of several
    pairs = {
        "source": codec.rows(SOURCE, last=[END]),
        "target": codec.rows(TARGET, first=[START], last=[END]),
    }
    links = [np.array([[1, 1], [0, 2]]), np.array([[0, 0]])]
    text = ParallelText(SOURCE, TARGET, links, list(map(words, SOURCE)), list(map(words, TARGET)))
    gold = gold_attention(codec, pairs, text)
    longest = [max(map(len, pairs[side])) for side in ("target", "source")]
    assert gold.shape == (2, longest[0] - 1, longest[1])
    for row, source, target, said in zip(gold, pairs["source"], pairs["target"], links, strict=True):
        of_source, of_target = of_words(codec, source), of_words(codec, target[1:])
        assert max(of_source) < max(map(len, (source, target)))
        for query, word in enumerate(of_target):
            for key, other in enumerate(of_source):
                assert row[query, key] == ((other, word) in {tuple(link) for link in said})
        assert not row[len(target) - 1 :].any()
        assert not row[:, len(source) :].any()


def of_words(codec, ids):
    """The place of the word that each piece belongs to, by the blanks before words; -1 of END and of a blank
    that is a piece by itself."""
    pieces = [piece.decode() for piece in codec.pieces(ids).numpy()]
    starts = np.cumsum([piece.startswith("▁") for piece in pieces]) - 1
    return [
        -1 if piece in ("[END]", "▁") else int(start) for piece, start in zip(pieces, starts, strict=True)
    ]


def test_pairs_without_alignments_cannot_guide():
    codec = TextCodec.learn(SOURCE, 270)
    with pytest.raises(ValueError, match="received pairs without"):
        gold_attention(codec, {"source": [], "target": []}, ParallelText([], []))
