"""Whether captions of `scenes` are true of their pictures, whatever the references say."""

from collections.abc import Sequence

import numpy as np

from ...datasets.captioning import AnnotationTable
from ...datasets.scenes.caption_parser import ground_phrases, is_true, parse_caption
from ...datasets.scenes.scene_objects import IMAGE_SIZE, Box, SceneObject


def truth(captions: Sequence[str], objects: Sequence[AnnotationTable]) -> dict[str, float]:
    """Reads captions of drawn pictures and judges them by what is in the pictures.

    Args:
        captions: one for each picture.
        objects: the gold objects of each picture, see `CaptionedImages`.

    Returns:
        `understood`, the share of captions that are sentences about such pictures; `true`, the share
        that name only objects, attributes, numbers, places and relations that are there; and
        `exact_attributes`, the share of the noun phrases whose number, size, texture, colour and shape
        are all those of objects in the picture.
    """
    understood, right, phrases = 0, 0, []
    for caption, table in zip(captions, objects, strict=True):
        scene, reading = _scene(table), parse_caption(caption)
        if reading is None:
            continue
        understood += 1
        right += is_true(reading, scene)
        for count, description in reading.mentions.values():
            named = len(description.matching_indices(scene))
            phrases.append(named > 0 if count == 1 else named == count)
    return {
        "understood": round(understood / len(captions), 4),
        "true": round(right / len(captions), 4),
        "exact_attributes": round(float(np.mean(phrases)) if phrases else 0.0, 4),
    }


def has_scene_objects(objects: Sequence[AnnotationTable] | None) -> bool:
    """Whether enough is known of the objects of pictures to judge captions: that is so of `scenes` alone."""
    return bool(objects) and "hidden_by" in objects[0]


class CaptionJudge:
    """Tells which captions of drawn pictures are true.

    Args:
        objects: the gold objects of each picture.
    """

    def __init__(self, objects: Sequence[AnnotationTable]):
        self.scenes = [_scene(table) for table in objects]

    def __call__(self, caption: str, picture: int) -> bool:
        """Whether a caption is true of the picture at a place."""
        reading = parse_caption(caption)
        return reading is not None and is_true(reading, self.scenes[picture])


def named_boxes(caption: str, table: AnnotationTable) -> list[tuple[int, int, np.ndarray]]:
    """The boxes that each noun phrase of a caption may speak of.

    Args:
        caption: of a drawn picture, whoever wrote it.
        table: the gold objects of the picture.

    Returns:
        From which character to which a phrase goes, and the boxes `(boxes, 4)` of the objects that it fits,
        in shares of the picture's sides. Phrases that fit none are left out.
    """
    found = ground_phrases(caption, _scene(table))
    return [
        (start, end, np.asarray(table["bbox"])[list(objects)]) for start, end, objects in found if objects
    ]


def _scene(table: AnnotationTable) -> list[SceneObject]:
    boxes = np.rint(np.asarray(table["bbox"]) * IMAGE_SIZE).astype(int)
    return [
        SceneObject(
            shape=str(table["shape"][row]),
            colour=str(table["colour"][row]),
            size=str(table["size"][row]),
            texture=str(table["texture"][row]),
            box=Box(*map(int, box)),
            hidden_by=int(table["hidden_by"][row]),
        )
        for row, box in enumerate(boxes)
    ]
