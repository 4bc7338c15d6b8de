# `make test` on a machine with Python 3.11 and nothing else does everything by itself; `make` alone tells the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Five workers on two cores: tests wait for the cluster more than they compute.
WORKERS ?= 5
PYTEST_ARGS ?=

RESULTS ?= .faults

.PHONY: help test faults servers lint format demo lab build bench bench-smoke crd lock clean
.DEFAULT_GOAL := help

help:  ## tell the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

test: servers build  ## run all tests (PYTEST_ARGS="tests/lab -k tcp" for some)
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

faults: servers build  ## run the tests of faults and crashes, and write their times into docs/faults.md
	rm -f $(RESULTS)/*.jsonl
	IDEOGRAM_RESULTS=$(abspath $(RESULTS)) $(BIN)/pytest -n $(WORKERS) --dist worksteal \
	  $(wildcard tests/faults tests/crashes) $(PYTEST_ARGS)
	$(BIN)/python -m docs.generator.faults $(RESULTS)

# Before the build, which takes long, and only for the tests: nothing else needs Debian's servers.
servers: $(READY)
	@$(BIN)/python -m lab.servers --check

lint: $(READY)  ## what CI checks without running the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generator --check
	$(BIN)/python -m bench report --check

format: $(READY)  ## format, and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo: build  ## see the operator take an application through an outage and back
	$(BIN)/python -m lab demo

lab: build  ## a cluster, a simulated Ideogram and three applications to play with
	$(BIN)/python -m lab up

build: $(READY)  ## build the laboratory's control plane (once, 10 minutes)
	@$(BIN)/python -m lab build

bench: build  ## measure what the operator costs at scale, and write bench/README.md (15 minutes)
	$(BIN)/python -m bench full

bench-smoke: build  ## the same with small numbers: holds ratios only (1 minute)
	$(BIN)/python -m bench smoke

crd: $(READY)  ## write crds/, and the docs that are made from the models and the chart's values
	@mkdir -p crds
	$(BIN)/ideogram-operator crd > crds/.new
	@mv crds/.new crds/ideogramintegrations.ideogram-operator.io.yaml
	$(BIN)/python -m docs.generator

# uv resolves and writes hashes of every platform's file, which pip does not; it lives in a folder of its own.
UV := $(VENV)/lock/bin/uv
LOCK := $(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --upgrade \
	pyproject.toml
lock: $(READY)  ## renew requirements/*.lock from pyproject.toml
	@[ -x $(UV) ] || { $(PYTHON) -m venv $(VENV)/lock && $(VENV)/lock/bin/pip install --quiet 'uv>=0.9,<1'; }
	$(LOCK) -o requirements/run.lock
	$(LOCK) --extra dev -o requirements/dev.lock

clean:  ## remove the environment and caches of this folder
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis

# The environment is renewed when what it is made from changes. Everything in it is locked by hash.
$(READY): pyproject.toml requirements/dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "make: Python 3.11 or newer is needed, and '$(PYTHON)' is $$($(PYTHON) --version 2>&1 | tail -1)." \
	       "Try: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "make: $(PYTHON) has no venv. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@if [ ! -x $(BIN)/python ]; then echo "make: creating $(VENV)"; $(PYTHON) -m venv $(VENV); fi
	@echo "make: installing the locked requirements into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
