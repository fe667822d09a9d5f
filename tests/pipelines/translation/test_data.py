import dataclasses

import numpy as np
import pytest

from foveal.pipelines.text.codec import END, PAD, START
from foveal.pipelines.translation.data import encode_pairs, load, prepare


@pytest.fixture(scope="module")
def prepared(toy_config):
    return prepare(toy_config.data)


def test_every_pair_of_the_training_split_is_there_as_ids_that_decode_to_it(prepared, toy_config):
    train = load(toy_config.data, "train")
    for side in ("source", "target"):
        ids = prepared.train[side]
        texts = [prepared.codec.decode(row[None]).numpy()[0].decode() for row in ids]
        assert texts == getattr(train, side)


def test_the_marks_stand_where_the_model_expects_them(prepared):
    for source, target in zip(prepared.train["source"], prepared.train["target"], strict=True):
        assert source[-1] == target[-1] == END
        assert target[0] == START
        assert not {START, PAD} & set(source)


def test_the_vocabulary_has_no_more_pieces_than_asked_for(prepared, toy_config):
    assert 259 < len(prepared.codec.vocabulary) <= toy_config.data.vocabulary_size


def test_pairs_that_are_too_long_are_left_out_both_sides(toy_config):
    whole = prepare(toy_config.data)
    limit = int(np.median([len(row) for row in whole.train["source"]]))
    found = prepare(dataclasses.replace(toy_config.data, max_sequence_length=limit))
    assert 0 < len(found.train["source"]) < len(whole.train["source"])
    assert len(found.train["source"]) == len(found.train["target"])
    assert max(len(row) for side in found.train.values() for row in side) <= limit


def test_nothing_short_enough_is_one_clear_error(toy_config):
    with pytest.raises(ValueError, match=r"at most max_pieces=3 pieces; received \d+ pairs, all longer"):
        prepare(dataclasses.replace(toy_config.data, max_sequence_length=3))


def test_unequal_sides_keep_their_places(prepared, toy_config):
    test = prepared.tests["test"]
    pairs = encode_pairs(prepared.codec, test)
    assert len(pairs["source"]) == len(pairs["target"]) == len(test)
