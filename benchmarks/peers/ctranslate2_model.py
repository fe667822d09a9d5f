"""The same Transformer in CTranslate2, from foveal's weights."""
# pyright: reportMissingImports=false
# The peers have an environment of their own.

import tempfile

import ctranslate2
import numpy as np
from ctranslate2.specs import TransformerSpec

PAD, START, END = "[PAD]", "[START]", "[END]"


class CTranslate2:
    """Translates greedily in float32.

    Args:
        weights: as foveal told them.
        vocabulary: pieces, the id of each being its place.
        heads: of every attention.
        threads: that an operation may use.
    """

    def __init__(self, weights: dict, vocabulary: list[str], heads: int, threads: int):
        with tempfile.TemporaryDirectory() as folder:
            spec = transformer_spec(weights, vocabulary, heads)
            spec.validate()
            spec.optimize()
            spec.save(folder)
            self.translator = ctranslate2.Translator(
                folder, compute_type="float32", inter_threads=1, intra_threads=threads
            )

    def translate(self, sentences: list[str], max_length: int) -> list[str]:
        """Translations, of at most `max_length` pieces."""
        return self._search(sentences, max_length)[0]

    def translate_and_score(self, sentences: list[str], max_length: int) -> tuple[list[str], list[float]]:
        """Translations and their log-probabilities."""
        texts, found = self._search(sentences, max_length, return_scores=True, length_penalty=0)
        return texts, [result.scores[0] for result in found]

    def _search(self, sentences: list[str], max_length: int, **options) -> tuple[list[str], list]:
        pieces = [[f" {word}" for word in text.split()] + [END] for text in sentences]
        found = self.translator.translate_batch(
            pieces, beam_size=1, max_decoding_length=max_length, **options
        )
        return ["".join(result.hypotheses[0])[1:] for result in found], found


def transformer_spec(weights: dict, vocabulary: list[str], heads: int) -> TransformerSpec:
    """Pre-norm blocks with ReLU, scaled and tied embeddings: what foveal's pipeline builds."""
    spec = TransformerSpec.from_config((len(weights["encoder"]), len(weights["decoder"])), heads)
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.config.unk_token, spec.config.bos_token, spec.config.eos_token = PAD, START, END
    spec.config.decoder_start_token = START
    spec.config.layer_norm_epsilon = 1e-5
    for side in "encoder", "decoder":
        stack = getattr(spec, side)
        stack.position_encodings.encodings = weights["positions"]
        _set_norm(stack.layer_norm, weights[f"{side}_norm"])
        for layer, block in zip(stack.layer, weights[side], strict=True):
            _set_block(layer, block)
    embedding = weights["embedding"]
    spec.encoder.embeddings[0].weight = embedding
    spec.decoder.embeddings.weight = embedding
    spec.decoder.projection.weight = embedding
    return spec


def _set_block(layer, block: dict) -> None:
    _set_norm(layer.self_attention.layer_norm, block["self_norm"])
    _set_dense(layer.self_attention.linear[0], block["query_key_value"])
    _set_dense(layer.self_attention.linear[1], block["self_output"])
    if "query" in block:
        key_value = [np.concatenate(parts, -1) for parts in zip(block["key"], block["value"], strict=True)]
        _set_norm(layer.attention.layer_norm, block["memory_norm"])
        _set_dense(layer.attention.linear[0], block["query"])
        _set_dense(layer.attention.linear[1], key_value)
        _set_dense(layer.attention.linear[2], block["memory_output"])
    _set_norm(layer.ffn.layer_norm, block["feed_forward_norm"])
    _set_dense(layer.ffn.linear_0, block["intermediate"])
    _set_dense(layer.ffn.linear_1, block["output"])


def _set_dense(spec, pair) -> None:
    kernel, spec.bias = pair
    spec.weight = np.ascontiguousarray(kernel.T)


def _set_norm(spec, pair) -> None:
    spec.gamma, spec.beta = pair
