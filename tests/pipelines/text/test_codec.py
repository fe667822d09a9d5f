import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foveal.pipelines.text.codec import BYTE_TOKENS, END, PAD, SPECIAL_TOKENS, START, TextCodec, split_words

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
    return TextCodec.learn(TEXTS, vocabulary_size=400)


def with_spans(codec, texts):
    ids = codec.encode(texts)
    return ids, *codec.spans(ids)


@pytest.fixture(scope="module")
def tokenize(codec):
    spec = tf.TensorSpec([None], tf.string)
    return tf.function(lambda texts: with_spans(codec, texts), input_signature=[spec])


def pieces(codec, text):
    return [piece.decode() for piece in codec.pieces(codec.encode([text]))[0].numpy()]


@settings(deadline=None, max_examples=300)
@given(texts=st.lists(UNICODE, max_size=4))
@example(texts=[*TRICKY, "", *TEXTS])
@example(texts=["".join(map(chr, range(0x800))), "\U0010ffff\ufffe\ud7ff\ue000"])
def test_decoding_restores_any_unicode(codec, tokenize, texts):
    decoded = codec.decode(tokenize(tf.constant(texts, tf.string))[0])
    assert [text.decode() for text in decoded.numpy()] == texts


@settings(deadline=None)
@given(texts=st.lists(UNICODE, min_size=2, max_size=4))
def test_a_batch_gives_what_its_texts_give_alone(tokenize, texts):
    for together, *alone in zip(tokenize(texts), *(tokenize([text]) for text in texts), strict=True):
        assert together.to_list() == [row for one in alone for row in one.to_list()]


@settings(deadline=None)
@given(text=UNICODE)
def test_words_lie_side_by_side_and_none_goes_beyond_a_space(text):
    words = split_words(tf.constant([text])).values.numpy()
    assert b"".join(words) == b" " + text.encode()
    assert all(b" " not in word[1:] for word in words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't stop.", [" Don", "'t", " stop", "."]),
        ("we\u2019ll", [" we", "\u2019ll"]),
        ("l'été d'or", [" l", "'", "été", " d", "'", "or"]),
        ("1984, 3.5", [" 1", "9", "8", "4", ",", " 3", ".", "5"]),
        ("cafe\u0301 (x)", [" cafe\u0301", " (", "x", ")"]),
        ("a  b\n c", [" a", " ", " b", "\n", " c"]),
        ("", [" "]),
        ("a" * 600 + " b", [" " + "a" * 255, "a" * 256, "a" * 89, " b"]),
    ],
)
def test_words(text, words):
    assert [word.decode() for word in split_words([text]).values.numpy()] == words


@settings(deadline=None, max_examples=300)
@given(text=UNICODE.map(str.encode) | st.binary())
@example(text=b"\xff")
@example(text=b" \xff\xff\xfe \xffa\xed\xa0\x80\xf0\x9f ")
def test_offsets_cut_the_text_into_its_pieces(codec, tokenize, text):
    ids, starts, ends = (ragged[0].numpy() for ragged in tokenize([text]))
    before = 0
    for piece, start, end in zip(codec.pieces(ids).numpy(), starts, ends, strict=True):
        assert text[before:start] in (b"", b" ")
        assert text[start:end].replace(b"\xff", b"\xfe") in visible(piece.decode())
        before = end
    assert before == len(text)


def visible(piece):
    if piece in BYTE_TOKENS:
        return [bytes([BYTE_TOKENS.index(piece)])]
    return [b"", b" "] if piece == "▁" else [piece.removeprefix("▁").removeprefix("##").encode()]


def test_offsets_leave_out_the_space_before_a_word(codec):
    ids, starts, ends = with_spans(codec, [" The  lazy"])
    assert pieces(codec, " The  lazy") == ["▁", "▁The", "▁", "▁lazy"]
    assert list(zip(starts[0].numpy(), ends[0].numpy(), strict=True)) == [
        (0, 0),
        (1, 4),
        (4, 5),
        (6, 10),
    ]
    assert ids.dtype == starts.dtype == ends.dtype == tf.int32


def test_spans_point_into_the_decoded_text_and_specials_have_none(codec):
    word = codec.encode(["lazy dogs"])[0].numpy().tolist()
    assert pieces(codec, "lazy dogs") == ["▁lazy", "▁dogs"]
    ids = tf.constant([[START, *word, END, PAD], [*word, END, PAD, PAD]])
    starts, ends = codec.spans(ids)
    assert starts.numpy().tolist() == [[0, 0, 5, 9, 9], [0, 5, 9, 9, 9]]
    assert ends.numpy().tolist() == [[0, 4, 9, 9, 9], [4, 9, 9, 9, 9]]
    starts, ends = codec.spans(codec.encode(["dogs", "", "lazy dogs"]))
    assert (starts.to_list(), ends.to_list()) == ([[0], [0], [0, 5]], [[4], [0], [4, 9]])


@settings(deadline=None)
@given(ids=st.lists(st.integers(-5, 450) | st.integers(-(2**31), 2**31 - 1), max_size=20))
def test_decoding_any_ids_gives_valid_text(codec, ids):
    codec.decode(tf.constant([ids], tf.int32)).numpy()[0].decode()
    assert codec.pieces(tf.constant([ids], tf.int32)).shape == (1, len(ids))


