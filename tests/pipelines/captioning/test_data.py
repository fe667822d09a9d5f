import csv
import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import CaptionedImages
from foveal.pipelines.captioning.config import DataConfig
from foveal.pipelines.captioning.data import CaptioningData, Written, group, mirror, plain, prepare
from foveal.pipelines.text.codec import END, START, TextCodec


@pytest.fixture(scope="module")
def prepared(folder):
    config = DataConfig(
        data=str(folder), vocabulary_size=340, max_sequence_length=12, captions_per_image=2, mirror=False
    )
    return prepare(config)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A dog runs .", "a dog runs"),
        ("  A red star, two rings.", "a red star, two rings"),
        ("A dog , a cat  and\ta bird", "a dog, a cat and a bird"),
        ("Is it a No. 5 ?", "is it a no. 5?"),
        (" . ", ""),
    ],
)
def test_captions_are_learned_in_one_plain_form(text, expected):
    assert plain(text) == expected


def test_captions_of_a_picture_stay_together_the_shortest_first():
    ids = [np.arange(length) for length in (5, 3, 4, 2)]
    captions = [
        Written(*owner, row, row) for owner, row in zip(((0, 0), (0, 1), (0, 2), (7, 0)), ids, strict=True)
    ]
    found = [[(one.picture, one.place) for one in example] for example in group(captions, 2)]
    assert found == [[(0, 1), (0, 0)], [(0, 2)], [(7, 0)]]


def test_the_ids_are_those_of_the_plain_captions(prepared):
    captions = prepared.captions(2)
    for row, (example, picture) in enumerate(zip(prepared.examples, prepared.pictures(), strict=True)):
        texts = [plain(text) for text in prepared.train.references[picture]]
        for place in range(2):
            ids = captions[f"caption_{place}"][row]
            assert ids[0] == START
            assert ids[-1] == END
            assert prepared.codec.decode([ids[1:]]).numpy()[0].decode() in texts
        assert len(example) == 2


def test_in_a_mirror_there_are_as_many_again(folder, prepared):
    config = DataConfig(data=str(folder), vocabulary_size=340, max_sequence_length=12, captions_per_image=2)
    pictures, size = prepare(config).pictures(), len(prepared.train)
    np.testing.assert_array_equal(pictures, [*prepared.pictures(), *(prepared.pictures() + size)])


def test_a_caption_that_is_missing_has_no_ids(prepared):
    wider = prepared.captions(3)
    assert all(len(ids) == 0 for ids in wider["caption_2"])


def test_too_long_captions_are_left_out_and_nothing_left_is_an_error(folder):
    with pytest.raises(ValueError, match="all longer"):
        prepare(DataConfig(data=str(folder), vocabulary_size=340, max_sequence_length=2))


def test_the_splits_do_not_share_a_picture(folder, prepared):
    sizes = len(prepared.train), len(prepared.validation), len(prepared.tests["test"])
    with open(folder / "captions.csv") as file:
        assert sum(sizes) == len({row["image"] for row in csv.DictReader(file)})


def test_words_look_at_the_objects_of_their_phrases(codec):
    text = "red beside blue"
    ids = codec.rows([text], first=[START], last=[END])[0]
    phrases = [{"caption": [0, 0, 1], "start": [0, 11, 0], "end": [3, 15, 4], "object": [1, 0, 3]}]
    tables = [{name: np.array(column) for name, column in table.items()} for table in phrases]
    train = CaptionedImages(tf.data.Dataset.from_tensors(b""), [[text]], None, tables)
    data = CaptioningData(codec, [[Written(0, 0, ids, ids)]], train, train, {})
    looks = data.looks(captions_per_image=2, width=30)
    assert looks.shape == (1, 2, 30)
    starts, ends = (x.numpy()[0] for x in codec.spans(ids[None]))
    for place in range(1, len(ids) - 1):
        piece = text[starts[place] : ends[place]]
        assert looks[0, 0, place] == (0b10 if ends[place] <= 11 else 0b01), piece
    assert not looks[0, 1].any()
    without = dataclasses.replace(train, phrases=None)
    with pytest.raises(ValueError, match="gold phrases"):
        dataclasses.replace(data, train=without).looks(1, 30)


def test_in_a_mirror_left_is_right_and_words_look_at_the_same_objects(tmp_path):
    texts = ["a star left of a ring", "a star right of a ring", "a ring"]
    phrases = {"caption": [0, 0, 1, 1, 2], "start": [0, 15, 0, 16, 0], "end": [6, 21, 6, 22, 6]}
    table = {name: np.array(column) for name, column in (phrases | {"object": [0, 1, 0, 1, 1]}).items()}
    codec = TextCodec.learn(texts * 50, 340)
    rows = codec.rows(texts, first=[START], last=[END])
    written = [Written(0, place, ids, ids) for place, ids in enumerate(rows)]
    both = mirror(written, codec, pictures=1)
    assert [one.picture for one in both] == [0, 0, 0, 1, 1, 1]
    seen = [codec.decode([one.ids[1:]]).numpy()[0].decode() for one in both[3:]]
    assert seen == [texts[1], texts[0], texts[2]]
    train = CaptionedImages(tf.data.Dataset.from_tensors(b""), [texts], None, [table])
    looks = CaptioningData(codec, group(both, 3), train, train, {}).looks(captions_per_image=3, width=30)
    np.testing.assert_array_equal(looks[0], looks[1])
