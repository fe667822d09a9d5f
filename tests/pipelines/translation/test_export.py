"""Tests of the SavedModel contract: outputs of every signature, batching, truncation, blank texts."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.saved_model.export import export_saved_model
from foveal.pipelines.saved_model.loading import load_saved_model
from foveal.pipelines.saved_model.quantization import quantize_copy
from foveal.pipelines.translation import export
from foveal.pipelines.translation.export import build_translator
from foveal.pipelines.translation.model import build

# The two architectures without a common layer; test_model.py decodes with all of them.
ARCHITECTURES = pytest.mark.parametrize(
    "untrained", [("transformer", True), ("rnn", False)], ids=["transformer-gate", "rnn"], indirect=True
)
pytestmark = [pytest.mark.slow, ARCHITECTURES]  # `make test-export` runs them
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
    "\ufeffthe\u00a0big\ndog sees\u2028one\u3000 ca\u00adt.\n",
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
    check_loads_with_tensorflow_only(exported, "text", ENCODED_TEXTS, untrained.translator.signatures())


@pytest.mark.parametrize("name", ["serving_default", "explain", "fast"])
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


def test_blank_text_has_empty_translation_with_score_zero(signatures):
    for signature in signatures.values():
        outputs = call(signature, [*BLANKS, "the dog"])
        assert outputs["text"][:-1].tolist() == [b""] * len(BLANKS)
        assert outputs["score"][:-1].tolist() == [0] * len(BLANKS)
        assert outputs["score"][-1] < 0


def test_noise_of_spaces_does_not_change_translation(signatures):
    texts = ["the big dog sees one cat.", TEXTS[-1]]
    for signature in signatures.values():
        outputs = call(signature, texts)
        assert outputs["text"][0] == outputs["text"][1]
        np.testing.assert_allclose(outputs["score"][0], outputs["score"][1], rtol=1e-5)


def test_offsets_point_into_text_as_given(signatures):
    text = TEXTS[-1].encode()
    outputs = call(signatures["explain"], [text])
    tokens = zip(outputs["source_tokens"][0], outputs["source_offsets"][0], strict=True)
    for token, (start, end) in tokens:
        if not token.startswith((b"[", b"<0x")) and token.decode() != "▁":
            expected = token.decode().strip("▁").removeprefix("##")
            assert text[start:end].decode().replace("\u00ad", "") == expected
    starts, ends = outputs["source_offsets"][0].T
    assert starts[starts < ends][0] == len("\ufeff".encode())
    assert tuple(outputs["source_offsets"][0, -1]) == (len(text.rstrip()),) * 2  # END


def test_texts_are_kept_without_normalization(untrained):
    data = dataclasses.replace(untrained.config.data, normalize=False)
    config = dataclasses.replace(untrained.config, data=data)
    translator = build_translator(config, untrained.codec, untrained.network)
    texts = ["the dog", "the\u00a0dog", *BLANKS]
    outputs = call(translator.explain, texts)
    assert not np.array_equal(outputs["source_tokens"][0], outputs["source_tokens"][1])
    for text, offsets in zip(texts, outputs["source_offsets"], strict=True):
        assert offsets.max() == len(text.encode())
    assert outputs["text"][2:].tolist() == [b""] * len(BLANKS)


def test_removed_characters_do_not_count_as_length(signatures):
    noise = "\u200b" * 5_000 + "\n" * 5_000
    texts = ["the dog sees one cat.", f"{noise}the dog{noise}sees one cat.{noise}"]
    outputs = call(signatures["fast"], texts)
    assert outputs["text"][0] == outputs["text"][1]
    assert outputs["bytes_read"].tolist() == [len(text.encode()) for text in texts]


def test_coverage_penalty_lowers_score_of_short_translation(untrained, monkeypatch):
    # two steps cannot cover the source, so every hypothesis is penalized
    monkeypatch.setattr(export, "max_translation_length", lambda source_length: 0 * source_length + 2)
    decoding = dataclasses.replace(untrained.config.decoding, coverage_penalty=2.0)
    config = dataclasses.replace(untrained.config, decoding=decoding)
    text = tf.constant(["the big dog sees one cat."])
    without_penalty, with_penalty = (
        build_translator(c, untrained.codec, untrained.network) for c in (untrained.config, config)
    )
    assert with_penalty.serve(text)["score"][0] < without_penalty.serve(text)["score"][0] - 1


def test_empty_batch_returns_empty_outputs(signatures, check_empty_batch):
    check_empty_batch(signatures, "text")


def test_translation_is_valid_utf_8(signatures):
    for signature in signatures.values():
        texts = signature(text=tf.constant(TEXTS))["text"].numpy().tolist()
        assert len(texts) == len(TEXTS)
        assert any(any(byte > 127 for byte in text) for text in texts)  # some have tokens of single bytes
        assert [text.decode(errors="replace").encode() for text in texts] == texts


def test_explain_returns_attention_of_target_tokens(signatures):
    texts = ["the big dog sees one cat.", "one cat"]
    outputs = call(signatures["explain"], texts)
    batch, target, source = outputs["attention"].shape
    assert outputs["gate"].shape == (batch, target)
    assert outputs["attention_heads"].shape[:2] == (batch, target)
    assert outputs["source_tokens"].shape == (batch, source)
    assert outputs["source_offsets"].shape == (batch, source, 2)
    for row, text in enumerate(texts):
        is_target = outputs["target_tokens"][row] != b"[PAD]"
        is_source = outputs["source_tokens"][row] != b"[PAD]"
        np.testing.assert_allclose(outputs["attention"][row].sum(-1), is_target, atol=1e-5)
        assert not outputs["attention"][row][:, ~is_source].any()
        assert not outputs["gate"][row][~is_target].any()
        tokens = zip(outputs["source_tokens"][row], outputs["source_offsets"][row], strict=True)
        for token, (start, end) in tokens:
            if not token.startswith((b"[", b"<0x")):
                assert token.decode().strip("▁").removeprefix("##") == text[start:end]


def test_long_text_is_truncated(signatures, untrained):
    outputs = call(signatures["explain"], ["the dog " * 12_500])
    tokens = outputs["source_tokens"][0]
    assert len(tokens) == untrained.config.data.max_sequence_length
    assert tokens[-1] == b"[END]"


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


def test_vocabulary_is_asset_and_extras_are_stored(exported, codec):
    (vocabulary,) = (exported / "assets").iterdir()
    assert vocabulary.read_text(encoding="utf-8").split("\n")[:-1] == list(codec.vocabulary)
    assert (exported / "assets.extra" / "card.md").read_text() == "hello"


@pytest.fixture(scope="module")
def quantized(untrained, tmp_path_factory):
    """The same weights in int8: translator and folder of its export."""
    network = build(untrained.config.model, len(untrained.codec.vocabulary))
    quantize_copy(network.model, untrained.model)
    translator = build_translator(untrained.config, untrained.codec, network)
    folder = tmp_path_factory.mktemp("int8")
    return translator, export_saved_model(folder, translator, translator.signatures(), untrained.model, {})


def test_int8_export_gives_same_outputs_with_tensorflow_only(quantized, check_loads_with_tensorflow_only):
    translator, folder = quantized
    check_loads_with_tensorflow_only(folder, "text", ENCODED_TEXTS, translator.signatures())


def test_int8_export_is_smaller_and_keeps_keras_model_in_float32(
    exported, untrained, quantized, check_int8_export
):
    check_int8_export(quantized[1], exported, untrained.model)
