"""Tables of measures with confidence intervals, for the terminal."""

import math
from collections.abc import Mapping

from tabulate import tabulate

from ...focus import BaselineComparison, ConfidenceInterval

MODEL = "attention of the model"


def comparison_table(results: Mapping[str, BaselineComparison]) -> str:
    """Format measures of the attention and of the baselines, the gain over each baseline, and a verdict.

    Every interval is a 95 % confidence interval. A gain is positive where the attention is better.

    Args:
        results: comparison of each measure, by its name.

    Example:
        >>> value, baseline, gain = (ConfidenceInterval(x, x - 0.1, x + 0.1) for x in (0.5, 0.2, 0.3))
        >>> comparison = BaselineComparison(value, {"uniform": baseline}, {"uniform": gain})
        >>> print(comparison_table({"average precision": comparison}))
        average precision (higher is better): better than uniform
          map                     value                   gain of the attention
          ----------------------  ----------------------  -------------------------
          attention of the model  0.500 (0.400 to 0.600)
          uniform                 0.200                   +0.300 (+0.200 to +0.400)
    """
    return "\n\n".join(_comparison(name, result) for name, result in results.items())


def _comparison(name: str, result: BaselineComparison) -> str:
    direction = "higher" if result.higher_is_better else "lower"
    rows = [[MODEL, format_interval(result.value), ""]]
    for baseline, interval in result.baselines.items():
        gain = result.improvements[baseline]
        rows.append([baseline, f"{interval.value:z.3f}", format_interval(gain, sign="+")])
    table = tabulate(rows, ["map", "value", "gain of the attention"], disable_numparse=True)
    lines = [f"  {line}".rstrip() for line in table.splitlines()]
    return "\n".join([f"{name} ({direction} is better): {result.verdict()}", *lines])


def plausibility_table(measures: Mapping[str, Mapping[str, float]]) -> str:
    """Format the agreement of attention with gold beside that of baselines: a row for each measure.

    Args:
        measures: value of each measure for `model` and for each baseline.

    Example:
        >>> print(plausibility_table({"token F1": {"model": 0.5, "uniform": 0.25, "random": 0.2}}))
        agreement with gold      model    uniform    random
        ---------------------  -------  ---------  --------
        token F1                 0.500      0.250     0.200
    """
    names = list(next(iter(measures.values())))
    rows = [[measure, *(values[name] for name in names)] for measure, values in measures.items()]
    return tabulate(rows, ["agreement with gold", *names], floatfmt=".3f")


def format_interval(interval: ConfidenceInterval, sign: str = "") -> str:
    """Format a mean with its confidence interval; one example has none.

    Args:
        interval: the mean and its bounds, which are NaN for one example.
        sign: `+` to show the sign of positive numbers too.

    Example:
        >>> format_interval(ConfidenceInterval(0.5, 0.4, 0.6), sign="+")
        '+0.500 (+0.400 to +0.600)'
        >>> format_interval(ConfidenceInterval(0.5, float("nan"), float("nan")))
        '0.500 (one example: no interval)'
    """
    value, low, high = (f"{number:{sign}z.3f}" for number in interval)
    bounds = "one example: no interval" if math.isnan(interval.low) else f"{low} to {high}"
    return f"{value} ({bounds})"
