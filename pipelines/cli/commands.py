"""Commands that the pipelines share: run, evaluate, report, faithfulness, robustness."""

import os
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import keras
import tensorflow as tf
import tyro

from ...focus import BaselineComparison, RobustnessResult
from ...focus.report import ReportExample
from ..evaluation.report import Measure, report_path, write_model_report
from ..evaluation.robustness import print_robustness
from ..evaluation.tables import comparison_table
from ..saved_model.batched_calls import Signature
from ..saved_model.compatibility import load_signatures
from ..saved_model.export import export_saved_model, to_json
from ..saved_model.loading import latest_version, next_version
from ..saved_model.quantization import int8_fraction
from ..text.corpus import warn_of_few_examples
from ..training.config import RunConfig
from .output_paths import prepare_figure, require_writable

Metrics = dict[str, Any]
Signatures = Mapping[str, Signature]
Evaluate = Callable[[str, Any], Metrics]  # of the name and the examples of a test split; prints the metrics


class ServingModule(NamedTuple):
    """A module to export.

    module: the module, with its variables.
    signatures: traced functions of the module, by name.
    evaluate: evaluates the signatures on a test split.
    """

    module: tf.Module
    signatures: Signatures
    evaluate: Evaluate


class TrainedPipeline(NamedTuple):
    """Result of training a pipeline.

    serving: module of the trained weights.
    quantize: builds the module of the same weights in int8.
    model: the trained Keras model.
    metrics: metrics of training.
    tests: examples of each test split, by name.
    config: configuration of the run, with all names that the data set gives.
    model_card: fills the model card with the metrics of `metrics.json`, given the version too.
    """

    serving: ServingModule
    quantize: Callable[[], ServingModule]
    model: keras.Model
    metrics: Metrics
    tests: Mapping[str, Any]
    config: RunConfig
    model_card: Callable[[Metrics, Path], str]


@dataclass(frozen=True, kw_only=True)
class Application:
    """Declaration of a pipeline, from which `build_commands` builds its commands.

    name: name of the pipeline, and of its folders.
    input_name, output_name: an input and an output of the signatures that only its models have.
    title: title of its report, such as "Translation".
    noun: plural of its examples, such as "sentences".
    config: class of its configuration.
    data_config: class of its data configuration.
    test_splits: names of the test splits of a data set, given its name.
    load_split: loads a split, given the data configuration and the name of the split.
    check_fit: raises ValueError if an exported model in a folder does not fit the examples of a split, given
        the signatures of the model too.
    train: prepares the data and trains.
    evaluator: creates the evaluation of an exported model, given the data configuration and the signatures.
    report_examples, measures: examples and measures of the report.
    faithfulness: compares an exported model in a folder with baselines, on examples of a test split.
    robustness: perturbs examples of a test split.
    quality: name of the quality measure of `robustness`.
    num_faithfulness_examples, num_robustness_examples: defaults of their number of examples.
    predict: command that applies an exported model to new inputs.
    demonstrate: explains the first example of a test split, given the version, the examples and the metrics.
    summarize: formats the main metric of a test split.
    next_command: arguments of the command to try after `run`, given the version and a test split.
    """

    name: str
    input_name: str
    output_name: str
    title: str
    noun: str
    config: type[RunConfig]
    data_config: type
    test_splits: Callable[[str], Sequence[str]]
    load_split: Callable[[Any, str], Any]
    check_fit: Callable[[Path, Signatures, Any], None]
    train: Callable[[Any], TrainedPipeline]
    evaluator: Callable[[Any, Signatures], Evaluate]
    report_examples: Callable[[Signature, Any], list[ReportExample]]
    measures: Mapping[str, Measure]
    faithfulness: Callable[[Path, Any, int], Mapping[str, BaselineComparison]]
    robustness: Callable[[Signatures, Any, int], Mapping[str, Sequence[RobustnessResult]]]
    quality: str
    num_faithfulness_examples: int
    num_robustness_examples: int
    predict: Callable[..., None]
    demonstrate: Callable[[Path, Any, Metrics], None]
    summarize: Callable[[Metrics], str]
    next_command: Callable[[Path, Any], list[str]]

    @property
    def saved_models(self) -> Path:
        """Default folder of the exported versions."""
        return Path("saved_models") / self.name

    def load_signatures(self, model: Path, argument: str = "model") -> Signatures:
        """Load the signatures of an exported model of this pipeline.

        Args:
            model: folder of the model, or of its versions.
            argument: name of the argument that gives the folder, for messages.

        Raises:
            FileNotFoundError: if the folder has no model.
            ValueError: if the model is of another pipeline.
        """
        return load_signatures(model, self.name, self.input_name, self.output_name, argument)

    def load_model_and_test(self, model: Path, data: Any) -> tuple[Signatures, str, Any]:
        """Load an exported model and the first test split of a data set, and check that they fit.

        Returns:
            The signatures, the name of the split and its examples.
        """
        signatures, name = self.load_signatures(model), self.test_splits(data.data)[0]
        test = self.load_split(data, name)
        warn_of_few_examples(name, len(test))
        self.check_fit(latest_version(model), signatures, test)
        return signatures, name, test


