"""Labelled texts in memory, wherever they come from."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from .columns import read_columns
from .files.labelled_texts import is_labelled_file, read_labelled_texts
from .files.sentence_pairs import HELD_OUT_FRACTIONS, split_indices
from .passages import locate_passages
from .preparation import get_builder, prepare

EXPECTED = "reviews, the name of a TFDS set, or a .csv, .tsv or .jsonl file"


@dataclass(frozen=True)
class LabelledText:
    """Texts and the class of each, with the gold rationales where they are known.

    `label`, shape `(texts,)`, counts in `classes`; `rationales[i]`, shape `(spans, 2)`, says from
    which to which UTF-8 byte of `text[i]` goes what decides, `sentences[i]` each sentence;
    `phenomena[i]` names the devices of language in it.
    """

    text: list[str]
    label: np.ndarray
    classes: list[str]
    rationales: list[np.ndarray] | None = None
    sentences: list[np.ndarray] | None = None
    phenomena: list[list[str]] | None = None

    def __len__(self) -> int:
        return len(self.text)

    def select(self, indices: Iterable[int]) -> "LabelledText":
        """The texts at these places alone; those beyond the last are left out."""
        chosen = [place for place in indices if place < len(self)]
        columns = {name: getattr(self, name) for name in ("text", "rationales", "sentences", "phenomena")}
        columns = {name: column and [column[place] for place in chosen] for name, column in columns.items()}
        return replace(self, label=self.label[chosen], **columns)


def load_sentiment(
    data: str, split: str, data_dir: str | None = None, manual_dir: str | None = None
) -> LabelledText:
    """Loads one split of any set of texts with classes.

    A TFDS set may lack a split, or its labels (-1 in all of `glue`'s tests). Then its validation
    split serves as test; and what is still missing is held out of train: 5 % each, at most 2,000
    texts, always the same ones, which `train` then lacks. A slice such as `train[:10%]` is taken as
    TFDS has it.

    Args:
        data: `reviews`; the name of any TFDS set with one `Text` and one `ClassLabel` feature:
            `imdb_reviews`, `glue/sst2`, `movie_rationales`, `yelp_polarity_reviews`; or a user's own
            file or files, see `labelled_files.read_labelled_texts`.
        split: the name of a split.
        data_dir: where TFDS keeps what it has prepared.
        manual_dir: a folder with archives placed by hand.

    Returns:
        A `LabelledText`.

    Raises:
        ValueError: unknown set or split; a malformed line; an empty split, or one without labels.
        FileNotFoundError: files that are neither there nor can be fetched.

    Example:

    >>> from foveal.datasets import load_sentiment
    >>> test = load_sentiment("reviews", "test")
    >>> len(test), test.classes
    (1500, ['negative', 'positive'])
    """
    if is_labelled_file(data):
        texts, labels, classes = read_labelled_texts(data, split)
        place = {name: number for number, name in enumerate(classes)}
        loaded = LabelledText(texts, np.array([place[label] for label in labels], np.int64), classes)
    else:
        builder = get_builder(data, data_dir, EXPECTED)
        text, label = _features(builder)
        loaded = _read(prepare(builder, manual_dir, "sentiment"), split, text, label)
    if not len(loaded):
        raise ValueError(f"Expected texts in split {split!r} of {data}, received none.")
    if loaded.label.min() < 0:
        raise ValueError(f"Expected a label for each text of split {split!r} of {data}, received -1.")
    return loaded


def _features(builder: Any) -> tuple[str, str]:
    """The names of the text and of the label among the features."""
    features, keys = builder.info.features, builder.info.supervised_keys
    kinds = (tfds.features.Text, tfds.features.ClassLabel)
    if keys and all(isinstance(features[key], kind) for key, kind in zip(keys, kinds, strict=True)):
        return keys
    found = [[name for name in features if isinstance(features[name], kind)] for kind in kinds]
    if [len(names) for names in found] != [1, 1]:
        raise ValueError(
            f"Expected a set with one Text and one ClassLabel feature, {builder.name} has {features}."
        )
    return found[0][0], found[1][0]


def _read(builder: Any, split: str, text: str, label: str) -> LabelledText:
    source, held_out = _source(builder, split, label)
    rows = _rows(builder, source)
    chosen = split_indices(len(rows[label]), split, held_out) if held_out else range(len(rows[label]))
    columns = {name: [values[i] for i in chosen] for name, values in rows.items()}
    features = builder.info.features
    return LabelledText(
        [value.decode() for value in columns[text]],
        np.array(columns[label], np.int64),
        features[label].names,
        rationales=_rationales(columns, text),
        sentences=columns.get("sentences"),
        phenomena=_named(columns.get("phenomena"), features),
    )


def _source(builder: Any, split: str, label: str) -> tuple[str, list[str]]:
    """Which split of the set to read for a split, and which ones are held out of it."""
    names = builder.info.splits

    def labelled(name: str) -> bool:
        return name in names and _rows(builder, f"{name}[:1]")[label] != [-1]

    own = {name: name for name in ("validation", "test") if labelled(name)}
    if "test" not in own and "validation" in own:
        own = {"test": "validation"}
    missing = [name for name in HELD_OUT_FRACTIONS if name not in own]
    if split == "train" or split in missing:
        return "train", missing
    return own.get(split, split), []


def _rows(builder: Any, split: str) -> dict[str, list]:
    """The values of each feature, example by example."""
    if not builder.info.splits[split].num_examples:
        return {name: [] for name in builder.info.features}
    return read_columns(builder.as_dataset(split=split))


def _rationales(columns: dict[str, list], text: str) -> list[np.ndarray] | None:
    """The gold rationales, as spans or as passages of the text."""
    if "rationales" in columns:
        return columns["rationales"]
    if "evidences" in columns:
        return [locate_passages(*pair) for pair in zip(columns[text], columns["evidences"], strict=True)]
    return None


def _named(rows: list[np.ndarray] | None, features: Any) -> list[list[str]] | None:
    if rows is None:
        return None
    return [[features["phenomena"].feature.int2str(number) for number in row] for row in rows]
