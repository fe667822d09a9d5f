"""Transformer in CTranslate2 with foveal's weights."""
# pyright: reportMissingImports=false
# The peers have an environment of their own.

import tempfile
from typing import Any

import ctranslate2
import numpy as np
from ctranslate2.specs import TransformerSpec

PAD, START, END = "[PAD]", "[START]", "[END]"


class CTranslate2:
    """CTranslate2 translator, with greedy search or beam search.

    Args:
        weights: from `Foveal.weights`.
        vocabulary: tokens in the order of their ids.
        num_heads: heads of each attention layer.
        threads: threads of an operation.
        compute_type: `"float32"` or `"int8"`.
    """

    def __init__(
        self,
        weights: dict[str, Any],
        vocabulary: list[str],
        num_heads: int,
        threads: int,
        compute_type: str = "float32",
    ):
        with tempfile.TemporaryDirectory() as folder:
            spec = build_spec(weights, vocabulary, num_heads)
            spec.validate()
            spec.optimize()
            spec.save(folder)
            self.translator = ctranslate2.Translator(
                folder, compute_type=compute_type, inter_threads=1, intra_threads=threads
            )

    def translate(self, sentences: list[str], max_length: int, beam_size: int = 1) -> list[str]:
        """Return translations of at most `max_length` tokens."""
        return self._search(sentences, max_length, beam_size)[0]

    def translate_and_score(
        self, sentences: list[str], max_length: int, beam_size: int = 1
    ) -> tuple[list[str], list[float]]:
        """Return translations and their log-probabilities."""
        texts, results = self._search(sentences, max_length, beam_size, return_scores=True, length_penalty=0)
        return texts, [result.scores[0] for result in results]

    def _search(
        self, sentences: list[str], max_length: int, beam_size: int, **options: Any
    ) -> tuple[list[str], list]:
        tokens = [[f" {word}" for word in text.split()] + [END] for text in sentences]
        results = self.translator.translate_batch(
            tokens, beam_size=beam_size, max_decoding_length=max_length, **options
        )
        return ["".join(result.hypotheses[0])[1:] for result in results], results


def build_spec(weights: dict[str, Any], vocabulary: list[str], num_heads: int) -> TransformerSpec:
    """Build the pre-norm Transformer of foveal's pipeline: ReLU, scaled and tied embeddings."""
    spec = TransformerSpec.from_config((len(weights["encoder"]), len(weights["decoder"])), num_heads)
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


def _set_block(layer: Any, block: dict[str, Any]) -> None:
    _set_norm(layer.self_attention.layer_norm, block["self_attention_norm"])
    _set_dense(layer.self_attention.linear[0], block["query_key_value"])
    _set_dense(layer.self_attention.linear[1], block["self_attention_output"])
    if "query" in block:
        key_value = [np.concatenate(parts, -1) for parts in zip(block["key"], block["value"], strict=True)]
        _set_norm(layer.attention.layer_norm, block["cross_attention_norm"])
        _set_dense(layer.attention.linear[0], block["query"])
        _set_dense(layer.attention.linear[1], key_value)
        _set_dense(layer.attention.linear[2], block["cross_attention_output"])
    _set_norm(layer.ffn.layer_norm, block["feed_forward_norm"])
    _set_dense(layer.ffn.linear_0, block["intermediate"])
    _set_dense(layer.ffn.linear_1, block["output"])


def _set_dense(spec: Any, weights: Any) -> None:
    kernel, spec.bias = weights
    spec.weight = np.ascontiguousarray(kernel.T)


def _set_norm(spec: Any, weights: Any) -> None:
    spec.gamma, spec.beta = weights