def build_commands(app: Application) -> dict[str, Callable[..., None]]:
    """Build the commands of a pipeline by name; their arguments are the flags of the command line."""
    builders = (_build_run, _build_evaluate, _build_report, _build_faithfulness, _build_robustness)
    commands = [*(build(app) for build in builders), app.predict]
    return {command.__name__: command for command in commands}


def run_application(app: Application, config: RunConfig) -> Path:
    """Train, evaluate, export, write the report and explain one example; return the exported version."""
    start = time.monotonic()
    require_writable(config.saved_models, "saved_models")
    require_writable(config.runs, "runs")
    if config.warm_start_from:
        app.load_signatures(config.warm_start_from, "warm_start_from")
    trained = app.train(config)
    serving, tests = trained.serving, _evaluate_tests(trained.serving, trained.tests)
    metrics = {"training": trained.metrics, "tests": tests}
    if config.quantize:
        serving = trained.quantize()
        fraction = int8_fraction(serving.module.variables)
        print(f"\nthe same weights, {fraction:.0%} of them in {config.quantize}:")
        metrics["tests"] = _evaluate_tests(serving, trained.tests)
        metrics["quantization"] = {"fraction": round(fraction, 4), "float32_tests": tests}
    extras = {
        "config.json": to_json(trained.config),
        "metrics.json": to_json(metrics),
        "README.md": trained.model_card(metrics, next_version(config.saved_models)),
    }
    version = export_saved_model(
        config.saved_models, serving.module, serving.signatures, trained.model, extras
    )
    print(f"exported to {version}; {time.monotonic() - start:.0f} s in total")
    name, test = next(iter(trained.tests.items()))
    _write_report(app, serving.signatures, config.data, name, test, version)
    print()
    app.demonstrate(version, test, metrics["tests"][name])
    quality = f"{app.summarize(metrics['tests'][name])} on {name}"
    if config.quantize:
        quality += f", in {config.quantize}; in float32 {app.summarize(tests[name])}"
    print_summary(app, version, quality, app.next_command(version, test))
    return version


def evaluate_application(app: Application, data: Any, model: Path) -> dict[str, Metrics]:
    """Evaluate an exported model on the test splits of a data set; return the metrics by split."""
    signatures = app.load_signatures(model)
    tests = {name: app.load_split(data, name) for name in app.test_splits(data.data)}
    for name, test in tests.items():
        warn_of_few_examples(name, len(test))
        app.check_fit(latest_version(model), signatures, test)
    evaluate = app.evaluator(data, signatures)
    return {name: evaluate(name, test) for name, test in tests.items()}


