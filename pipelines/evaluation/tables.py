"""Tables of measures with confidence intervals, for the terminal."""

from collections.abc import Mapping

from tabulate import tabulate

from ...focus import BaselineComparison, ConfidenceInterval


def faithfulness_table(results: Mapping[str, BaselineComparison]) -> str:
    """Format measures of the model, with 95 % confidence intervals, and of the baselines: a row per measure.

    Args:
        results: comparison of each measure, by its name.

    Example:
        >>> interval, baseline = ConfidenceInterval(0.5, 0.4, 0.6), ConfidenceInterval(0.2, 0.1, 0.3)
        >>> print(faithfulness_table({"AUPRC": BaselineComparison(interval, {"uniform": baseline}, {})}))
        measure    model                    uniform
        ---------  ---------------------  ---------
        AUPRC      0.500 (0.400 - 0.600)      0.200
    """
    baselines = list(next(iter(results.values())).baselines)
    rows = [
        [name, format_interval(result.value), *(result.baselines[baseline].value for baseline in baselines)]
        for name, result in results.items()
    ]
    return tabulate(rows, ["measure", "model", *baselines], floatfmt=".3f")


def print_plausibility(split: str, measures: Mapping[str, Mapping[str, float]]) -> None:
    """Print the agreement of attention with gold, and in brackets that of random attention.

    Args:
        split: name of the split.
        measures: value of each measure for `model` and for the baseline `random`.
    """
    values = [f"{name} {value['model']:.3f} ({value['random']:.3f})" for name, value in measures.items()]
    print(f"{split} (attention; in brackets random attention): {', '.join(values)}")


def format_interval(interval: ConfidenceInterval) -> str:
    """Format a mean with its confidence interval."""
    return "{:.3f} ({:.3f} - {:.3f})".format(*interval)
