"""Tests of the SavedModel contract: outputs of every signature, batching, truncation, blank texts."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.saved_model.export import export_saved_model
from foveal.pipelines.saved_model.loading import load_saved_model
from foveal.pipelines.saved_model.quantization import quantize_copy
from foveal.pipelines.sentiment.export import build_classifier
from foveal.pipelines.sentiment.model import build
from foveal.pipelines.sentiment.networks.sentences import sentence_ends

pytestmark = pytest.mark.slow  # `make test-export` runs them
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
    "\ufeffThe\u00a0dog\nsat.\u2028The\u3000 ca\u00adt was lovely!\n",
]
ENCODED_TEXTS = [text.encode() if isinstance(text, str) else text for text in TEXTS]
BLANKS = ["", " \t\n", "\u00a0", "\u3000\u2003", "\u2028", "\x85", "\v", "\u200b\ufeff"]


@pytest.fixture(scope="module")
def signatures(exported):
    return load_saved_model(exported).signatures


def call(signature, texts):
    return {name: value.numpy() for name, value in signature(text=tf.constant(texts)).items()}


def test_saved_model_gives_same_outputs_with_tensorflow_only(
    exported, untrained, check_loads_with_tensorflow_only
):
    check_loads_with_tensorflow_only(exported, "text", ENCODED_TEXTS, untrained.classifier.signatures())


@pytest.mark.parametrize("name", ["serving_default", "explain"])
def test_batch_matches_single_examples(signatures, name):
    batch = call(signatures[name], TEXTS)
    for index, text in enumerate(TEXTS):
        for key, expected in call(signatures[name], [text]).items():
            inside = tuple(slice(size) for size in expected.shape[1:])
            actual = batch[key][index : index + 1][:, *inside]
            if actual.dtype == object:
                assert np.array_equal(actual, expected), key
            else:
                np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5, err_msg=key)


def test_label_is_class_of_highest_probability(signatures):
    texts = [text for text in TEXTS if not str(text).isspace() and text]
    outputs = call(signatures["serving_default"], texts)
    np.testing.assert_allclose(outputs["probabilities"].sum(-1), 1, atol=1e-6)
    np.testing.assert_array_equal(outputs["score"], outputs["probabilities"].max(-1))
    rows = zip(outputs["label"], outputs["probabilities"], outputs["classes"], strict=True)
    for label, probabilities, classes in rows:
        assert classes.tolist() == [b"bad", b"fair", b"good"]
        assert label == classes[probabilities.argmax()]


def test_probabilities_are_softmax_of_logits_over_temperature(signatures, untrained):
    text = "the dog sat. the cat was lovely!"
    logits = untrained.model(untrained.codec.encode(tf.constant([text])).to_tensor())
    expected = tf.nn.softmax(logits / 1.7)
    np.testing.assert_allclose(call(signatures["serving_default"], [text])["probabilities"], expected, 1e-5)


def test_blank_text_has_no_label_uniform_probabilities_and_no_attention(signatures):
    outputs = call(signatures["explain"], [*BLANKS, "the dog"])
    assert outputs["label"].tolist()[:-1] == [b""] * len(BLANKS)
    assert outputs["label"][-1]
    np.testing.assert_allclose(outputs["probabilities"][:-1], 1 / 3)
    np.testing.assert_allclose(outputs["score"][:-1], 1 / 3)
    assert not outputs["attention"][:-1].any()
    assert not outputs["gate"][:-1].any()


def test_noise_of_spaces_does_not_change_probabilities_and_offsets_point_into_text(signatures):
    outputs = call(signatures["explain"], ["The dog sat. The cat was lovely!", TEXTS[-1]])
    np.testing.assert_allclose(outputs["probabilities"][0], outputs["probabilities"][1], rtol=1e-5)
    text = TEXTS[-1].encode()
    for token, (start, end) in zip(outputs["source_tokens"][1], outputs["source_offsets"][1], strict=True):
        if not token.startswith((b"[", b"<0x")) and token.decode() != "▁":
            expected = token.decode().strip("▁").removeprefix("##")
            assert text[start:end].decode().replace("\u00ad", "").lower() == expected
    assert outputs["bytes_read"][1] == len(text)
    if "sentence_offsets" in outputs:
        sentences = [text[start:end] for start, end in outputs["sentence_offsets"][1, :2]]
        assert sentences == ["The\u00a0dog\nsat.".encode(), "The\u3000 ca\u00adt was lovely!".encode()]


def test_empty_batch_returns_empty_outputs(signatures, check_empty_batch):
    check_empty_batch(signatures, "text")


def test_attention_sums_to_one_and_ignores_padding(signatures, untrained):
    outputs = call(signatures["explain"], ["The dog sat. The cat was lovely!", "plain"])
    batch, tokens = outputs["attention"].shape
    assert outputs["source_tokens"].shape == (batch, tokens)
    assert outputs["source_offsets"].shape == (batch, tokens, 2)
    np.testing.assert_allclose(outputs["attention"].sum(-1), 1, atol=1e-5)
    assert not outputs["attention"][outputs["source_tokens"] == b"[PAD]"].any()
    has_gate = untrained.config.model.attention == "adaptive"
    assert ((outputs["gate"] > 0) & (outputs["gate"] < 1)).all() == has_gate
    if untrained.config.model.attention == "hard":  # each head selects one token
        counts = np.round(outputs["attention"] * untrained.config.model.num_heads**2, 4)
        np.testing.assert_array_equal(counts, np.round(counts))


def test_source_offsets_are_byte_spans_of_input(signatures):
    text = "The dog sat. É LOVELY!"
    outputs = call(signatures["explain"], [text])
    for token, (start, end) in zip(outputs["source_tokens"][0], outputs["source_offsets"][0], strict=True):
        if not token.startswith((b"[", b"<0x")):
            expected = text.encode()[start:end].decode().strip().lower()
            assert token.decode().strip("▁").removeprefix("##") == expected
    assert outputs["source_offsets"].max() == len(text.encode()) == outputs["bytes_read"][0]


def test_sentence_outputs_of_hierarchical_model(signatures, untrained):
    if untrained.config.model.architecture != "hierarchical":
        pytest.skip("other architectures have no sentences")
    text = "The dog sat. Was the cat plain?! The tea"
    outputs = call(signatures["explain"], [text])
    sentences = [text[start:end].strip() for start, end in outputs["sentence_offsets"][0]]
    assert sentences == ["The dog sat.", "Was the cat plain?!", "The tea", "", ""]
    np.testing.assert_allclose(outputs["sentence_attention"].sum(-1), 1, atol=1e-5)
    assert not outputs["sentence_attention"][0, 3:].any()
    starts, ends = outputs["source_offsets"][0].T
    spans = outputs["sentence_offsets"][0, :3]
    inside = [outputs["attention"][0][(starts >= start) & (ends <= end)] for start, end in spans]
    expected = outputs["sentence_attention"][0, :3]
    np.testing.assert_allclose([weights.sum() for weights in inside], expected, atol=1e-5)


def test_bytes_read_is_end_of_last_token_of_long_text(signatures, untrained):
    outputs = call(signatures["explain"], ["the cat. " * 11_112, "the cat."])
    assert outputs["source_tokens"].shape[1] == untrained.config.data.max_sequence_length
    assert outputs["bytes_read"].tolist() == [outputs["source_offsets"][0, -1, 1], 8]
    assert 0 < outputs["bytes_read"][0] < 1000


def test_every_variable_is_stored_once(exported, untrained):
    stored = tf.train.list_variables(str(exported / "variables" / "variables"))
    numbers = sum(int(np.prod(shape)) for name, shape in stored if "OBJECT_GRAPH" not in name)
    assert numbers == untrained.model.count_params()


def test_graph_has_core_operations_only_and_no_file_operation(signatures):
    operations = set()
    for signature in signatures.values():
        graph = signature.graph.as_graph_def()
        for nodes in (graph.node, *(function.node_def for function in graph.library.function)):
            operations |= {node.op for node in nodes}
    assert "LookupTableFindV2" in operations  # so the nodes of inner functions are included
    functions = {function.signature.name for function in graph.library.function}
    checked = {name for name in operations if "Py" in name or "File" in name or "Regex" in name}
    assert checked <= {"StaticRegexFullMatch", "StaticRegexReplace", "RegexReplace"} | functions


def test_inference_is_deterministic(signatures):
    first, second = (call(signatures["explain"], TEXTS[:4]) for _ in range(2))
    for key in first:
        np.testing.assert_array_equal(first[key], second[key])


@pytest.fixture(scope="module")
def quantized(untrained, tmp_path_factory):
    """The same weights in int8: classifier and folder of its export."""
    codec, config, classes = untrained.codec, untrained.config, ["bad", "fair", "good"]
    model = build(config.model, len(codec.vocabulary), len(classes), sentence_ends(codec.vocabulary))
    quantize_copy(model, untrained.model)
    classifier = build_classifier(config, codec, model, classes)
    folder = tmp_path_factory.mktemp("int8")
    return classifier, export_saved_model(folder, classifier, classifier.signatures(), untrained.model, {})


def test_int8_export_gives_same_outputs_with_tensorflow_only(quantized, check_loads_with_tensorflow_only):
    classifier, folder = quantized
    check_loads_with_tensorflow_only(folder, "text", ENCODED_TEXTS, classifier.signatures())


def test_int8_export_is_smaller_and_keeps_keras_model_in_float32(
    exported, untrained, quantized, check_int8_export
):
    check_int8_export(quantized[1], exported, untrained.model)
