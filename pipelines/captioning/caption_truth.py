"""Truth of captions of `scenes`: parsed and checked against the objects of the image."""

from collections.abc import Sequence

import numpy as np

from ...datasets.captioning import AnnotationTable
from ...datasets.scenes.caption_parser import ground_phrases, is_true, parse_caption
from ...datasets.scenes.scene_objects import IMAGE_SIZE, Box, SceneObject


def caption_truth(captions: Sequence[str], objects: Sequence[AnnotationTable]) -> dict[str, float]:
    """Compute the share of captions that are true of their images, whatever the references say.

    Args:
        captions: one per image.
        objects: the gold objects of each image, see `CaptionedImages`.

    Returns:
        `understood`, the share of captions that the grammar of `scenes` parses; `true`, the share that name
        only objects, attributes, numbers, regions and relations of the image; and `exact_attributes`, the
        share of noun phrases whose number, size, texture, colour and shape are all those of objects of the
        image.
    """
    num_parsed, num_true, exact_phrases = 0, 0, []
    for caption, table in zip(captions, objects, strict=True):
        scene, parsed = _scene(table), parse_caption(caption)
        if parsed is None:
            continue
        num_parsed += 1
        num_true += is_true(parsed, scene)
        for count, description in parsed.mentions.values():
            matches = len(description.matching_indices(scene))
            exact_phrases.append(matches > 0 if count == 1 else matches == count)
    return {
        "understood": round(num_parsed / len(captions), 4),
        "true": round(num_true / len(captions), 4),
        "exact_attributes": round(float(np.mean(exact_phrases)) if exact_phrases else 0.0, 4),
    }


def has_scene_objects(objects: Sequence[AnnotationTable] | None) -> bool:
    """Return whether the objects have all attributes that checking a caption needs, as in `scenes`."""
    return bool(objects) and "hidden_by" in objects[0]


class CaptionJudge:
    """Predicate on captions: true or false of an image of `scenes`.

    Args:
        objects: the gold objects of each image.
    """

    def __init__(self, objects: Sequence[AnnotationTable]):
        self.scenes = [_scene(table) for table in objects]

    def __call__(self, caption: str, image_index: int) -> bool:
        """Return whether a caption is true of the image with that index."""
        parsed = parse_caption(caption)
        return parsed is not None and is_true(parsed, self.scenes[image_index])


def named_boxes(caption: str, table: AnnotationTable) -> list[tuple[int, int, np.ndarray]]:
    """Ground the noun phrases of a caption in boxes.

    Args:
        caption: a caption of an image of `scenes`.
        table: the gold objects of the image.

    Returns:
        For each noun phrase its first and last character and the boxes `(boxes, 4)` of the objects that it
        matches, as fractions of the sides of the image. Phrases without a match are left out.
    """
    phrases = ground_phrases(caption, _scene(table))
    return [
        (start, end, np.asarray(table["bbox"])[list(objects)]) for start, end, objects in phrases if objects
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
