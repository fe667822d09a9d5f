"""Captioned images from local files: COCO JSON, a Flickr token file, or CSV."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..holdout import split_rows
from .blank_texts import is_blank
from .json_rows import check_encodable
from .lines import (
    MAX_SHOWN,
    file_suffixes,
    malformed_line,
    names_file,
    read_nonempty_lines,
    resolve_split_path,
)
from .tables import read_table, read_tsv_rows

CAPTION_SUFFIXES = (".json", ".csv", ".tsv", ".txt")
ADVICE = "Name the columns in the first line of the file"
TOKEN = re.compile(r"[^\t]*#\d+\t")  # the start of a line of a Flickr token file
MAX_LISTED = 3  # missing images in an error message


class CaptionRow(NamedTuple):
    """One caption: the name of its image, its text, and its split where the file has splits."""

    image: str
    caption: str
    split: str | None = None


def is_captioned_file(data: str) -> bool:
    """Return if `data` names a local folder or file and not a TFDS set."""
    return "," in data or names_file(data, CAPTION_SUFFIXES) or Path(data).expanduser().is_dir()


def read_captions(data: str, split: str) -> tuple[list[Path], list[list[str]]]:
    """Read one split of captioned images from local files.

    Args:
        data: a captions file, `photos/captions.csv`, with image names relative to its folder; a
            folder that contains one captions file; or both, `photos,annotations/captions.json`.
            The file is COCO JSON (`images` with `id` and `file_name`, `annotations` with
            `image_id` and `caption`), a Flickr token file (`name.jpg#0`, tab, caption) or CSV with
            columns `image` and `caption`; all UTF-8, gzipped or not. With `{split}` in the name
            every split has its own file. Without it, a `split` column (CSV) or key (of COCO
            `images`) gives the split. Without both, validation and test are held out of the images:
            5 % each, at most 2,000, always the same ones.
        split: `train`, `validation` or `test`; where the files name splits, any of their names.

    Returns:
        The image files, and the captions of each.

    Raises:
        FileNotFoundError: a captions file or an image that does not exist.
        ValueError: a malformed or empty file, or an unknown split.
    """
    folder, path = _resolve(data, split)
    rows = _select_split(_read_rows(path), data, split)
    captions = _group_by_image(rows, path)
    images = [folder / name for name in captions]
    _check_images(images)
    return images, list(captions.values())


def _resolve(data: str, split: str) -> tuple[Path, Path]:
    """Return the folder of the images and the captions file."""
    names = data.split(",")
    if len(names) > 2:
        raise ValueError(f"`data` must name a folder of images and a captions file. Received: data={data!r}")
    folder = Path(names[-1].replace("{split}", split)).expanduser()
    path = _only_captions_file(folder) if folder.is_dir() else resolve_split_path(names[-1], split)
    if len(names) == 1:
        return path.parent, path
    return Path(names[0].replace("{split}", split)).expanduser(), path


def _only_captions_file(folder: Path) -> Path:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in CAPTION_SUFFIXES)
    if len(files) != 1:
        received = ", ".join(file.name for file in files) or "none"
        raise FileNotFoundError(
            f"`data` must be a folder with one captions file ({', '.join(CAPTION_SUFFIXES)}). "
            f"Received: {received} in {folder}"
        )
    return files[0]


def _read_rows(path: Path) -> list[CaptionRow]:
    lines = read_nonempty_lines(path)
    if ".json" in file_suffixes(path):
        return _parse_coco("\n".join(lines), path)
    first_line = next(line for line in lines if line.strip())
    if TOKEN.match(first_line):
        return [_parse_token(cells, path, number) for number, cells in read_tsv_rows(lines) if cells != [""]]
    return _parse_table(lines, path)


def _parse_coco(text: str, path: Path) -> list[CaptionRow]:
    try:
        content = json.loads(text)
        images = {image["id"]: image for image in content["images"]}
        return [
            CaptionRow(image["file_name"], annotation["caption"], image.get("split"))
            for annotation in content["annotations"]
            for image in [images[annotation["image_id"]]]
        ]
    except json.JSONDecodeError as error:
        raise ValueError(f"`data` must be JSON. Received: {path} ({error})") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            "`data` must have the layout of COCO: `images` with `id` and `file_name`, `annotations` with "
            f"`image_id` of one of them and `caption`. Received: {path}, invalid at {error}"
        ) from error


def _parse_table(lines: list[str], path: Path) -> list[CaptionRow]:
    columns = ("image", "caption")
    table = read_table(
        lines, path, columns, ("split",), needs_header=True, advice=ADVICE, skipinitialspace=True
    )
    return [CaptionRow(image, caption, split or None) for _, (image, caption, split) in table.rows]


def _parse_token(cells: list[str], path: Path, number: int) -> CaptionRow:
    image, mark, index = cells[0].rpartition("#")
    if not (len(cells) > 1 and mark and index.isdigit()):
        received = repr("\t".join(cells)[:MAX_SHOWN])
        raise malformed_line("`name.jpg#0`, a tab and a caption", path, number, received)
    return CaptionRow(image, "\t".join(cells[1:]))


def _select_split(rows: list[CaptionRow], data: str, split: str) -> list[CaptionRow]:
    """Select the rows of a split: named by the file, or held out of its images."""
    splits = {row.split for row in rows} - {None}
    if splits and "{split}" not in data:
        if split not in splits:
            names = ", ".join(sorted(map(str, splits)))
            raise ValueError(f"`split` must be one of {names}. Received: split={split!r}")
        return [row for row in rows if row.split == split]
    images = set(split_rows(list(dict.fromkeys(row.image for row in rows)), data, split))
    return [row for row in rows if row.image in images]


def _group_by_image(rows: Sequence[CaptionRow], path: Path) -> dict[str, list[str]]:
    captions: dict[str, list[str]] = {}
    for number, row in enumerate(rows, 1):
        if not isinstance(row.caption, str) or is_blank(row.caption):
            raise ValueError(
                f"`data` must have a caption of {row.image}. Received: caption={row.caption!r} in {path}"
            )
        check_encodable(row.caption, path, number, unit="caption")
        captions.setdefault(str(row.image), []).append(row.caption.strip())
    return captions


def _check_images(images: Sequence[Path]) -> None:
    missing = [image for image in images if not image.is_file()]
    if missing:
        listed = ", ".join(map(str, missing[:MAX_LISTED]))
        more = f" and {len(missing) - MAX_LISTED} more" if len(missing) > MAX_LISTED else ""
        raise FileNotFoundError(
            f"`data` must name existing images. Received: {len(missing)} missing of {len(images)} images, "
            f"{listed}{more}"
        )
