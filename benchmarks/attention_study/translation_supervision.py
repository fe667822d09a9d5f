"""Study of fine-tuning a translator with gold alignments, over seeds.

`python benchmarks/attention_study/translation_supervision.py`; all flags of the pipeline apply. A trained
model is compared before fine-tuning, after fine-tuning without gold, and after as many updates with gold:
BLEU and chrF on both test splits; alignment error rate; faithfulness of its attention (ERASER's
comprehensiveness and sufficiency, Kendall's tau with leave-one-out); chrF and divergence of attention under
growing noise; and the improvements, with intervals. Trained models are kept in `runs/` and are not trained
again.
"""

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import numpy as np
import tyro
from sacrebleu import sentence_chrf

from foveal.benchmarks.attention_study.study import (
    FineTuningStudy,
    Measurements,
    Trained,
    compare_fine_tuning,
    without_unused_gold,
)
from foveal.datasets import ParallelText
from foveal.pipelines.evaluation.faithfulness import faithfulness_measures
from foveal.pipelines.evaluation.text_metrics import bleu
from foveal.pipelines.saved_model.batched_calls import Signature
from foveal.pipelines.translation.analysis.alignment import align_translations, alignment_error
from foveal.pipelines.translation.analysis.faithfulness import collect_predictions, erase, make_predict
from foveal.pipelines.translation.analysis.robustness import evaluate_robustness, quality_and_attention
from foveal.pipelines.translation.config import TranslationConfig
from foveal.pipelines.translation.data import TranslationData, prepare
from foveal.pipelines.translation.train import train_translator

STUDY = FineTuningStudy(fine_tuning_steps=600, num_examples=20, num_perturbed=200)


def main(config: TranslationConfig, study: FineTuningStudy = STUDY) -> None:
    data = prepare(config.data, with_gold_attention=True)
    compare_fine_tuning(config, study, data, train, measure, "chrF")


def train(config: TranslationConfig, data: TranslationData) -> Trained:
    """Train a translator, or load it from its run."""
    data = without_unused_gold(data, config.model.attention_loss_weight)
    model, translator, _ = train_translator(config, data)
    return Trained(model, translator)


def measure(trained: Trained, data: TranslationData, study: FineTuningStudy) -> Measurements:
    """Measure quality, alignment, faithfulness and robustness of a translator."""
    explain = trained.module.signatures()["explain"]
    numbers = {}
    for name, test in data.tests.items():
        values = measure_quality(explain, test)
        numbers |= {f"{name}, {measure}": value for measure, value in values.items()}
    test = next(iter(data.tests.values()))
    examples, maps = collect_predictions(explain, data.codec, test.source[: study.num_examples])
    measures = faithfulness_measures(make_predict(trained.model, data.codec), examples, erase)
    for name, compute in measures.items():
        # A mean for the corpus: the translations of two models differ, and so do their words.
        numbers[name] = np.array([np.nanmean(compute(maps))])
    subset = test.select(range(study.num_perturbed))
    _, maps = quality_and_attention(explain, subset)(subset.source)
    return Measurements(numbers, maps, evaluate_robustness(explain, subset))


def measure_quality(explain: Signature, test: ParallelText) -> dict[str, np.ndarray]:
    """Measure BLEU, chrF, exact matches and alignment error rate on a test split.

    Args:
        explain: the `explain` signature of a translator.
        test: sentence pairs with gold alignments.
    """
    translations = align_translations(explain, test)
    hypotheses = [translation.translation for translation in translations]
    pairs = list(zip(hypotheses, test.target, strict=True))
    error, _ = alignment_error(translations, test.alignment or ())
    return {
        "BLEU": np.array([bleu(hypotheses, test.target).value]),
        "chrF": np.array([sentence_chrf(h, [r]).score for h, r in pairs]),
        "exact": np.array([h == r for h, r in pairs], float),
        "alignment error rate": np.array([np.nan if error is None else error.error_rate]),
    }


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
