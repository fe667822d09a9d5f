"""The SavedModel contract: what it answers, to what, and with what alone."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.saved_model.export import load

TEXTS = [
    "The dog sat. The cat was LOVELY!",
    "",
    " \t\n",
    "plain",
    "the cat. " * 11_112,  # 100,000 characters
    b"the \xff\xfe dog",
    "Ελληνικά, العربية, 漢字",
    "🐕🏽 was awful 🐈",
    "the\x00dog",
]


@pytest.fixture(scope="module")
def signatures(exported):
    return load(exported).signatures


def ask(signature, texts):
    return {name: value.numpy() for name, value in signature(text=tf.constant(texts)).items()}


def test_it_answers_the_same_in_a_process_that_has_tensorflow_alone(exported, untrained, check_alone):
    if untrained.config.model.architecture != "hierarchical":
        pytest.skip("a process takes seconds, and the signatures of this kind have the most in them")
    texts = [t.encode() if isinstance(t, str) else t for t in TEXTS[:4]]
    check_alone(exported, "text", texts, untrained.classifier.signatures())


@pytest.mark.parametrize("name", ["serving_default", "explain"])
def test_a_batch_gives_what_its_examples_give_alone(signatures, name):
    together = ask(signatures[name], TEXTS)
    for place, text in enumerate(TEXTS):
        for key, expected in ask(signatures[name], [text]).items():
            inside = tuple(slice(size) for size in expected.shape[1:])
            found = together[key][place : place + 1][:, *inside]
            if found.dtype == object:
                assert np.array_equal(found, expected), key
            else:
                np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5, err_msg=key)


def test_the_label_is_the_class_of_the_highest_probability(signatures):
    told = ask(signatures["serving_default"], [text for text in TEXTS if not str(text).isspace() and text])
    np.testing.assert_allclose(told["probabilities"].sum(-1), 1, atol=1e-6)
    np.testing.assert_array_equal(told["score"], told["probabilities"].max(-1))
    for label, shares, classes in zip(told["label"], told["probabilities"], told["classes"], strict=True):
        assert classes.tolist() == [b"bad", b"fair", b"good"]
        assert label == classes[shares.argmax()]


def test_the_probabilities_are_those_of_the_model_at_the_temperature(signatures, untrained):
    text = "the dog sat. the cat was lovely!"
    logits = untrained.model(untrained.codec.encode(tf.constant([text])).to_tensor())
    expected = tf.nn.softmax(logits / 1.7)
    np.testing.assert_allclose(ask(signatures["serving_default"], [text])["probabilities"], expected, 1e-5)


def test_a_blank_text_has_no_label_no_preference_and_no_attention(signatures):
    told = ask(signatures["explain"], ["", "the dog", " \t\n"])
    assert told["label"].tolist()[::2] == [b"", b""]
    assert told["label"][1]
    np.testing.assert_allclose(told["probabilities"][::2], 1 / 3)
    np.testing.assert_allclose(told["score"][::2], 1 / 3)
    assert not told["attention"][::2].any()
    assert not told["gate"][::2].any()


def test_empty_batch_returns_empty_outputs(signatures, check_empty_batch):
    check_empty_batch(signatures, "text")


def test_attention_is_spread_over_the_pieces_that_are_there(signatures, untrained):
    told = ask(signatures["explain"], ["The dog sat. The cat was lovely!", "plain"])
    batch, pieces = told["attention"].shape
    assert told["source_tokens"].shape == (batch, pieces)
    assert told["source_offsets"].shape == (batch, pieces, 2)
    np.testing.assert_allclose(told["attention"].sum(-1), 1, atol=1e-5)
    assert not told["attention"][told["source_tokens"] == b"[PAD]"].any()
    assert ((told["gate"] > 0) & (told["gate"] < 1)).all() == (untrained.config.model.attention == "adaptive")
    if untrained.config.model.attention == "hard":
        looks = np.round(told["attention"] * untrained.config.model.num_heads**2, 4)
        np.testing.assert_array_equal(looks, np.round(looks))


def test_offsets_point_into_the_text_as_it_was_given(signatures):
    text = "The dog sat. É LOVELY!"
    told = ask(signatures["explain"], [text])
    for token, (start, end) in zip(told["source_tokens"][0], told["source_offsets"][0], strict=True):
        if not token.startswith((b"[", b"<0x")):
            read = token.decode().strip("▁").removeprefix("##")
            assert read == text.encode()[start:end].decode().strip().lower()
    assert told["source_offsets"].max() == len(text.encode()) == told["bytes_read"][0]


def test_the_sentences_of_a_hierarchical_model_are_told(signatures, untrained):
    if untrained.config.model.architecture != "hierarchical":
        pytest.skip("other models have no sentences")
    text = "The dog sat. Was the cat plain?! The tea"
    told = ask(signatures["explain"], [text])
    parts = [text[start:end] for start, end in told["sentence_offsets"][0]]
    assert [part.strip() for part in parts] == ["The dog sat.", "Was the cat plain?!", "The tea", "", ""]
    np.testing.assert_allclose(told["sentence_attention"].sum(-1), 1, atol=1e-5)
    assert not told["sentence_attention"][0, 3:].any()
    starts, ends = told["source_offsets"][0].T
    spans = told["sentence_offsets"][0, :3]
    inside = [told["attention"][0][(starts >= start) & (ends <= end)] for start, end in spans]
    np.testing.assert_allclose([x.sum() for x in inside], told["sentence_attention"][0, :3], atol=1e-5)


def test_of_a_long_text_it_says_how_far_it_was_read(signatures, untrained):
    told = ask(signatures["explain"], ["the cat. " * 11_112, "the cat."])
    assert told["source_tokens"].shape[1] == untrained.config.data.max_sequence_length
    assert told["bytes_read"].tolist() == [told["source_offsets"][0, -1, 1], 8]
    assert 0 < told["bytes_read"][0] < 1000


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


def test_nothing_is_drawn_at_inference(signatures):
    one, other = (ask(signatures["explain"], TEXTS[:4]) for _ in range(2))
    for key in one:
        np.testing.assert_array_equal(one[key], other[key])
