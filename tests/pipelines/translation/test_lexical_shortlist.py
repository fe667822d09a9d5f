"""Lexical shortlists: candidates, and searches compared with masked searches of the whole vocabulary."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.decoding.beam_search import beam_search
from foveal.pipelines.decoding.generate import generate
from foveal.pipelines.decoding.shortlist import Shortlist
from foveal.pipelines.saved_model.export import export_saved_model
from foveal.pipelines.text.codec import END, PAD, START
from foveal.pipelines.translation import lexical_shortlist
from foveal.pipelines.translation.export import build_translator
from foveal.pipelines.translation.lexical_shortlist import (
    NUM_RESERVED,
    LexicalShortlist,
    learn_shortlist,
)
from foveal.pipelines.translation.model import build, build_decoder

SOURCE = np.array([[5, 9, 260, END, PAD], [270, 8, END, PAD, PAD]], np.int32)
TEXTS = ["the big dog sees one cat.", "", "one cat", "Ελληνικά 🐕🏽", b"the \xff dog", "dog " * 50]
TWO = pytest.mark.parametrize(
    "untrained", [("transformer", True), ("rnn", False)], ids=["transformer-gate", "rnn"], indirect=True
)


def random_candidates(vocabulary_size, num_candidates, seed=0):
    shape = (vocabulary_size, num_candidates)
    return np.random.default_rng(seed).integers(NUM_RESERVED, vocabulary_size, shape)


def with_shortlist(untrained, candidates, **decoding):
    decoding = dataclasses.replace(untrained.config.decoding, shortlist_size=candidates.shape[1], **decoding)
    config = dataclasses.replace(untrained.config, decoding=decoding)
    return build_translator(config, untrained.codec, untrained.network, LexicalShortlist(candidates, []))


def test_shortlist_is_sorted_union_of_candidates():
    vocabulary_size, frequent = 1500, [400, 700]
    candidates = random_candidates(vocabulary_size, 30)
    shortlist = LexicalShortlist(candidates, frequent)
    rng = np.random.default_rng(1)
    for rows, length, size in ((1, 4, 512), (5, 4, 1024), (9, 30, 1500)):
        source = rng.integers(NUM_RESERVED, vocabulary_size, (rows, length))
        tokens, mask = shortlist(tf.constant(source, tf.int32))
        own = [set(range(NUM_RESERVED)) | {*frequent} | {*candidates[row].ravel()} for row in source]
        union = sorted(set.union(*own))
        assert tokens.numpy().tolist() == union + [PAD] * (size - len(union))
        for row, expected in zip(mask.numpy(), own, strict=True):
            assert set(tokens.numpy()[row]) == expected
            assert not row[len(union) :].any()


def test_candidates_are_most_probable_translations(monkeypatch):
    monkeypatch.setattr(lexical_shortlist, "NUM_FREQUENT", 0)
    source, target = [263, 264, 265], [290, 291, 292]  # translated one to one, in every order
    rng = np.random.default_rng(0)
    orders = [rng.choice(3, 2, replace=False) for _ in range(40)]
    pairs = {
        "source": [np.array([*(source[i] for i in order), END]) for order in orders],
        "target": [np.array([START, *(target[i] for i in order[::-1]), END]) for order in orders],
    }
    lexical = learn_shortlist(pairs, 300, shortlist_size=1)
    assert lexical.coverage(pairs) == 1
    table = lexical._candidates.numpy()
    np.testing.assert_array_equal(table[:, 0], np.arange(300))
    assert table[source, 1].tolist() == target
    assert table[270, 1] == PAD  # never occurs
    monkeypatch.setattr(lexical_shortlist, "NUM_FREQUENT", 3)  # candidates of every source need no row
    lexical = learn_shortlist(pairs, 300, shortlist_size=1)
    assert lexical.coverage(pairs) == 1
    assert not lexical._candidates.numpy()[:, 1].any()


def test_coverage_is_share_of_candidates():
    candidates = np.zeros((300, 1), np.int32)
    candidates[263] = 290
    pairs = {"source": [np.array([263, END])], "target": [np.array([START, 290, 291, 292, 7, END])]}
    assert LexicalShortlist(candidates, [292]).coverage(pairs) == 3 / 4
    with pytest.raises(ValueError, match=r"`shortlist_size` must be positive, or 0 .* shortlist_size=-1"):
        learn_shortlist(pairs, 300, -1)


def test_translator_without_its_shortlist_raises(untrained):
    decoding = dataclasses.replace(untrained.config.decoding, shortlist_size=3)
    config = dataclasses.replace(untrained.config, decoding=decoding)
    with pytest.raises(ValueError, match="if and only if `shortlist_size` is positive"):
        build_translator(config, untrained.codec, untrained.network)


def search_both(network, num_beams):
    """Search with a shortlist, and with the whole vocabulary and other tokens masked: two of `Decoded`."""
    tokens = [PAD, START, END, 5, 9, 100, 260, 270, 280, 300, PAD, PAD]
    mask = np.array([[True] * 10 + [False] * 2, [True] * 4 + [False] * 3 + [True] * 3 + [False] * 2])
    shortlist = Shortlist(tf.constant(tokens), tf.constant(mask))
    decoder = build_decoder(network)
    unrestricted = decoder.initialize(tf.constant(SOURCE), num_beams, ("attention",))
    is_candidate = np.zeros((2, network.model.output["logits"].shape[-1]), bool)
    for row, own in zip(is_candidate, mask, strict=True):
        row[np.array(tokens)[own]] = True

    def masked_step(tokens, state, index):
        logits, state, focus = unrestricted.step(tokens, state, index)
        return tf.where(is_candidate[:, None], logits, -1e9), state, focus

    def search(decoding):
        if num_beams == 1:
            return generate(decoding, 6)
        return beam_search(decoding, 6, num_return_sequences=num_beams)

    restricted = search(decoder.initialize(tf.constant(SOURCE), num_beams, ("attention",), shortlist))
    restricted = restricted._replace(tokens=shortlist.ids(restricted.tokens))
    return restricted, search(unrestricted._replace(step=masked_step))


def assert_searches_agree(network, num_beams):
    restricted, masked = search_both(network, num_beams)
    np.testing.assert_array_equal(restricted.tokens, masked.tokens)
    np.testing.assert_allclose(restricted.scores, masked.scores, rtol=1e-5)
    np.testing.assert_allclose(restricted.focus["attention"], masked.focus["attention"], atol=1e-5)
    assert not set(restricted.tokens[1].numpy().ravel()) & {100, 260}  # candidates of its neighbour


@pytest.mark.parametrize("num_beams", [1, 3])
def test_search_matches_masked_search_of_full_vocabulary(untrained, num_beams):
    assert_searches_agree(untrained.network, num_beams)


@TWO
@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method")
def test_search_of_quantized_model_matches_masked_search(untrained):
    keras.utils.set_random_seed(2)
    network = build(untrained.config.model, len(untrained.codec.vocabulary))
    network.model.quantize("int8")
    assert_searches_agree(network, 3)


@pytest.mark.slow
@TWO
@pytest.mark.parametrize("compile_search", [False, True])
def test_shortlist_of_full_vocabulary_changes_nothing(untrained, compile_search):
    size = len(untrained.codec.vocabulary)
    everything = np.tile(np.arange(size), (size, 1))
    translator = with_shortlist(untrained, everything, compile_search=compile_search)
    for name in ("explain", "fast"):
        actual = translator.signatures()[name](tf.constant(TEXTS))
        expected = untrained.translator.signatures()[name](tf.constant(TEXTS))
        for key in expected:
            if expected[key].dtype == tf.string:
                np.testing.assert_array_equal(actual[key], expected[key])
            else:
                np.testing.assert_allclose(actual[key], expected[key], atol=1e-5)


@pytest.mark.slow
@TWO
@pytest.mark.parametrize("compile_search", [False, True])
def test_batch_matches_single_examples_with_shortlist(untrained, compile_search):
    candidates = random_candidates(len(untrained.codec.vocabulary), 2)
    translator = with_shortlist(untrained, candidates, compile_search=compile_search)
    for signature in (translator.serve, translator.fast):
        batch = signature(tf.constant(TEXTS))
        for index, text in enumerate(TEXTS):
            single = signature(tf.constant([text]))
            assert batch["text"][index] == single["text"][0]
            np.testing.assert_allclose(batch["score"][index], single["score"][0], rtol=1e-5)
    unrestricted = untrained.translator.fast(tf.constant(TEXTS))
    assert not np.allclose(batch["score"], unrestricted["score"], rtol=1e-3)  # so the shortlist matters


@pytest.mark.slow
@TWO
def test_export_with_shortlist_loads_with_tensorflow_only(
    untrained, tmp_path, check_loads_with_tensorflow_only
):
    translator = with_shortlist(untrained, random_candidates(len(untrained.codec.vocabulary), 2))
    signatures = translator.signatures()
    version = export_saved_model(tmp_path / "saved", translator, signatures, untrained.model, {})
    texts = [text.encode() if isinstance(text, str) else text for text in TEXTS]
    check_loads_with_tensorflow_only(version, "text", texts, signatures)
