"""The SavedModel contract: what it answers, to what, and with what alone."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.saved_model.export import load
from foveal.pipelines.translation import export
from foveal.pipelines.translation.export import Translator

# The two kinds that differ in everything; test_model.py steps through all of them.
pytestmark = pytest.mark.parametrize(
    "untrained", [("transformer", True), ("rnn", False)], ids=["transformer-gate", "rnn"], indirect=True
)
TEXTS = [
    "the big dog sees one cat.",
    "",
    " \t\n",
    "one cat",
    "the dog " * 12_500,  # 100,000 characters
    b"the \xff\xfe dog",
    "Ελληνικά, العربية, 漢字",
    "🐕🏽 sees 🐈",
    "the\x00dog",
]


@pytest.fixture(scope="module")
def signatures(exported):
    return load(exported).signatures


def test_it_answers_the_same_in_a_process_that_has_tensorflow_alone(exported, untrained, check_alone):
    texts = [t.encode() if isinstance(t, str) else t for t in TEXTS[:4]]
    check_alone(exported, "text", texts, untrained.translator.signatures())


@pytest.mark.parametrize("name", ["serving_default", "explain", "fast"])
def test_a_batch_gives_what_its_examples_give_alone(signatures, name):
    together = {key: x.numpy() for key, x in signatures[name](text=tf.constant(TEXTS)).items()}
    for place, text in enumerate(TEXTS):
        alone = signatures[name](text=tf.constant([text]))
        for key, value in alone.items():
            expected = value.numpy()[:1]
            inside = tuple(slice(size) for size in expected.shape[1:])
            found = together[key][place : place + 1][:, *inside]
            if found.dtype == object:
                assert np.array_equal(found, expected), key
            else:
                np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5, err_msg=key)


def test_a_blank_text_is_translated_as_an_empty_one(signatures):
    for signature in signatures.values():
        told = signature(text=tf.constant(["", "the dog", " \t\n"]))
        assert told["text"].numpy()[[0, 2]].tolist() == [b"", b""]
        assert told["score"].numpy()[[0, 2]].tolist() == [0, 0]
        assert told["score"].numpy()[1] < 0


def test_the_coverage_penalty_reaches_the_search(untrained, monkeypatch):
    # two steps look at two positions at most, so every hypothesis leaves some of the source out and pays
    monkeypatch.setattr(export, "longest_translation", lambda source_length: 0 * source_length + 2)
    settings = dataclasses.replace(untrained.config.decoding, coverage_penalty=2.0)
    config = dataclasses.replace(untrained.config, decoding=settings)
    text = tf.constant(["the big dog sees one cat."])
    plain, strict = (Translator(untrained.codec, untrained.model, c) for c in (untrained.config, config))
    assert strict.serve(text)["score"][0] < plain.serve(text)["score"][0] - 1


def test_empty_batch_returns_empty_outputs(signatures, check_empty_batch):
    check_empty_batch(signatures, "text")


def test_the_answer_is_always_valid_utf_8(signatures):
    for signature in signatures.values():
        texts = signature(text=tf.constant(TEXTS))["text"].numpy().tolist()
        assert len(texts) == len(TEXTS)
        assert any(any(byte > 127 for byte in text) for text in texts)  # some hold pieces of single bytes
        assert [text.decode(errors="replace").encode() for text in texts] == texts


def test_explain_tells_where_it_looked(signatures, untrained):
    texts = ["the big dog sees one cat.", "one cat"]
    told = {key: x.numpy() for key, x in signatures["explain"](text=tf.constant(texts)).items()}
    batch, target, source = told["attention"].shape
    assert told["gate"].shape == (batch, target)
    assert told["attention_heads"].shape[:2] == (batch, target)
    assert told["source_tokens"].shape == (batch, source)
    assert told["source_offsets"].shape == (batch, source, 2)
    for row, text in enumerate(texts):
        written = told["target_tokens"][row] != b"[PAD]"
        read = told["source_tokens"][row] != b"[PAD]"
        np.testing.assert_allclose(told["attention"][row].sum(-1), written, atol=1e-5)
        assert not told["attention"][row][:, ~read].any()
        assert not told["gate"][row][~written].any()
        for token, (start, end) in zip(told["source_tokens"][row], told["source_offsets"][row], strict=True):
            if not token.startswith((b"[", b"<0x")):
                assert token.decode().strip("▁").removeprefix("##") == text[start:end]


def test_a_long_text_is_cut_where_the_tokens_say(signatures, untrained):
    told = signatures["explain"](text=tf.constant(["the dog " * 12_500]))
    tokens = told["source_tokens"].numpy()[0]
    assert len(tokens) == untrained.config.data.max_sequence_length
    assert tokens[-1] == b"[END]"


def test_every_variable_is_stored_once(exported, untrained):
    stored = tf.train.list_variables(str(exported / "variables" / "variables"))
    numbers = sum(int(np.prod(shape)) for name, shape in stored if "OBJECT_GRAPH" not in name)
    assert numbers == untrained.model.count_params()


def test_the_graph_has_core_operations_only_and_touches_no_file(signatures):
    found = set()
    for signature in signatures.values():
        graph = signature.graph.as_graph_def()
        for nodes in (graph.node, *(function.node_def for function in graph.library.function)):
            found |= {node.op for node in nodes}
    assert "LookupTableFindV2" in found  # the functions inside were looked through
    called = {function.signature.name for function in graph.library.function}
    foreign = {op for op in found if "Py" in op or "File" in op or "Regex" in op}
    assert foreign <= {"StaticRegexFullMatch", "StaticRegexReplace", "RegexReplace"} | called


def test_the_vocabulary_is_an_asset_and_the_extras_are_there(exported, codec):
    (vocabulary,) = (exported / "assets").iterdir()
    assert vocabulary.read_text(encoding="utf-8").split("\n")[:-1] == list(codec.vocabulary)
    assert (exported / "assets.extra" / "card.md").read_text() == "hello"
