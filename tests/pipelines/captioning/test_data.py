"""Tests of the captioner's data."""

import csv
import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import CaptionedImages
from foveal.pipelines.captioning.config import DataConfig
from foveal.pipelines.captioning.data import (
    CaptioningData,
    EncodedCaption,
    flipped_captions,
    group_by_image,
    normalize_caption,
    normalize_references,
    prepare,
    sentinel_tokens,
)
from foveal.pipelines.text.codec import END, START, TextCodec
from foveal.pipelines.training.losses import FROM_INPUT, FROM_SENTINEL, NO_GOLD


@pytest.fixture(scope="module")
def prepared(folder):
    config = DataConfig(
        data=str(folder),
        vocabulary_size=340,
        max_sequence_length=12,
        captions_per_image=2,
        horizontal_flip=False,
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
def test_normalize_caption_removes_case_spaces_and_full_stop(text, expected):
    assert normalize_caption(text) == expected


def test_group_by_image_sorts_by_length():
    ids = [np.arange(length) for length in (5, 3, 4, 2)]
    captions = [
        EncodedCaption(*source, row)
        for source, row in zip(((0, 0), (0, 1), (0, 2), (7, 0)), ids, strict=True)
    ]
    indices = [
        [(caption.image_index, caption.caption_index) for caption in example]
        for example in group_by_image(captions, 2)
    ]
    assert indices == [[(0, 1), (0, 0)], [(0, 2)], [(7, 0)]]


def test_caption_columns_encode_normalized_captions(prepared):
    captions = prepared.caption_columns(2)
    for row, (example, image_index) in enumerate(
        zip(prepared.examples, prepared.image_indices(), strict=True)
    ):
        texts = [normalize_caption(text) for text in prepared.train.references[image_index]]
        for index in range(2):
            ids = captions[f"caption_{index}"][row]
            assert ids[0] == START
            assert ids[-1] == END
            assert prepared.codec.decode([ids[1:]]).numpy()[0].decode() in texts
        assert len(example) == 2


def prepare_captions(folder, captions):
    """Prepare images with one caption each, with flips."""
    png, lines = tf.io.encode_png(np.zeros((4, 5, 3), np.uint8)).numpy(), []
    for index in range(40):
        (folder / f"{index}.png").write_bytes(png)
        lines.append(f"{index}.png,{captions[index % len(captions)]}\n")
    (folder / "captions.csv").write_text("image,caption\n" + "".join(lines))
    return prepare(DataConfig(data=str(folder), vocabulary_size=340, max_sequence_length=60))


def texts_of(data):
    ids = [caption.ids[1:] for example in data.examples for caption in example]
    return [data.codec.decode([row]).numpy()[0].decode() for row in ids]


def test_horizontal_flip_doubles_the_english_examples(tmp_path):
    data = prepare_captions(tmp_path, ["A dog on the left of a cat.", "a cat"])
    image_indices, size = data.image_indices(), len(data.train)
    np.testing.assert_array_equal(image_indices, [*range(size), *range(size, 2 * size)])
    flips = {"a dog on the left of a cat": "a dog on the right of a cat", "a cat": "a cat"}
    assert texts_of(data)[size:] == [flips[text] for text in texts_of(data)[:size]]


def test_captions_without_a_direction_are_not_flipped(tmp_path):
    data = prepare_captions(
        tmp_path, ["the girl left the room", "a dog is right behind the cat", "a man at a door"]
    )
    size = len(data.train)
    flipped = [index - size for index in data.image_indices() if index >= size]
    assert flipped == [i for i, (text,) in enumerate(data.train.references) if text == "a man at a door"]
    assert "right the room" not in " ".join(texts_of(data))


@pytest.mark.parametrize("caption", ["ein Hund links von einer Katze", "um cão à esquerda", "左边有一只狗"])
def test_captions_of_other_languages_are_not_flipped(tmp_path, caption, capsys):
    data = prepare_captions(tmp_path, [caption])
    assert data.image_indices().max() < len(data.train)
    assert "no horizontal flips: the captions are not recognized as English" in capsys.readouterr().out


def test_missing_captions_are_empty(prepared):
    columns = prepared.caption_columns(3)
    assert all(len(ids) == 0 for ids in columns["caption_2"])


def test_max_sequence_length_below_every_caption_raises(folder):
    with pytest.raises(ValueError, match="captions, all longer"):
        prepare(DataConfig(data=str(folder), vocabulary_size=340, max_sequence_length=2))


def test_splits_partition_the_images(folder, prepared):
    sizes = len(prepared.train), len(prepared.validation), len(prepared.tests["test"])
    with open(folder / "captions.csv") as file:
        assert sum(sizes) == len({row["image"] for row in csv.DictReader(file)})


def test_gold_objects_follow_the_phrases(codec):
    text = "red beside blue"
    ids = codec.encode_rows([text], prefix=[START], suffix=[END])[0]
    phrases = [{"caption": [0, 0, 1], "start": [0, 11, 0], "end": [3, 15, 4], "object": [1, 0, 3]}]
    tables = [{name: np.array(column) for name, column in table.items()} for table in phrases]
    train = CaptionedImages(tf.data.Dataset.from_tensors(b""), [[text]], None, tables)
    data = CaptioningData(codec, [[EncodedCaption(0, 0, ids)]], train, train, {})
    objects = data.gold_objects(captions_per_image=2, max_sequence_length=30)
    assert objects.shape == (1, 2, 30)
    starts, ends = (x.numpy()[0] for x in codec.byte_offsets(ids[None]))
    for index in range(1, len(ids) - 1):
        token = text[starts[index] : ends[index]]
        assert objects[0, 0, index] == (0b10 if ends[index] <= 11 else 0b01), token
    assert not objects[0, 1].any()
    without_phrases = dataclasses.replace(train, phrases=None)
    with pytest.raises(ValueError, match="gold phrases"):
        dataclasses.replace(data, train=without_phrases).gold_objects(1, 30)


def test_flipped_captions_swap_words_and_keep_gold_objects(tmp_path):
    texts = ["a star left of a ring", "a star right of a ring", "a ring"]
    phrases = {"caption": [0, 0, 1, 1, 2], "start": [0, 15, 0, 16, 0], "end": [6, 21, 6, 22, 6]}
    table = {name: np.array(column) for name, column in (phrases | {"object": [0, 1, 0, 1, 1]}).items()}
    codec = TextCodec.train(texts * 50, 340)
    rows = codec.encode_rows(texts, prefix=[START], suffix=[END])
    encoded = [EncodedCaption(0, index, ids) for index, ids in enumerate(rows)]
    with_flips = [*encoded, *flipped_captions(encoded, codec, [texts], max_sequence_length=30)]
    assert [caption.image_index for caption in with_flips] == [0, 0, 0, 1, 1, 1]
    texts_of_flips = [codec.decode([caption.ids[1:]]).numpy()[0].decode() for caption in with_flips[3:]]
    assert texts_of_flips == [texts[1], texts[0], texts[2]]
    train = CaptionedImages(tf.data.Dataset.from_tensors(b""), [texts], None, [table])
    objects = CaptioningData(codec, group_by_image(with_flips, 3), train, train, {}).gold_objects(
        captions_per_image=3, max_sequence_length=30
    )
    np.testing.assert_array_equal(objects[0], objects[1])


def test_normalize_references_converts_bytes_of_phrases():
    references = [["a\u00a0red  dog", "\ufeffa cat"], ["e\u0301t\u00e9"]]
    columns = {"caption": [1, 0, 1], "start": [5, 8, 3], "end": [8, 11, 4], "object": [0, 1, 0]}
    phrases = [{name: np.array(column) for name, column in columns.items()}]
    phrases.append({name: np.array(column[:0]) for name, column in columns.items()})
    images = CaptionedImages(tf.data.Dataset.range(2), references, phrases=phrases)
    normal = normalize_references(images)
    assert normal.references == [["a red dog", "a cat"], ["\u00e9t\u00e9"]]
    assert normal.phrases is not None
    assert normal.phrases[0]["start"].tolist() == [2, 6, 0]
    assert normal.phrases[0]["end"].tolist() == [5, 9, 1]
    assert phrases[0]["start"].tolist() == [5, 8, 3]


def test_gate_gold_is_the_words_that_state_no_fact(codec):
    texts = ["the red star is left of one shape", "a cat on a mat"]
    rows = codec.encode_rows(texts, prefix=[START], suffix=[END])
    train = CaptionedImages(tf.data.Dataset.from_tensors(b""), [texts])
    examples = [[EncodedCaption(0, index, ids)] for index, ids in enumerate(rows)]
    gold = CaptioningData(codec, examples, train, train, {}).gate_gold(2, 60)
    assert gold.shape == (2, 2, 60)
    is_sentinel = {"the": 1, "red": 0, "star": 0, "is": 1, "left": 0, "of": 1, "one": 1, "shape": 1}
    for token, (start, end) in enumerate(codec.row_byte_offsets(rows)[0][1:-1], 1):
        word = texts[0].split()[len(texts[0][:end].split()) - 1]  # the word that the token ends in
        expected = is_sentinel[word] if texts[0][start:end].strip() else True
        assert gold[0, 0, token] == (FROM_SENTINEL if expected else FROM_INPUT)
    assert gold[0, 0, 0] == NO_GOLD
    assert (gold[0, 0, len(rows[0]) - 1 :] == NO_GOLD).all()
    assert (gold[0, 1] == NO_GOLD).all()
    assert (gold[1] == NO_GOLD).all()  # no caption of `scenes`


def test_memory_tokens_of_a_caption_of_scenes():
    caption = "a star in front of two rings"
    offsets = np.array([(0, 1), (2, 6), (7, 9), (10, 12), (12, 15), (16, 18), (19, 22), (23, 28)])
    #                   a       star    in      fr        ont       of        two       rings
    expected = [True, False, True, False, False, True, False, False]
    np.testing.assert_array_equal(sentinel_tokens(caption, offsets), expected)
    assert sentinel_tokens("two dogs", offsets) is None
