PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench chaos readme lock clean

help: ## Show the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

setup: $(INSTALLED) ## Create .venv and install what requirements.lock pins

# Redone when the pins or the project file change, and never otherwise.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "bgjobs needs Python 3.11 or newer; name one: make setup PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## Run two real jobs on an embedded Postgres with 25,000 tasks
	@BIN=$(BIN) sh examples/demo.sh

test: setup ## Run all tests
	$(BIN)/python -m pytest -q

check: setup ## Lint, types and import directions
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_layers.py

format: setup ## Format the code and fix what can be fixed
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: setup ## Measure against hand-written loops and other tools
	$(BIN)/python -m bench $(ARGS)

chaos: setup ## Kill, cut and freeze runs at random for SECONDS=300, chosen by SEED=
	cd tests && ../$(BIN)/python -m chaos $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

readme: setup ## Bring the help texts in README.md up to date
	$(BIN)/python docs/readme.py

# The index and its host are the installer's choice, so none is written down.
lock: setup ## Choose the newest versions that pyproject.toml admits
	$(PIP) install 'pip-tools>=7.6,<8'
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --upgrade --generate-hashes \
		--allow-unsafe --strip-extras --extra dev --extra embedded \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--output-file requirements.lock pyproject.toml

clean: ## Stop the demo's Postgres and remove what was made here
	@if [ -x $(BIN)/bgjobs ] && [ -d .demo ]; then $(BIN)/bgjobs db stop; fi
	rm -rf .demo examples/sent.jsonl $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
