"""Do words look at what they name?"""

from ...datasets import CaptionedImages
from ...focus.report_example import Numbers
from ..reporting import measured
from ..serving import Signature
from .report import MEASURES, report_examples
from .truth import can_be_judged

PICTURES = 200


def plausibility(signature: Signature, test: CaptionedImages, count: int = PICTURES) -> Numbers:
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
    if not can_be_judged(test.objects):
        raise ValueError("expected pictures whose objects and their attributes are known; received others")
    return measured(report_examples(signature, test, count), MEASURES)
