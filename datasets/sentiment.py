"""Loader of labelled text for sentiment analysis: TFDS sets and local files."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import tensorflow_datasets as tfds

from .columns import load_split, read_columns, require_examples
from .files.labelled_texts import COLUMNS, is_labelled_file, read_labelled_texts
from .holdout import HELD_OUT_FRACTIONS, split_indices
from .passages import locate_passages
from .preparation import prepared_builder

EXPECTED = "reviews, the name of a TFDS set, or a .csv, .tsv, .jsonl or .json file"


@dataclass(frozen=True)
class LabelledText:
    """Labelled texts, with their gold rationales where there are any.

    Attributes:
        text: the texts.
        label: the class of each text, an index of `classes`, shape `(texts,)`.
        classes: the class names.
        rationales: for each text, the UTF-8 bytes `(start, end)` of the spans that decide its
            label, shape `(spans, 2)`.
        sentences: for each text, the bytes `(start, end)` of its sentences, shape `(sentences, 2)`.
        phenomena: for each text, the names of the linguistic phenomena in it.

    Example:
        >>> from foveal.datasets import LabelledText
        >>> texts = LabelledText(["Fine.", "Awful."], np.array([1, 0]), ["negative", "positive"])
        >>> len(texts), texts.select([1]).text
        (2, ['Awful.'])
    """

    text: list[str]
    label: npt.NDArray[np.int64]
    classes: list[str]
    rationales: list[npt.NDArray[np.int32]] | None = None
    sentences: list[npt.NDArray[np.int32]] | None = None
    phenomena: list[list[str]] | None = None

    def __len__(self) -> int:
        return len(self.text)

    def select(self, indices: Iterable[int]) -> "LabelledText":
        """Select the texts at these indices; indices past the end are ignored."""
        valid = [index for index in indices if index < len(self)]
        columns = {name: getattr(self, name) for name in ("text", "rationales", "sentences", "phenomena")}
        selected = {name: column and [column[index] for index in valid] for name, column in columns.items()}
        return replace(self, label=self.label[valid], **selected)


def load_sentiment(
    data: str,
    split: str,
    data_dir: str | None = None,
    manual_dir: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
) -> LabelledText:
    """Load one split of labelled text.

    A TFDS set may have no validation or test split, or one without labels (-1, as the test sets of
    `glue`). Its validation split is then the test split. A split that is still missing is held out
    of train: 5 % each, at least one and at most 2,000 texts, always the same ones. `train` does not
    contain them. A slice such as `train[:10%]` is read unchanged.

    Args:
        data: `reviews`; the name of any TFDS set with a `Text` and a `ClassLabel` feature:
            `imdb_reviews`, `glue/sst2`, `movie_rationales`, `yelp_polarity_reviews`; or local files,
            see `files.labelled_texts.read_labelled_texts`: `texts.csv`, `texts.tsv`, `texts.jsonl`.
        split: the name of a split.
        data_dir: the folder of prepared TFDS sets.
        manual_dir: a folder of local archives, for a TFDS set that cannot be downloaded.
        text_column: the column or key of the text in files, by default `text`; in a TFDS set the name of
            its feature, by default the only one.
        label_column: the same for the label, by default `label`.

    Returns:
        A `LabelledText`.

    Raises:
        ValueError: an unknown set or split, a malformed line, or a split that is empty or has no
            labels.
        FileNotFoundError: files that are neither local nor reachable.

    Example:
        >>> from foveal.datasets import load_sentiment
        >>> test = load_sentiment("reviews", "test")
        >>> len(test), test.classes
        (1500, ['negative', 'positive'])
    """
    if is_labelled_file(data):
        loaded = _read_files(data, split, (text_column or COLUMNS[0], label_column or COLUMNS[1]))
    else:
        builder, (text, label) = prepared_builder(
            data,
            data_dir,
            manual_dir,
            pipeline="sentiment",
            expected=EXPECTED,
            find_features=lambda builder: _find_features(builder, text_column, label_column),
        )
        loaded = _read(builder, split, text, label)
    require_examples(loaded, data, split)
    if loaded.label.min() < 0:
        raise ValueError(f"`split` must have labels. Received: label=-1 in split={split!r} of data={data!r}")
    return loaded


def _read_files(data: str, split: str, columns: tuple[str, str]) -> LabelledText:
    texts, labels, classes = read_labelled_texts(data, split, columns)
    return LabelledText(texts, np.array([classes.index(label) for label in labels], np.int64), classes)


def _find_features(builder: tfds.core.DatasetBuilder, text: str | None, label: str | None) -> tuple[str, str]:
    """Find the features of the text and of the label, where they are not given."""
    features, keys = builder.info.features, builder.info.supervised_keys or (None, None)
    types = (tfds.features.Text, tfds.features.ClassLabel)
    text, label = (
        _find_feature(features, *column) for column in zip(types, (text, label), keys, strict=True)
    )
    if text is None or label is None:
        raise ValueError(
            "`data` must be a set with one Text and one ClassLabel feature, or `text_column` and "
            f"`label_column` must name one of each. Received: {builder.name} with features={features}"
        )
    return text, label


def _find_feature(
    features: tfds.features.FeaturesDict, kind: type, name: str | None, key: str | None
) -> str | None:
    """Return the name of a feature: the given one, the supervised one, or the only one of its kind."""
    names = [feature for feature in features if isinstance(features[feature], kind)]
    if name is not None:
        return name if name in names else None
    if key in names:
        return key
    return names[0] if len(names) == 1 else None


def _read(builder: tfds.core.DatasetBuilder, split: str, text: str, label: str) -> LabelledText:
    source, held_out = _source_split(builder, split, label)
    columns = read_columns(load_split(builder, source))
    if held_out:
        indices = split_indices(len(columns[label]), split, held_out)
        columns = {name: [column[index] for index in indices] for name, column in columns.items()}
    features = builder.info.features
    return LabelledText(
        [value.decode() for value in columns[text]],
        np.array(columns[label], np.int64),
        features[label].names,
        rationales=_rationales(columns, text),
        sentences=columns.get("sentences"),
        phenomena=_phenomena(columns, features),
    )


def _source_split(builder: tfds.core.DatasetBuilder, split: str, label: str) -> tuple[str, list[str]]:
    """Return the TFDS split to read for a split, and the splits that are held out of it."""

    def is_labelled(name: str) -> bool:
        if name not in builder.info.splits:
            return False
        return read_columns(load_split(builder, f"{name}[:1]"), [label])[label] != [-1]

    sources = {name: name for name in ("validation", "test") if is_labelled(name)}
    if "test" not in sources and "validation" in sources:
        sources = {"test": "validation"}
    missing = [name for name in HELD_OUT_FRACTIONS if name not in sources]
    if split == "train" or split in missing:
        return "train", missing
    return sources.get(split, split), []


def _rationales(columns: dict[str, list], text: str) -> list[npt.NDArray[np.int32]] | None:
    """Return the gold rationales as byte spans; `evidences` are quoted passages of the text."""
    if "rationales" in columns:
        return columns["rationales"]
    if "evidences" in columns:
        return [locate_passages(*pair) for pair in zip(columns[text], columns["evidences"], strict=True)]
    return None


def _phenomena(columns: dict[str, list], features: tfds.features.FeaturesDict) -> list[list[str]] | None:
    if "phenomena" not in columns:
        return None
    name_of = features["phenomena"].feature.int2str
    return [[name_of(index) for index in indices] for indices in columns["phenomena"]]
