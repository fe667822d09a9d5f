"""Is a trained translator better for being told where to look? Tuned to gold alignments, over seeds.

`python benchmarks/attention_study/translation_supervision.py`; all flags of the pipeline hold. Before, after some more updates,
and after as many with gold: BLEU and chrF on both test splits; whether its attention agrees with gold
alignments; whether its words rest on what was looked at (ERASER's comprehensiveness and sufficiency,
Kendall's tau with leave-one-out). Then chrF and drift of attention under growing noise; and what is gained,
with intervals. A trained model is kept in `runs/`, and not trained twice.
"""

import dataclasses
from functools import partial
from pathlib import Path

import numpy as np
import tyro
from sacrebleu import sentence_chrf

from foveal.benchmarks.attention_study.study import FineTuning, Measurements, Trained, compare_fine_tuning
from foveal.pipelines.evaluation.faithfulness import faithfulness_measures
from foveal.pipelines.evaluation.text_metrics import bleu
from foveal.pipelines.translation.analysis.explanation import alignment_error, link
from foveal.pipelines.translation.analysis.faithfulness import erase, looked, make_predict
from foveal.pipelines.translation.analysis.robustness import measure_robustness, quality_and_attention
from foveal.pipelines.translation.config import TranslationConfig
from foveal.pipelines.translation.data import TranslationData, prepare
from foveal.pipelines.translation.train import train_translator

TUNING = FineTuning(updates=600)


def main(
    config: TranslationConfig,
    tuning: FineTuning = TUNING,
    seeds: tuple[int, ...] = (0, 1, 2),
    sentences: int = 20,
    disturbed: int = 200,
    figures: Path | None = None,
) -> None:
    data = prepare(config.data, guided=True)

    def measured(trained: Trained) -> Measurements:
        return _measure(trained, data, sentences, disturbed)

    compare_fine_tuning(config, tuning, seeds, partial(_train, data), measured, "chrF", figures)


def _train(data: TranslationData, config: TranslationConfig) -> Trained:
    told_gold = data if config.model.attention_loss_weight else dataclasses.replace(data, gold=None)
    model, translator, _ = train_translator(config, told_gold)
    return Trained(model, translator)


def _measure(trained: Trained, data: TranslationData, sentences: int, disturbed: int) -> Measurements:
    signatures = trained.module.signatures()
    numbers = {}
    for name, test in data.tests.items():
        linked = link(signatures["explain"], test)
        hypotheses = [one.translation for one in linked]
        pairs = list(zip(hypotheses, test.target, strict=True))
        error, _ = alignment_error(linked, test.alignment or ())
        numbers |= {
            f"{name}, BLEU": np.array([bleu(hypotheses, test.target).value]),
            f"{name}, chrF": np.array([sentence_chrf(h, [r]).score for h, r in pairs]),
            f"{name}, exact": np.array([h == r for h, r in pairs], float),
            f"{name}, alignment error rate": np.array([np.nan if error is None else error.error_rate]),
        }
    test = next(iter(data.tests.values()))
    choices, maps = looked(signatures["explain"], data.codec, test.source[:sentences])
    for name, of in faithfulness_measures(make_predict(trained.model, data.codec), choices, erase).items():
        numbers[name] = np.array([np.nanmean(of(maps))])  # translations differ, and so do their words
    some = test.select(range(disturbed))
    maps = quality_and_attention(signatures["explain"], some)(some.source)[1]
    return Measurements(numbers, maps, measure_robustness(signatures["explain"], some))


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