@settings(deadline=None)
@given(text=st.binary())
def test_bytes_that_are_no_text_are_decoded_as_replacement_characters(codec, tokenize, text):
    decoded = codec.decode(tokenize([text])[0])[0].numpy().decode()
    assert decoded.replace("\ufffd", "") == text.decode(errors="ignore").replace("\ufffd", "")
    assert ("\ufffd" in decoded) == ("\ufffd" in text.decode(errors="replace"))


def test_decoding_stops_at_the_end_and_skips_padding_and_start(codec):
    word = codec.encode(["fox"])[0].numpy().tolist()
    ids = [
        [START, *word, PAD, *word, END, *word],
        [END, *word, *word, START, PAD, PAD][: 2 * len(word) + 4],
    ]
    width = max(map(len, ids))
    dense = tf.constant([row + [PAD] * (width - len(row)) for row in ids])
    assert codec.decode(dense).numpy().tolist() == [b"fox fox", b""]
    assert codec.decode(tf.ragged.constant(ids)).numpy().tolist() == [b"fox fox", b""]
    assert codec.decode(tf.stack([dense, dense])).shape == (2, 2)


def test_pieces_show_spaces_specials_and_bytes(codec):
    assert pieces(codec, "fox \0") == ["▁fox", "▁", "<0x00>"]
    assert codec.pieces([[START, PAD, END]]).numpy().tolist() == [[b"[START]", b"[PAD]", b"[END]"]]


@pytest.mark.parametrize("unit", ["a", "日", " ", "\n", "ab ", "😀"])
def test_a_text_of_100_000_characters_leaves_its_neighbours_alone(codec, unit):
    long = unit * (100_000 // len(unit))
    ids, starts, ends = with_spans(codec, ["fox", long, "", "lazy dogs"])
    assert [(starts[row].numpy()[0], ends[row].numpy()[-1]) for row in (0, 3)] == [(0, 3), (0, 9)]
    assert [text.decode() for text in codec.decode(ids).numpy()] == ["fox", long, "", "lazy dogs"]


def test_an_empty_batch_is_an_empty_batch(codec):
    ids = codec.encode(tf.zeros([0], tf.string))
    assert ids.to_list() == []
    assert codec.decode(ids).shape == (0,)


def test_a_learned_vocabulary_starts_with_specials_and_bytes_and_keeps_to_its_size(codec):
    assert codec.vocabulary[:259] == (*SPECIAL_TOKENS, *BYTE_TOKENS)
    assert (PAD, START, END) == (0, 1, 2)
    assert 350 < len(codec.vocabulary) <= 400
    assert {" The", " não", "é", "##ö"} & set(codec.vocabulary)


def test_learning_survives_line_breaks_and_bytes_that_are_no_text(tmp_path):
    learned = TextCodec.learn([b"a\n\xffb\r\n", b"\xe2\x80\xa8\0"], vocabulary_size=300)
    learned.save(f"{tmp_path}/vocabulary.txt")
    assert TextCodec.load(f"{tmp_path}/vocabulary.txt").vocabulary == learned.vocabulary


def test_learning_needs_room_and_texts():
    with pytest.raises(ValueError, match=r"more than 259.* Received: 259"):
        TextCodec.learn(TEXTS, vocabulary_size=259)
    with pytest.raises(ValueError, match="at least one text"):
        TextCodec.learn([], vocabulary_size=300)


def test_a_vocabulary_that_is_none_is_refused(codec):
    with pytest.raises(ValueError, match=r"must start with .* Received 2 pieces: \['a', 'b'\]"):
        TextCodec(["a", "b"])
    for wrong in ("", "a\nb", " The"):
        with pytest.raises(ValueError, match=f"Received {wrong!r} at place".replace("\\", "\\\\")):
            TextCodec([*codec.vocabulary, wrong])


def test_saved_and_loaded_it_gives_the_same_ids(codec, tmp_path):
    path = f"{tmp_path}/vocabulary.txt"
    codec.save(path)
    assert os.listdir(tmp_path) == ["vocabulary.txt"]
    loaded = TextCodec.load(path)
    assert loaded.encode(TEXTS).to_list() == codec.encode(TEXTS).to_list()


def test_a_file_that_was_cut_short_is_refused(codec, tmp_path):
    path = tmp_path / "vocabulary.txt"
    codec.save(str(path))
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(ValueError, match=r"vocabulary\.txt must end with a line break"):
        TextCodec.load(str(path))


def test_exported_it_needs_tensorflow_alone(codec, tmp_path):
    module = tf.Module()
    module.codec = codec
    strings = tf.TensorSpec([None], tf.string)

    @tf.function(input_signature=[strings])
    def encode(text):
        ids, starts, ends = with_spans(codec, text)
        ids = ids.to_tensor(PAD)
        return {
            "ids": ids,
            "pieces": codec.pieces(ids),
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
    assert [op for op in ops if not hasattr(tf.raw_ops, op)] == []  # all TensorFlow's own
    expected = {name: value.numpy().tolist() for name, value in encode(tf.constant(texts)).items()}
    assert eval(run.stdout) == expected
    assert [text.decode() for text in expected["text"]] == texts


def test_spans_of_rows_are_those_of_each_row(codec):
    rows = codec.rows(["lazy dogs", "", "fox"], last=[END])
    for row, spans in zip(rows, codec.row_byte_offsets(rows), strict=True):
        np.testing.assert_array_equal(spans, np.stack(codec.spans(row[None]), axis=-1)[0])
