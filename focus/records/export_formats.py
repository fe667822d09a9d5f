"""Export of focus records to the formats of ERASER, Pharaoh and BertViz."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from .alignment import Links
from .axes import Axis, TextAxis
from .focus_record import FocusRecord
from .spans import spans_from_mask


def eraser_line(
    doc_id: str,
    scores: npt.ArrayLike,
    rationale: npt.ArrayLike,
    probabilities: Mapping[str, float] | None = None,
    annotation_id: str | None = None,
) -> str:
    """Format the rationale of a document as a line of JSON for the scorer of ERASER (DeYoung et al. 2020).

    Args:
        doc_id: the `docid` of the document.
        scores: importance of each token, `(tokens,)`.
        rationale: boolean `(tokens,)`, true for the tokens of the rationale. Consecutive tokens become a
            span from `start_token` to `end_token` (exclusive).
        probabilities: probability of each class by name; the class of the highest is the classification.
        annotation_id: the `annotation_id`; `doc_id` when None.

    Returns:
        JSON without a newline.

    Raises:
        ValueError: if scores or rationale do not have one value for each token, or a score is not finite.

    Example:
        >>> print(eraser_line("review_1", [0.1, 0.5, 0.4], [False, True, True]))
        {"annotation_id": "review_1", "rationales": [{"docid": "review_1", "hard_rationale_predictions":
        [{"start_token": 1, "end_token": 3}], "soft_rationale_predictions": [0.1, 0.5, 0.4]}]}

    Reference:
        DeYoung et al. 2020, ERASER: A Benchmark to Evaluate Rationalized NLP Models, section 4.
    """
    scores, rationale = np.asarray(scores, dtype=float), np.asarray(rationale, dtype=bool)
    if scores.ndim != 1 or scores.shape != rationale.shape or not np.isfinite(scores).all():
        raise ValueError(
            "`scores` and `rationale` must have one value for each token, and scores must be finite. "
            f"Received: scores.shape={scores.shape}, rationale.shape={rationale.shape}, "
            f"{(~np.isfinite(scores)).sum()} not finite"
        )
    spans = [{"start_token": start, "end_token": end} for start, end in spans_from_mask(rationale)]
    predictions = {
        "docid": doc_id,
        "hard_rationale_predictions": spans,
        "soft_rationale_predictions": scores.tolist(),
    }
    line = {
        "annotation_id": doc_id if annotation_id is None else annotation_id,
        "rationales": [predictions],
    }
    if probabilities is not None:
        line["classification"] = max(probabilities, key=lambda name: probabilities[name])
        line["classification_scores"] = {name: float(value) for name, value in probabilities.items()}
    return json.dumps(line, ensure_ascii=False)


def pharaoh_line(links: Links) -> str:
    """Format a word alignment as a line of the Pharaoh format.

    Args:
        links: pairs `(source, target)` of word positions, counted from 0.

    Returns:
        `source-target` for each link, sorted, without a newline.

    Raises:
        ValueError: if a position is negative.

    Example:
        >>> pharaoh_line({(1, 2), (0, 0)})
        '0-0 1-2'
    """
    pairs = sorted((int(source), int(target)) for source, target in links)
    if pairs and min(map(min, pairs)) < 0:
        raise ValueError(f"`links` must hold word positions of at least 0. Received: links={pairs}")
    return " ".join(f"{source}-{target}" for source, target in pairs)


def bertviz_json(records: Sequence[FocusRecord], index: int = 0) -> str:
    """Format the attention of one example as the JSON of BertViz (Vig 2019).

    Layers with the same query labels, key labels and number of heads share one entry. An encoder, a
    decoder and the cross-attention between them therefore become the three entries of BertViz's menu.

    Args:
        records: records with labels on both axes.
        index: position of the example in the batch.

    Returns:
        A list of `{"name", "attn": [layer][head][left][right], "left_text", "right_text"}`.

    Raises:
        ValueError: if an axis has no labels, or a weight is not finite.

    Example:
        >>> axis = [TextAxis(["a", "cat"], np.array([[0, 1], [2, 5]]))]
        >>> focus = FocusRecord("layer", np.full((1, 1, 2, 2), 0.5), queries=axis, keys=axis)
        >>> print(bertviz_json([focus]))
        [{"name": "layer", "attn": [[[[0.5, 0.5], [0.5, 0.5]]]], "left_text": ["a", "cat"],
        "right_text": ["a", "cat"]}]

    Reference:
        Vig 2019, A Multiscale Visualization of Attention in the Transformer Model.
    """
    entries: dict[tuple, dict] = {}
    for focus in records:
        example = focus.example(index)
        left, right = (_labels(axes, focus.layer) for axes in (example.queries, example.keys))
        if not np.isfinite(example.weights).all():
            raise ValueError(f"`records` must have finite weights. Received: layer={focus.layer!r}")
        key = (tuple(left), tuple(right), example.weights.shape[1])
        entry = {"name": focus.layer, "attn": [], "left_text": left, "right_text": right}
        entries.setdefault(key, entry)["attn"].append(example.weights[0].tolist())
    return json.dumps(list(entries.values()), ensure_ascii=False)


def _labels(axes: Sequence[Axis] | None, layer: str) -> list[str]:
    if axes is None or not isinstance(axes[0], TextAxis):
        raise ValueError(f"`records` must have labels on both axes. Received: layer={layer!r} without labels")
    return list(axes[0].labels)
