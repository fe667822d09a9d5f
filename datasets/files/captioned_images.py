"""A user's own pictures with captions: COCO's JSON, Flickr's token file, or a CSV file."""

import csv
import io
import json
from pathlib import Path
from typing import NamedTuple

from .sentence_pairs import read_lines, split_indices

CAPTION_FILES = (".json", ".csv", ".txt")
IMAGES = (".jpg", ".jpeg", ".png")
MAX_LISTED = 3  # of the images that are missing


class Row(NamedTuple):
    """One caption: the image's name, the text, and the split where the file tells it."""

    image: str
    caption: str
    split: str | None = None


def is_captioned_file(data: str) -> bool:
    """Whether `data` names a folder or a file and not a TFDS set."""
    return "," in data or Path(data).suffix in CAPTION_FILES or Path(data).expanduser().is_dir()


def read_captions(data: str, split: str) -> tuple[list[Path], list[list[str]]]:
    """Reads one split of a user's own pictures.

    Args:
        data: a captions file, `photos/captions.csv`, with image names relative to its folder; a
            folder that has one captions file in it; or both, `photos,annotations/captions.json`.
            The file is COCO's JSON (`images` with `id` and `file_name`, `annotations` with
            `image_id` and `caption`), Flickr's token file (`name.jpg#0`, tab, caption) or CSV with
            columns `image` and `caption`. With `{split}` in the name each split has its own file;
            else a `split` column (CSV) or key (of COCO's `images`) tells it; else train, validation
            and test are drawn from the images: 5 % each for validation and test, at most 2,000,
            always the same ones.
        split: train, validation or test; where the files name splits, whatever there is.

    Returns:
        The images' files, and the captions of each.

    Raises:
        FileNotFoundError: no captions file, or images that are not there.
        ValueError: a malformed or empty file, an unknown split, an image that is not a JPEG or PNG file.
    """
    folder, path = _locate(data.replace("{split}", split))
    rows = _parse(path)
    captions = _by_image(_of_split(rows, split, drawn="{split}" not in data), path)
    names = list(captions)
    images = [folder / name for name in names]
    _check(images)
    return images, list(captions.values())


def _locate(data: str) -> tuple[Path, Path]:
    """The folder of the images and the file of the captions."""
    parts = [Path(part).expanduser() for part in data.split(",")]
    if len(parts) > 2:
        raise ValueError(f"Expected a folder of images and a captions file, received {data}.")
    path = parts[-1]
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.suffix in CAPTION_FILES)
        if len(found) != 1:
            names = ", ".join(file.name for file in found) or "none"
            raise FileNotFoundError(
                f"Expected one captions file (.json, .csv, .txt) in {path}, found {names}."
            )
        path = found[0]
    if not path.is_file():
        raise FileNotFoundError(f"Expected captions in a file, there is no {path}.")
    return parts[0] if len(parts) == 2 else path.parent, path


def _parse(path: Path) -> list[Row]:
    lines = [line.removeprefix("\ufeff") for line in read_lines(path)]
    if not any(line.strip() for line in lines):
        raise ValueError(f"Expected captions in {path}, the file is empty.")
    if path.suffix == ".json":
        return _parse_coco("\n".join(lines), path)
    if path.suffix == ".csv" or "\t" not in lines[0]:
        return _parse_csv("\n".join(lines), path)
    return [_parse_token(line, path, number) for number, line in enumerate(lines, 1) if line]


def _parse_coco(text: str, path: Path) -> list[Row]:
    try:
        content = json.loads(text)
        images = {image["id"]: image for image in content["images"]}
        return [
            Row(image["file_name"], annotation["caption"], image.get("split"))
            for annotation in content["annotations"]
            for image in [images[annotation["image_id"]]]
        ]
    except json.JSONDecodeError as error:
        raise ValueError(f"Expected JSON in {path}: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"Expected COCO's layout in {path}: `images` with `id` and `file_name`, `annotations` with "
            f"`image_id` of one of them and `caption`; failed at {error}."
        ) from error


def _parse_csv(text: str, path: Path) -> list[Row]:
    rows = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    columns = rows.fieldnames or []
    if not {"image", "caption"} <= set(columns):
        raise ValueError(f"Expected columns image and caption in {path}, received {', '.join(columns)}.")
    found = []
    for row in rows:
        if row["caption"] is None or None in row:
            received = f"line {rows.line_num} has {len([v for v in row.values() if v is not None])}"
            raise ValueError(f"Expected {len(columns)} columns in {path}, {received} (quote commas).")
        found.append(Row(row["image"], row["caption"], row.get("split")))
    return found


def _parse_token(line: str, path: Path, number: int) -> Row:
    place, tab, caption = line.partition("\t")
    image, mark, index = place.rpartition("#")
    if not (tab and mark and index.isdigit()):
        raise ValueError(
            f"Expected `name.jpg#0`, a tab and a caption in {path}, line {number}, received {line[:80]!r}."
        )
    return Row(image, caption)


def _of_split(rows: list[Row], split: str, drawn: bool) -> list[Row]:
    """The rows of a split, as the file tells it or as it is drawn."""
    told = {row.split for row in rows} - {None}
    if told and drawn:
        if split not in told:
            raise ValueError(f"Expected split {', '.join(sorted(map(str, told)))}, received {split!r}.")
        return [row for row in rows if row.split == split]
    if not drawn:
        return rows
    images = list(dict.fromkeys(row.image for row in rows))
    chosen = {images[i] for i in split_indices(len(images), split)}
    return [row for row in rows if row.image in chosen]


def _by_image(rows: list[Row], path: Path) -> dict[str, list[str]]:
    captions: dict[str, list[str]] = {}
    for row in rows:
        if not isinstance(row.caption, str) or not row.caption.strip():
            raise ValueError(f"Expected a caption of {row.image} in {path}, received {row.caption!r}.")
        captions.setdefault(str(row.image), []).append(row.caption.strip())
    return captions


def _check(images: list[Path]) -> None:
    for image in images:
        if image.suffix.lower() not in IMAGES:
            raise ValueError(f"Expected an image named .jpg, .jpeg or .png, received {image.name!r}.")
    missing = [image for image in images if not image.is_file()]
    if missing:
        shown = ", ".join(map(str, missing[:MAX_LISTED]))
        more = f" and {len(missing) - MAX_LISTED} more" if len(missing) > MAX_LISTED else ""
        raise FileNotFoundError(f"Expected {len(images)} images, {len(missing)} are missing: {shown}{more}.")