def print_summary(app: Application, version: Path, quality: str, next_command: Sequence[str]) -> None:
    """Print the result of a run: quality, the exported model, the page to open, the command to try next."""
    arguments = list(next_command)
    if version.parent != app.saved_models:
        arguments += ["--model", str(version)]
    command = [_python(), "-m", f"foveal.pipelines.{app.name}", *arguments]
    rows = {"quality": quality, "SavedModel": str(version)}
    if report_path(version).exists():
        rows["open"] = str(report_path(version))
    rows["try next"] = shlex.join(command)
    print("\nsummary", *(f"  {name:<10}  {value}" for name, value in rows.items()), sep="\n")


def _python() -> str:
    """Return the path of the interpreter, relative to the current folder if it lies inside."""
    path = Path(sys.executable)
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _evaluate_tests(serving: ServingModule, tests: Mapping[str, Any]) -> dict[str, Metrics]:
    return {name: serving.evaluate(name, test) for name, test in tests.items()}


def _write_report(
    app: Application, signatures: Signatures, data: Any, name: str, test: Any, version: Path
) -> None:
    examples = app.report_examples(signatures["explain"], test)
    write_model_report(version, examples, f"{app.title}: {data.data}, {name}", app.measures)


def _build_run(app: Application) -> Callable[..., None]:
    def run(config):
        run_application(app, config)

    help_text = "Prepare the data, train, evaluate, export, write a report and explain one example."
    config_type = Annotated[app.config, tyro.conf.arg(name="")]  # its groups are named `data`, `model`, ...
    return _as_command(run, help_text, config=config_type)


def _build_evaluate(app: Application) -> Callable[..., None]:
    def evaluate(data, model=app.saved_models):
        evaluate_application(app, data, model)

    help_text = "Evaluate an exported model on the test splits of a data set."
    return _as_command(evaluate, help_text, data=app.data_config, model=Path)


def _build_report(app: Application) -> Callable[..., None]:
    def report(data, model=app.saved_models):
        signatures, name, test = app.load_model_and_test(model, data)
        _write_report(app, signatures, data, name, test, latest_version(model))

    help_text = f"Write the attention report of an exported model, for {app.noun} of the first test split."
    return _as_command(report, help_text, data=app.data_config, model=Path)


def _build_faithfulness(app: Application) -> Callable[..., None]:
    def faithfulness(data, model=app.saved_models, num_examples=app.num_faithfulness_examples):
        _, _, test = app.load_model_and_test(model, data)
        print(comparison_table(app.faithfulness(model, test, num_examples)))

    help_text = "Measure the faithfulness of the attention of an exported model, compared with baselines."
    types = {"data": app.data_config, "model": Path, "num_examples": int}
    return _as_command(faithfulness, help_text, **types, noun=app.noun)


def _build_robustness(app: Application) -> Callable[..., None]:
    def robustness(
        data,
        model=app.saved_models,
        num_examples=app.num_robustness_examples,
        figure=Path("robustness.png"),
    ):
        prepare_figure(figure)
        signatures, _, test = app.load_model_and_test(model, data)
        results = app.robustness(signatures, test, num_examples)
        print_robustness(results, app.quality, figure)

    help_text = "Measure quality and attention of an exported model under perturbations of growing severity."
    types = {"data": app.data_config, "model": Path, "num_examples": int, "figure": Path}
    return _as_command(robustness, help_text, **types, noun=app.noun)


def _as_command(
    function: Callable[..., None], help_text: str, noun: str = "examples", **types: Any
) -> Callable[..., None]:
    """Give a function the types and the docstring that the command line is made of."""
    descriptions = {
        "model": "Folder of an exported model, or of its versions.",
        "num_examples": f"Number of {noun} of the first test split.",
        "figure": "Path of the figure.",
    }
    described = [f"    {name}: {descriptions[name]}" for name in types if name in descriptions]
    function.__annotations__ = {**types, "return": None}
    function.__doc__ = "\n".join([help_text, "", "Args:", *described]) if described else help_text
    return function
