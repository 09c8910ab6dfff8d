# One line each: `make` shows them.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo check lint types test bench docs clean

help: ## Show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-8s %s\n", $$1, $$2}'

setup: $(READY) ## Make .venv with everything developers need
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable . --group dev
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps --upgrade \
		--target $(VENV)/torchvision-for-tests torchvision num2words
	touch $(READY)

demo: $(READY) ## Set up and run: the embedded model on made images, offline
	$(BIN)/medtrust run

check: lint types test ## Everything that must be green

lint: $(READY) ## Style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## mypy, strict
	$(BIN)/mypy

test: $(READY) ## All tests, a worker a core
	$(BIN)/pytest -q -n auto --dist loadfile

bench: $(READY) ## Ratios to the limit and to peers
	$(BIN)/python benchmarks/ask.py
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/uncertainty.py
	$(BIN)/python benchmarks/local.py
	$(BIN)/python benchmarks/plan.py
	$(BIN)/python benchmarks/mining.py
	$(BIN)/python benchmarks/estimators.py
	$(BIN)/python benchmarks/selective.py
	$(BIN)/python benchmarks/startup.py

docs: $(READY) ## Check that the documents' commands and links hold
	$(BIN)/pytest -q tests/docs

clean: ## Remove what was made
	rm -rf $(VENV) runs .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
