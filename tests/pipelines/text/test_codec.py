"""Tests of the subword codec: round trip of any text, offsets, training, export."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foveal.pipelines.text.codec import BYTE_TOKENS, END, PAD, SPECIAL_TOKENS, START, TextCodec

TEXTS = [
    "The quick brown fox doesn't jump over 1984 lazy dogs.",
    "O cão não viu a raposa; a raposa viu o cão!",
    "L'été, l'homme s'était levé à 7 h 30.",
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.",
]
TRICKY = [
    "▁",
    "##",
    "##the",
    "[START]",
    "<0x41>",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "'s",
    "\u2019re",
]
UNICODE = st.text() | st.lists(
    st.sampled_from([*TRICKY, *TEXTS, "e\u0301", "👩‍👩‍👧", "日本語", "ไทย", "\ufeff", "\u2028"])
).map("".join)


@pytest.fixture(scope="module")
def codec():
    return TextCodec.train(TEXTS, vocabulary_size=400)


def encode_with_offsets(codec, texts):
    ids = codec.encode(texts)
    return ids, *codec.byte_offsets(ids)


@pytest.fixture(scope="module")
def tokenize(codec):
    spec = tf.TensorSpec([None], tf.string)
    return tf.function(lambda texts: encode_with_offsets(codec, texts), input_signature=[spec])


def tokens_of(codec, text):
    return [token.decode() for token in codec.ids_to_tokens(codec.encode([text]))[0].numpy()]


@settings(deadline=None, max_examples=150)
@given(texts=st.lists(UNICODE, max_size=4))
@example(texts=[*TRICKY, "", *TEXTS])
@example(texts=["".join(map(chr, range(0x800))), "\U0010ffff\ufffe\ud7ff\ue000"])
def test_decode_restores_any_unicode_text(codec, tokenize, texts):
    decoded = codec.decode(tokenize(tf.constant(texts, tf.string))[0])
    assert [text.decode() for text in decoded.numpy()] == texts


@settings(deadline=None)
@given(texts=st.lists(UNICODE, min_size=2, max_size=4))
def test_encode_of_batch_matches_encode_of_single_texts(tokenize, texts):
    for batched, *single in zip(tokenize(texts), *(tokenize([text]) for text in texts), strict=True):
        assert batched.to_list() == [row for ragged in single for row in ragged.to_list()]


@settings(deadline=None, max_examples=150)
@given(text=UNICODE.map(str.encode) | st.binary())
@example(text=b"\xff")
@example(text=b" \xff\xff\xfe \xffa\xed\xa0\x80\xf0\x9f ")
def test_byte_offsets_partition_text_into_tokens(codec, tokenize, text):
    ids, starts, ends = (ragged[0].numpy() for ragged in tokenize([text]))
    previous_end = 0
    for token, start, end in zip(codec.ids_to_tokens(ids).numpy(), starts, ends, strict=True):
        assert text[previous_end:start] in (b"", b" ")
        assert text[start:end].replace(b"\xff", b"\xfe") in visible_bytes(token.decode())
        previous_end = end
    assert previous_end == len(text)


def visible_bytes(token):
    if token in BYTE_TOKENS:
        return [bytes([BYTE_TOKENS.index(token)])]
    return [b"", b" "] if token == "▁" else [token.removeprefix("▁").removeprefix("##").encode()]


def test_byte_offsets_exclude_space_before_word(codec):
    ids, starts, ends = encode_with_offsets(codec, [" The  lazy"])
    assert tokens_of(codec, " The  lazy") == ["▁", "▁The", "▁", "▁lazy"]
    assert list(zip(starts[0].numpy(), ends[0].numpy(), strict=True)) == [
        (0, 0),
        (1, 4),
        (4, 5),
        (6, 10),
    ]
    assert ids.dtype == starts.dtype == ends.dtype == tf.int32


def test_byte_offsets_of_special_tokens_are_empty(codec):
    word = codec.encode(["lazy dogs"])[0].numpy().tolist()
    assert tokens_of(codec, "lazy dogs") == ["▁lazy", "▁dogs"]
    ids = tf.constant([[START, *word, END, PAD], [*word, END, PAD, PAD]])
    starts, ends = codec.byte_offsets(ids)
    assert starts.numpy().tolist() == [[0, 0, 5, 9, 9], [0, 5, 9, 9, 9]]
    assert ends.numpy().tolist() == [[0, 4, 9, 9, 9], [4, 9, 9, 9, 9]]
    starts, ends = codec.byte_offsets(codec.encode(["dogs", "", "lazy dogs"]))
    assert (starts.to_list(), ends.to_list()) == ([[0], [0], [0, 5]], [[4], [0], [4, 9]])


@settings(deadline=None)
@given(ids=st.lists(st.integers(-5, 450) | st.integers(-(2**31), 2**31 - 1), max_size=20))
def test_decode_of_any_ids_gives_valid_text(codec, ids):
    codec.decode(tf.constant([ids], tf.int32)).numpy()[0].decode()
    assert codec.ids_to_tokens(tf.constant([ids], tf.int32)).shape == (1, len(ids))


@settings(deadline=None, max_examples=30)
@given(texts=st.lists(st.binary(max_size=12) | st.text("aé日🙂� ", max_size=5).map(str.encode), min_size=1))
@example(texts=[b""])
@example(texts=[b"", b"a\xe6\x97", b"\xe6\x97\xa5\xff a"])
def test_decoded_offsets_are_those_of_replaced_bytes(codec, texts):
    ids = codec.encode(tf.constant(texts)).to_tensor(PAD)
    decoded = [text.decode() for text in codec.decode(ids).numpy()]
    raw = np.stack(codec.byte_offsets(ids), axis=-1)
    for text, result, raw_spans, spans in zip(
        texts, decoded, raw, codec.decoded_offsets(ids).numpy(), strict=True
    ):
        assert (spans <= len(result.encode())).all()
        assert (np.diff(spans, axis=0) >= 0).all()
        for (start, end), (new_start, new_end) in zip(raw_spans, spans, strict=True):
            covered = result.encode()[new_start:new_end]
            assert covered == text[start:end] if "\ufffd".encode() not in covered else start < end
        if is_utf8(text):
            np.testing.assert_array_equal(spans, raw_spans)


def test_decoded_offsets_of_half_a_letter_cover_its_replacement(codec):
    ids = codec.encode([b"\xe6\x97 \xe6\x97\xa5"]).to_tensor()
    assert codec.decode(ids).numpy()[0].decode() == "\ufffd 日"
    expected = [[0, 0], [0, 3], [0, 3], [3, 4], [4, 5], [5, 6], [6, 7]]
    assert codec.decoded_offsets(ids).numpy()[0].tolist() == expected


def is_utf8(text):
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


@settings(deadline=None)
@given(text=st.binary())
def test_invalid_utf8_is_decoded_as_replacement_characters(codec, tokenize, text):
    decoded = codec.decode(tokenize([text])[0])[0].numpy().decode()
    assert decoded.replace("\ufffd", "") == text.decode(errors="ignore").replace("\ufffd", "")
    assert ("\ufffd" in decoded) == ("\ufffd" in text.decode(errors="replace"))


def test_decode_stops_at_end_and_skips_padding_and_start(codec):
    word = codec.encode(["fox"])[0].numpy().tolist()
    ids = [
        [START, *word, PAD, *word, END, *word],
        [END, *word, *word, START, PAD, PAD][: 2 * len(word) + 4],
    ]
    length = max(map(len, ids))
    dense = tf.constant([row + [PAD] * (length - len(row)) for row in ids])
    assert codec.decode(dense).numpy().tolist() == [b"fox fox", b""]
    assert codec.decode(tf.ragged.constant(ids)).numpy().tolist() == [b"fox fox", b""]
    assert codec.decode(tf.stack([dense, dense])).shape == (2, 2)


def test_ids_to_tokens_labels_spaces_special_tokens_and_bytes(codec):
    assert tokens_of(codec, "fox \0") == ["▁fox", "▁", "<0x00>"]
    assert codec.ids_to_tokens([[START, PAD, END]]).numpy().tolist() == [[b"[START]", b"[PAD]", b"[END]"]]


@pytest.mark.parametrize("unit", ["a", "日", " ", "\n", "ab ", "😀"])
def test_text_of_100_000_characters_does_not_change_other_texts(codec, unit):
    long = unit * (100_000 // len(unit))
    ids, starts, ends = encode_with_offsets(codec, ["fox", long, "", "lazy dogs"])
    assert [(starts[row].numpy()[0], ends[row].numpy()[-1]) for row in (0, 3)] == [(0, 3), (0, 9)]
    assert [text.decode() for text in codec.decode(ids).numpy()] == ["fox", long, "", "lazy dogs"]


def test_empty_batch_is_encoded_as_empty_batch(codec):
    ids = codec.encode(tf.zeros([0], tf.string))
    assert ids.to_list() == []
    assert codec.decode(ids).shape == (0,)


def test_trained_vocabulary_starts_with_special_and_byte_tokens_and_respects_size(codec):
    assert codec.vocabulary[:259] == (*SPECIAL_TOKENS, *BYTE_TOKENS)
    assert (PAD, START, END) == (0, 1, 2)
    assert 350 < len(codec.vocabulary) <= 400
    assert {" The", " não", "é", "##ö"} & set(codec.vocabulary)


def test_train_accepts_line_breaks_and_invalid_utf8(tmp_path):
    trained = TextCodec.train([b"a\n\xffb\r\n", b"\xe2\x80\xa8\0"], vocabulary_size=300)
    trained.save(f"{tmp_path}/vocabulary.txt")
    assert TextCodec.load(f"{tmp_path}/vocabulary.txt").vocabulary == trained.vocabulary


def test_invalid_training_arguments_raise():
    with pytest.raises(ValueError, match=r"greater than 259.* Received: vocabulary_size=259"):
        TextCodec.train(TEXTS, vocabulary_size=259)
    with pytest.raises(ValueError, match="at least one text"):
        TextCodec.train([], vocabulary_size=300)


def test_invalid_vocabulary_raises(codec):
    with pytest.raises(ValueError, match=r"must start with .* Received: 2 tokens, \['a', 'b'\]"):
        TextCodec(["a", "b"])
    for token in ("", "a\nb", " The"):
        with pytest.raises(ValueError, match=f"Received: {token!r} at index".replace("\\", "\\\\")):
            TextCodec([*codec.vocabulary, token])


def test_saved_codec_loads_with_same_ids(codec, tmp_path):
    path = f"{tmp_path}/vocabulary.txt"
    codec.save(path)
    assert os.listdir(tmp_path) == ["vocabulary.txt"]
    loaded = TextCodec.load(path)
    assert loaded.encode(TEXTS).to_list() == codec.encode(TEXTS).to_list()


def test_truncated_vocabulary_file_raises(codec, tmp_path):
    path = tmp_path / "vocabulary.txt"
    codec.save(str(path))
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(ValueError, match=r"must end with a line break\. Received: .*vocabulary\.txt"):
        TextCodec.load(str(path))


def test_exported_codec_needs_tensorflow_only(codec, tmp_path):
    module = tf.Module()
    module.codec = codec
    strings = tf.TensorSpec([None], tf.string)

    @tf.function(input_signature=[strings])
    def encode(text):
        ids, starts, ends = encode_with_offsets(codec, text)
        ids = ids.to_tensor(PAD)
        return {
            "ids": ids,
            "tokens": codec.ids_to_tokens(ids),
            "starts": starts.to_tensor(),
            "ends": ends.to_tensor(),
            "text": codec.decode(ids),
        }

    tf.saved_model.save(module, f"{tmp_path}/model", signatures={"encode": encode})
    assert os.listdir(tmp_path / "model/assets") == ["vocabulary.txt"]
    texts = [*TEXTS, "", "\0 😀 ▁ ##"]
    script = """
        import sys
        for name in ("keras", "keras_nlp", "keras_hub", "tensorflow_text", "foveal"):
            sys.modules[name] = None
        import tensorflow as tf
        path, *texts = sys.argv[1:]
        texts = [eval(text) for text in texts]
        out = tf.saved_model.load(path).signatures["encode"](text=tf.constant(texts))
        print({name: value.numpy().tolist() for name, value in out.items()})
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), f"{tmp_path}/model", *map(repr, texts)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    ops = {node.op for node in encode.get_concrete_function().graph.as_graph_def().node}
    assert {"StringSplitV2", "LookupTableFindV2"} <= ops
    assert [op for op in ops if not hasattr(tf.raw_ops, op)] == []  # no custom operation
    expected = {name: value.numpy().tolist() for name, value in encode(tf.constant(texts)).items()}
    assert eval(run.stdout) == expected
    assert [text.decode() for text in expected["text"]] == texts


def test_row_byte_offsets_match_byte_offsets(codec):
    rows = codec.encode_rows(["lazy dogs", "", "fox"], suffix=[END])
    for row, offsets in zip(rows, codec.row_byte_offsets(rows), strict=True):
        np.testing.assert_array_equal(offsets, np.stack(codec.byte_offsets(row[None]), axis=-1)[0])
