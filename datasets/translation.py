"""Loader of parallel text for translation: TFDS sets and local files."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow_datasets as tfds

from .columns import load_split, read_columns, require_examples
from .files.sentence_pairs import is_pair_file, read_pairs
from .preparation import prepared_builder

EXPECTED = (
    "phrases, multi30k/en_de, the name of a TFDS set, a .tsv, .csv, .jsonl or .json file, or two files "
    "joined by a comma"
)


@dataclass(frozen=True)
class ParallelText:
    """Sentence pairs, with their gold word alignment where there is one.

    Attributes:
        source: the source sentences.
        target: the target sentences.
        alignment: for each pair, linked words as positions (source, target), shape `(links, 2)`.
        source_spans: for each source sentence, the bytes `(start, end)` of its words, shape
            `(words, 2)`.
        target_spans: the same for each target sentence.
        languages: the names of the source and the target language, as the set, the file names or the keys
            give them; None where nothing names them.

    Example:
        >>> from foveal.datasets import ParallelText
        >>> pairs = ParallelText(source=["one", "two"], target=["um", "dois"])
        >>> len(pairs), pairs.select([1]).target
        (2, ['dois'])
    """

    source: list[str]
    target: list[str]
    alignment: list[npt.NDArray[np.int32]] | None = None
    source_spans: list[npt.NDArray[np.int32]] | None = None
    target_spans: list[npt.NDArray[np.int32]] | None = None
    languages: tuple[str, str] | None = None

    def __len__(self) -> int:
        return len(self.source)

    def select(self, indices: Iterable[int]) -> "ParallelText":
        """Select the pairs at these indices; indices past the end are ignored."""
        valid = [index for index in indices if index < len(self)]
        names = ("source", "target", "alignment", "source_spans", "target_spans")
        columns = {name: getattr(self, name) for name in names}
        return replace(
            self, **{name: column and [column[index] for index in valid] for name, column in columns.items()}
        )


class LanguagePair(NamedTuple):
    """Features of a TFDS set that hold the source and the target text."""

    source: str
    target: str
    path: str  # of the Translation feature, with a slash; empty at the top level
    reverse: bool  # the alignment of the set is (target, source)


def load_translation(
    data: str,
    split: str,
    source: str | None = None,
    target: str | None = None,
    data_dir: str | None = None,
    manual_dir: str | None = None,
) -> ParallelText:
    """Load one split of parallel text.

    Args:
        data: `phrases`; `multi30k/en_de`; the name of any TFDS set with a `Translation` feature; or
            local files, see `files.sentence_pairs.read_pairs`: `pairs.tsv`, `pairs.jsonl`, or
            `text.en,text.de`.
        split: the name of a split; for a TFDS set also a slice of one, `train[:10%]`.
        source: the source language, by default the first of the set. In a file, the column or key of
            the source text, by default `source`.
        target: the target language, by default the other one. In a file, the column or key of the target
            text, by default `target`.
        data_dir: the folder of prepared TFDS sets.
        manual_dir: a folder of local archives, for a TFDS set that cannot be downloaded.

    Returns:
        A `ParallelText`.

    Raises:
        ValueError: an unknown set, split or language, a malformed line, or an empty split.
        FileNotFoundError: files that are neither local nor reachable.

    Example:
        >>> from foveal.datasets import load_translation
        >>> test = load_translation("phrases", "test")
        >>> len(test)
        1000
    """
    if is_pair_file(data):
        columns = read_pairs(data, split, (source or "source", target or "target"))
        pairs = ParallelText(*columns, languages=_named_languages(data, source, target))
    else:
        builder, languages = prepared_builder(
            data,
            data_dir,
            manual_dir,
            pipeline="translation",
            expected=EXPECTED,
            find_features=lambda builder: _find_languages(builder, source, target),
        )
        pairs = _read(builder, split, languages)
    require_examples(pairs, data, split)
    return pairs


def _named_languages(data: str, source: str | None, target: str | None) -> tuple[str, str] | None:
    """Return the languages that the user names, or the suffixes of two files, `text.en,text.de`."""
    if source and target:
        return source, target
    suffixes = [Path(name.removesuffix(".gz")).suffix[1:] for name in data.split(",")]
    if len(suffixes) == 2 and all(suffixes) and suffixes[0] != suffixes[1]:
        return suffixes[0], suffixes[1]
    return None


def _read(builder: tfds.core.DatasetBuilder, split: str, languages: LanguagePair) -> ParallelText:
    columns = read_columns(load_split(builder, split))
    source, target = (
        [text.decode() for text in columns[languages.path + name]]
        for name in (languages.source, languages.target)
    )
    pair = (languages.source, languages.target)
    if "alignment" not in columns:
        return ParallelText(source, target, languages=pair)
    order = slice(None, None, -1 if languages.reverse else 1)
    return ParallelText(
        source,
        target,
        alignment=[links[:, order] for links in columns["alignment"]],
        source_spans=columns[f"{languages.source}_spans"],
        target_spans=columns[f"{languages.target}_spans"],
        languages=pair,
    )


def _find_languages(
    builder: tfds.core.DatasetBuilder, source: str | None, target: str | None
) -> LanguagePair:
    """Find the Translation feature of a set and resolve the direction in it."""
    path, languages = _translation_feature(builder)
    source = source or next(language for language in languages if language != target)
    target = target or next(language for language in languages if language != source)
    if source == target or not {source, target} <= set(languages):
        raise ValueError(
            f"`source` and `target` must be two of the languages of {builder.name}, {', '.join(languages)}. "
            f"Received: source={source!r}, target={target!r}"
        )
    return LanguagePair(source, target, path, reverse=source != languages[0])


def _translation_feature(builder: tfds.core.DatasetBuilder) -> tuple[str, list[str]]:
    features, keys = builder.info.features, builder.info.supervised_keys
    if isinstance(features, tfds.features.Translation):
        return "", list(keys or features.languages)
    for name in features:
        if isinstance(features[name], tfds.features.Translation):
            return f"{name}/", list(features[name].languages)
    if builder.name == "phrases":
        return "", list(keys)
    raise ValueError(
        f"`data` must be a set with a Translation feature. Received: {builder.name} with features={features}"
    )
