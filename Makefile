# Two commands do everything on a fresh machine: `make` (the main job) and `make test`.
# Each target makes the environment that it needs; nothing but the Python package index is asked.

export PYTHONSAFEPATH = 1

# Bytecode is kept, also where a container asks for none: without it every command compiles TensorFlow anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON := .venv/bin/python
CORES := $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
FOUND_PYTHON := $(shell for python in python3 python3.11 python3.12 python3.13; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

DATA_ARGS = $(if $(DATA),--data "$(DATA)") $(if $(MANUAL_DIR),--manual-dir "$(MANUAL_DIR)")

OF_EACH = for pipeline in $(or $(PIPELINE),translation sentiment captioning); do \
	echo; echo "$$pipeline"; $(PYTHON) -m foveal.pipelines.$$pipeline

# Two processes of tests on two cores: each computes in one thread. JAX compiles every operation; it need
# not do it well, nor twice.
PYTEST := -m pytest -n 2 --dist worksteal -m "not slow"
ONE_THREAD := OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
ON_BACKENDS := tests/layers tests/focus/faithfulness tests/focus/steering
FLAGS_jax := XLA_FLAGS="--xla_backend_optimization_level=0 --xla_cpu_parallel_codegen_split_count=1 \
	--xla_cpu_use_fusion_emitters=false" JAX_COMPILATION_CACHE_DIR=.venv-jax/compiled \
	JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0 JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES=-1

.DEFAULT_GOAL := all
.PHONY: all translation sentiment captioning focus doubt stress test test-slow test-backends lint format bench bench-layers pictures environment environments clean help
.DELETE_ON_ERROR:

# Two pipelines at a time, each with half of the cores: models as small as these gain little from more. Each
# line says whose it is.
ifeq ($(or $(MAKECMDGOALS),all),all)
MAKEFLAGS += --jobs=2
endif
all: export TF_NUM_INTRAOP_THREADS = $(shell expr $(CORES) / 2)
all: export PYTHONUNBUFFERED = 1
all: SHELL = bash
all: BEFORE = @set -o pipefail;
all: AFTER = 2>&1 | while IFS= read -r line; do echo "$@: $$line"; done
all: captioning translation sentiment ## run the main job: every pipeline on its embedded data (the default)

translation: environment ## train, evaluate, export and explain a translator [DATA=, MANUAL_DIR=, ARGS="--steps 100"]
	$(BEFORE) $(PYTHON) -m foveal.pipelines.translation run $(DATA_ARGS) $(ARGS) $(AFTER)

sentiment: environment ## train, evaluate, export and explain a classifier of texts [DATA=, MANUAL_DIR=, ARGS=]
	$(BEFORE) $(PYTHON) -m foveal.pipelines.sentiment run $(DATA_ARGS) $(ARGS) $(AFTER)

captioning: environment ## train, evaluate, export and explain a captioner of pictures [DATA=, MANUAL_DIR=, ARGS=]
	$(BEFORE) $(PYTHON) -m foveal.pipelines.captioning run $(DATA_ARGS) $(ARGS) $(AFTER)

focus: environment ## write the reports of the newest exports again [PIPELINE=sentiment, DATA=, MANUAL_DIR=, ARGS=]
	@$(OF_EACH) report $(DATA_ARGS) $(ARGS) || exit; done

doubt: environment ## ask whether their answers rest on what they looked at [PIPELINE=, DATA=, MANUAL_DIR=, ARGS=]
	@$(OF_EACH) doubt $(DATA_ARGS) $(ARGS) || exit; done

stress: environment ## disturb what they read and see in growing doses [PIPELINE=, DATA=, MANUAL_DIR=, ARGS=]
	@$(OF_EACH) stress $(DATA_ARGS) --figure stress-$$pipeline.png $(ARGS) || exit; done

test: environment ## run the tests [ARGS="tests/layers -k mask"]
	$(ONE_THREAD) $(PYTHON) $(PYTEST) $(ARGS)

test-slow: environment ## run the tests that take minutes
	$(ONE_THREAD) $(PYTHON) $(PYTEST) -m slow $(ARGS)

test-backends: test-jax test-torch ## run the tests of layers, doubt and steering on JAX and on PyTorch, each in an environment of its own

test-%: .venv-%/installed
	$(ONE_THREAD) $(FLAGS_$*) KERAS_BACKEND=$* .venv-$*/bin/python $(PYTEST) $(ON_BACKENDS) $(ARGS)

lint: environment ## check style, format and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/pyright

format: environment ## rewrite the sources in the project's format
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: .venv-bench/installed ## measure beside CTranslate2 and PyTorch, in an environment of its own [ARGS=]
	.venv-bench/bin/python benchmarks/throughput.py $(ARGS)

bench-layers: environment ## measure the layers beside Keras's own
	$(PYTHON) benchmarks/layers.py

pictures: environment ## draw the pictures of the pages in docs/ again
	$(PYTHON) docs/figures.py

environment: .venv/installed ## install what the other targets need, pinned, into .venv

environments: .venv/installed .venv-jax/installed .venv-torch/installed ## install what every test needs

clean: ## remove every environment and cache (what was trained and exported stays)
	rm -rf .venv .venv-jax .venv-torch .venv-bench .ide foveal.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The environments. The file `installed` marks a finished one, so that it is made again only when the pins change.

define create
$(if $(FOUND_PYTHON),,$(error foveal needs Python 3.11 or newer: neither python3 nor python3.11 to python3.13 is one. Install it, or name it: make FOUND_PYTHON=/path/to/python))
@echo "Making $(@D): minutes the first time."
@$(FOUND_PYTHON) -m venv $(@D)
@$(@D)/bin/python -m pip install --quiet --no-compile --constraint constraints.txt
endef

# .ide holds what the type checker needs: this folder under the name `foveal`, and a TensorFlow
# without types, for the published ones lack half of it.
.venv/installed: pyproject.toml constraints.txt
	$(create) --editable ".[dev]"
	@mkdir -p .ide/tensorflow && ln -sfn .. .ide/foveal
	@echo 'def __getattr__(name: str): ...' > .ide/tensorflow/__init__.pyi
	@touch $@

.venv-bench/installed: pyproject.toml constraints.txt
	$(create) --editable ".[bench]"
	@touch $@

ORACLES_torch := entmax

.venv-jax/installed .venv-torch/installed: .venv-%/installed: pyproject.toml constraints.txt
	$(create) keras numpy scipy scikit-learn hypothesis pytest pytest-timeout pytest-xdist $* $(ORACLES_$*)
	@mkdir -p $(@D)/source && ln -sfn ../.. $(@D)/source/foveal
	@echo "$(CURDIR)/$(@D)/source" > "$$($(@D)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/foveal.pth"
	@touch $@
