# Two commands do everything on a fresh machine: `make` (the main job) and `make test`.
# Each target creates the environment that it needs, from the Python package index alone.

export PYTHONSAFEPATH = 1

# Bytecode is written even if a container disables it: otherwise every command compiles TensorFlow again.
unexport PYTHONDONTWRITEBYTECODE

PYTHON := .venv/bin/python
CORES := $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
HOST_PYTHON := $(shell for python in python3 python3.11 python3.12 python3.13; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

DATA_ARGS = $(if $(DATA),--data "$(DATA)") $(if $(MANUAL_DIR),--manual-dir "$(MANUAL_DIR)")

FOR_EACH_PIPELINE = for pipeline in $(or $(PIPELINE),translation sentiment captioning); do \
	echo; echo "$$pipeline"; $(PYTHON) -m foveal.pipelines.$$pipeline

# Two test processes, each with one thread. JAX compiles every operation: without optimization, and cached.
PYTEST := -m pytest -n 2 --dist worksteal -m "not slow and not dist"
ONE_THREAD := OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
ON_BACKENDS := tests/layers tests/focus/faithfulness tests/focus/supervision
TENSORFLOW_VERSIONS := 2.18.1 2.19.1 2.20.0
EXPORT_TESTS := $(foreach pipeline,translation sentiment captioning,tests/pipelines/$(pipeline)/test_export.py)
FLAGS_jax := XLA_FLAGS="--xla_backend_optimization_level=0 --xla_cpu_parallel_codegen_split_count=1 \
	--xla_cpu_use_fusion_emitters=false" JAX_COMPILATION_CACHE_DIR=.venv-jax/compiled \
	JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0 JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES=-1

.DEFAULT_GOAL := all
.PHONY: all translation sentiment captioning serve report faithfulness robustness test test-slow test-backends test-export test-docs test-notebooks test-formats test-load test-tensorflow-versions test-wheel test-wheel-jax test-wheel-tensorflow dist lint format bench bench-layers figures docs notebooks environment environments clean help
.DELETE_ON_ERROR:

# Two pipelines at a time, each with half of the cores: small models gain little from more. Each line of output
# starts with the name of its pipeline.
ifeq ($(or $(MAKECMDGOALS),all),all)
MAKEFLAGS += --jobs=2
endif
all: export TF_NUM_INTRAOP_THREADS = $(shell expr $(CORES) / 2)
all: export PYTHONUNBUFFERED = 1
all: SHELL = bash
all: PREFIX_BEGIN = @set -o pipefail;
all: PREFIX_END = 2>&1 | while IFS= read -r line; do echo "$@: $$line"; done
all: captioning translation sentiment ## run every pipeline on its embedded data (the default)

translation: environment ## train, evaluate, export and explain a translator [DATA=, MANUAL_DIR=, ARGS="--steps 100"]
	$(PREFIX_BEGIN) $(PYTHON) -m foveal.pipelines.translation run $(DATA_ARGS) $(ARGS) $(PREFIX_END)

sentiment: environment ## train, evaluate, export and explain a text classifier [DATA=, MANUAL_DIR=, ARGS=]
	$(PREFIX_BEGIN) $(PYTHON) -m foveal.pipelines.sentiment run $(DATA_ARGS) $(ARGS) $(PREFIX_END)

captioning: environment ## train, evaluate, export and explain an image captioner [DATA=, MANUAL_DIR=, ARGS=]
	$(PREFIX_BEGIN) $(PYTHON) -m foveal.pipelines.captioning run $(DATA_ARGS) $(ARGS) $(PREFIX_END)

serve: environment ## serve the models of saved_models/ over HTTP [ARGS="--port 8501"]
	$(PYTHON) -m foveal.pipelines.serving $(ARGS)

report: environment ## write the attention reports of the latest exports [PIPELINE=sentiment, DATA=, MANUAL_DIR=, ARGS=]
	@$(FOR_EACH_PIPELINE) report $(DATA_ARGS) $(ARGS) || exit; done

faithfulness: environment ## measure the faithfulness of their attention [PIPELINE=, DATA=, MANUAL_DIR=, ARGS=]
	@$(FOR_EACH_PIPELINE) faithfulness $(DATA_ARGS) $(ARGS) || exit; done

robustness: environment ## measure quality and attention on perturbed inputs [PIPELINE=, DATA=, MANUAL_DIR=, ARGS=]
	@$(FOR_EACH_PIPELINE) robustness $(DATA_ARGS) --figure robustness-$$pipeline.png $(ARGS) || exit; done

test: environment ## run the tests [ARGS="tests/layers -k mask"]
	$(ONE_THREAD) $(PYTHON) $(PYTEST) $(ARGS)

test-slow: environment ## run the tests that take minutes
	$(ONE_THREAD) $(PYTHON) $(PYTEST) -m slow $(ARGS)

test-export: environment ## run the tests of the exports without and with oneDNN
	$(ONE_THREAD) TF_ENABLE_ONEDNN_OPTS=0 $(PYTHON) $(PYTEST) -m "not dist" $(EXPORT_TESTS) $(ARGS)
	$(ONE_THREAD) TF_ENABLE_ONEDNN_OPTS=1 $(PYTHON) $(PYTEST) -m "not dist" $(EXPORT_TESTS) $(ARGS)

test-tensorflow-versions: environment $(TENSORFLOW_VERSIONS:%=.venv-tensorflow-%/installed) ## load the exports with older versions of TensorFlow
	$(ONE_THREAD) TENSORFLOW_INTERPRETERS="$(TENSORFLOW_VERSIONS:%=.venv-tensorflow-%/bin/python)" \
		$(PYTHON) $(PYTEST) -m "not dist" -k tensorflow_only $(EXPORT_TESTS) $(ARGS)

test-formats: .venv-formats/installed ## run the tests of the exports to ONNX and LiteRT
	$(ONE_THREAD) .venv-formats/bin/python $(PYTEST) -m "not dist" tests/formats $(ARGS)

test-load: environment .venv-load/installed ## compare 100,000 answers of a server, send 10,000 malformed requests [ARGS=]
	$(PYTHON) benchmarks/serving_load.py --schemathesis .venv-load/bin/schemathesis $(ARGS)

test-notebooks: environment ## execute the example notebooks
	$(ONE_THREAD) $(PYTHON) $(PYTEST) -m "not dist" tests/examples/test_notebooks.py $(ARGS)

test-backends: test-jax test-torch ## run the tests of layers, faithfulness and supervision on JAX and on PyTorch

test-jax test-torch: test-%: .venv-%/installed
	$(ONE_THREAD) $(FLAGS_$*) KERAS_BACKEND=$* .venv-$*/bin/python $(PYTEST) $(ON_BACKENDS) $(ARGS)

test-docs: environment .venv-docs/installed ## build the documentation site, test it in a browser, run its SavedModels
	$(PYTHON) -m pytest -m slow tests/docs tests/test_examples.py $(ARGS)

dist: environment ## build wheel and source distribution into dist/, and check them
	rm -rf dist
	$(PYTHON) -m build --no-isolation
	$(PYTHON) -m pytest -m dist tests/packaging

test-wheel: test-wheel-jax test-wheel-tensorflow ## install the wheel with one backend alone, and run a smoke test

# KerasHub requires TensorFlow; its models run without.
test-wheel-jax test-wheel-tensorflow: test-wheel-%: dist
	@$(HOST_PYTHON) -m venv --clear .venv-wheel-$*
	$(call install,.venv-wheel-$*) dist/*.whl $*
	$(if $(filter jax,$*),$(call install,.venv-wheel-$*) --no-deps keras-hub regex sentencepiece tokenizers)
	@.venv-wheel-$*/bin/python -P tests/packaging/smoke.py $*

lint: environment ## check style, format and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/pyright

format: environment ## rewrite the sources in the project's format
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: .venv-bench/installed ## compare throughput with CTranslate2 and PyTorch, in a separate environment [ARGS=]
	.venv-bench/bin/python benchmarks/throughput.py $(ARGS)

bench-layers: environment ## compare time and memory of the layers with those of Keras
	$(PYTHON) benchmarks/layers.py

figures: environment ## draw the figures of the documentation
	$(PYTHON) docs/figures.py

docs: .venv-docs/installed ## build the documentation site, site/index.html
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict

notebooks: environment ## execute the example notebooks and keep their outputs
	$(PYTHON) examples/execute.py $(filter-out %/load_saved_models.ipynb,$(wildcard examples/*.ipynb))

environment: .venv/installed ## install the pinned dependencies into .venv

environments: .venv/installed .venv-jax/installed .venv-torch/installed ## install the environments of all tests

clean: ## remove environments and caches, but no trained or exported model
	rm -rf .venv .venv-* .ide build dist site foveal.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-24s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Environments. The file `installed` marks a complete one; it is created again only when the pins change.

install = $(1)/bin/python -m pip install --quiet --no-compile --constraint constraints.txt

define create
$(if $(HOST_PYTHON),,$(error foveal needs Python 3.11 or newer, and neither python3 nor python3.11 to python3.13 is. Install it, or run: make HOST_PYTHON=/path/to/python))
@echo "Creating $(@D), which takes minutes the first time."
@$(HOST_PYTHON) -m venv $(@D)
@$(call install,$(@D))
endef

# .ide is for the type checker: this folder under the name `foveal`, and an untyped TensorFlow, because half
# of the published types are missing.
.venv/installed: pyproject.toml constraints.txt
	$(create) --editable ".[dev]"
	@mkdir -p .ide/tensorflow && ln -sfn .. .ide/foveal
	@echo 'def __getattr__(name: str): ...' > .ide/tensorflow/__init__.pyi
	@touch $@

.venv-bench/installed: pyproject.toml constraints.txt
	$(create) --editable ".[bench]"
	@touch $@

.venv-formats/installed: pyproject.toml constraints.txt
	$(create) --editable ".[pipelines,formats]" pytest pytest-timeout pytest-xdist
	@touch $@

$(TENSORFLOW_VERSIONS:%=.venv-tensorflow-%/installed): .venv-tensorflow-%/installed:
	@$(HOST_PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --no-compile tensorflow==$*
	@touch $@

# The site is made from the sources, which are read and not imported. `source` holds the package without the rest of this folder.
.venv-docs/installed: pyproject.toml constraints.txt
	$(create) --editable ".[docs]"
	@mkdir -p $(@D)/source/foveal
	@ln -sfn ../../../__init__.py ../../../optional_dependencies.py ../../../layers ../../../datasets ../../../focus ../../../pipelines $(@D)/source/foveal
	@touch $@

# Not part of .venv: it tests the OpenAPI description from outside.
.venv-load/installed: constraints.txt
	$(create) schemathesis
	@touch $@

ORACLES_torch := entmax

.venv-jax/installed .venv-torch/installed: .venv-%/installed: pyproject.toml constraints.txt
	$(create) keras numpy scipy scikit-learn hypothesis pytest pytest-timeout pytest-xdist $* $(ORACLES_$*)
	@mkdir -p $(@D)/source && ln -sfn ../.. $(@D)/source/foveal
	@echo "$(CURDIR)/$(@D)/source" > "$$($(@D)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/foveal.pth"
	@touch $@
