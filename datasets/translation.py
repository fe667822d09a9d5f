"""Sentence pairs in memory, wherever they come from."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from .columns import read_columns
from .files import sentence_pairs
from .preparation import get_builder, prepare

EXPECTED = (
    "phrases, multi30k/en_de, the name of a TFDS set, a .tsv or .jsonl file, or two files joined by a comma"
)


@dataclass(frozen=True)
class ParallelText:
    """Sentences and their translations, one by one, with the gold alignment where it is known.

    `alignment[i]`, shape `(links, 2)`, pairs word positions (source, target); `source_spans[i]` and
    `target_spans[i]`, shape `(words, 2)`, say from which byte to which each word goes.
    """

    source: list[str]
    target: list[str]
    alignment: list[np.ndarray] | None = None
    source_spans: list[np.ndarray] | None = None
    target_spans: list[np.ndarray] | None = None

    def __len__(self) -> int:
        return len(self.source)

    def select(self, indices: Iterable[int]) -> "ParallelText":
        """The sentences at these places alone; those beyond the last are left out."""
        chosen = [place for place in indices if place < len(self)]
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        return ParallelText(
            **{name: column and [column[place] for place in chosen] for name, column in columns.items()}
        )


def load_translation(
    data: str,
    split: str,
    source: str | None = None,
    target: str | None = None,
    data_dir: str | None = None,
    manual_dir: str | None = None,
) -> ParallelText:
    """Loads one split of any set of sentence pairs.

    Args:
        data: `phrases`; `multi30k/en_de`; the name of any TFDS set with a `Translation` feature;
            or a user's own file or files, see `text_files.read_pairs`.
        split: the name of a split; for a TFDS set also a slice of one, `train[:10%]`.
        source: the language to translate from. By default the first that the set names; in a
            user's JSON lines, the key of the source text (`source` by default).
        target: the language to translate into. By default the other one.
        data_dir: where TFDS keeps what it has prepared.
        manual_dir: a folder with archives placed by hand.

    Returns:
        A `ParallelText`.

    Raises:
        ValueError: unknown set, split or language; a malformed line; an empty split.
        FileNotFoundError: files that are neither there nor can be fetched.

    Example:

    >>> from foveal.datasets import load_translation
    >>> test = load_translation("phrases", "test")
    >>> len(test)
    1000
    """
    if sentence_pairs.is_file(data):
        keys = (source or "source", target or "target")
        pairs = ParallelText(*sentence_pairs.read_pairs(data, split, keys))
    else:
        pairs = _read(get_builder(data, data_dir, EXPECTED), manual_dir, split, source, target)
    if not len(pairs):
        raise ValueError(f"Expected sentence pairs in split {split!r} of {data}, received none.")
    return pairs


def _read(
    builder: Any, manual_dir: str | None, split: str, source: str | None, target: str | None
) -> ParallelText:
    place, languages = _languages(builder)
    source, target = _direction(languages, source, target, builder.name)
    prepare(builder, manual_dir, "translation")
    if not builder.info.splits[split].num_examples:
        return ParallelText([], [])
    columns = read_columns(builder.as_dataset(split=split))
    paths = [f"{place}/{language}" if place else language for language in (source, target)]
    texts = [[text.decode() for text in columns[path]] for path in paths]
    if "alignment" not in columns:
        return ParallelText(texts[0], texts[1])
    order = slice(None) if source == languages[0] else slice(None, None, -1)
    return ParallelText(
        texts[0],
        texts[1],
        alignment=[links[:, order] for links in columns["alignment"]],
        source_spans=columns[f"{source}_spans"],
        target_spans=columns[f"{target}_spans"],
    )


def _languages(builder) -> tuple[str | None, list[str]]:
    """Where the texts are among the features (None: on top), and in which languages."""
    features = builder.info.features
    indices = {None: features} | {name: features[name] for name in features}
    for place, feature in indices.items():
        if isinstance(feature, tfds.features.Translation):
            keys = builder.info.supervised_keys
            return place, list(keys) if keys and place is None else list(feature.languages)
    if builder.name == "phrases":
        return None, list(builder.info.supervised_keys)
    raise ValueError(f"Expected a set with a Translation feature, {builder.name} has {features}.")


def _direction(languages: list[str], source: str | None, target: str | None, name: str):
    source = source or next(language for language in languages if language != target)
    target = target or next(language for language in languages if language != source)
    if source == target or not {source, target} <= set(languages):
        raise ValueError(
            f"Expected two of the languages of {name}, {', '.join(languages)}, received {source} to {target}."
        )
    return source, target
