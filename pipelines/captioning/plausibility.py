"""Do words look at what they name?"""

from ...datasets import CaptionedImages
from ...focus.report.example import MeasureTable
from ..evaluation.report import measure_examples
from ..saved_model.batched_calls import Signature
from .analysis.report import MEASURES, report_examples
from .caption_truth import has_scene_objects

PICTURES = 200


def plausibility(signature: Signature, test: CaptionedImages, count: int = PICTURES) -> MeasureTable:
    """The measures of the report, of many pictures: those of the `model`, and of controls that know nothing.

    Args:
        signature: the `explain` signature of a SavedModel of this pipeline.
        test: pictures of `scenes`.
        count: of pictures, the first ones.

    Returns:
        Nothing where no caption names what is in its picture.

    Raises:
        ValueError: if it is not told what is in the pictures.
    """
    if not has_scene_objects(test.objects):
        raise ValueError("expected pictures whose objects and their attributes are known; received others")
    return measure_examples(report_examples(signature, test, count), MEASURES)
