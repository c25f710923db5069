# costwatt: make refresh runs a night, make test proves it.
.DEFAULT_GOAL := help
.PHONY: help refresh test long live check faults bench superset lock clean
SHELL := /bin/bash

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

help: ## Say what each target does
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

refresh: $(VENV)/run ## Make the environment, run the nightly job once, print today's table
	@$(BIN)/costwatt refresh

# A file's tests share what is dear to make, so each file stays in one process.
test: $(VENV)/dev ## Run all tests (loopback only)
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

long: $(VENV)/dev ## Run the tests that take too long for every change: nights on a Dask cluster, 20,000 sizes
	@$(BIN)/python -m pytest tests -m long --override-ini addopts= -q

live: $(VENV)/dev ## Ask every real source for its smallest part: does it still answer as it did? Needs the network
	@$(BIN)/python -m pytest tests/live -m live --override-ini addopts= -q

check: $(VENV)/dev ## Lint, types, layers, SQL style, licences, advisories
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 2 sql/models sql/tests
	$(BIN)/python -m tests.licences

faults: $(VENV)/dev ## Break sources, network, disk and process in every known way; about an hour
	@$(BIN)/python -m tests.faults

bench: $(VENV)/dev ## Measure speed, memory and size beside peers; writes docs/benchmarks.md; an hour
	@$(BIN)/python -m tests.bench

superset: $(VENV)/run ## Run Apache Superset on the published night, its figures compared first; minutes
	@$(BIN)/python superset/run.py $(PYTHON)

lock: ## Resolve the lock files anew (needs uv)
	uv pip compile pyproject.toml --extra build $(LOCK) -o requirements.lock
	uv pip compile pyproject.toml --extra build --extra test $(LOCK) -c requirements.lock -o requirements-dev.lock
	uv pip compile superset/requirements.txt $(LOCK) -o superset/requirements.lock

LOCK := --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

clean: ## Remove the environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks

# The lock is whole, so nothing is resolved here; it names the build backend too, so that the project itself installs
# without a download.
$(VENV)/run: requirements.lock pyproject.toml | $(BIN)/python
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@$(PIP) install --no-deps --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/run

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "costwatt needs Python 3.11 to 3.13; say which: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo "$(PYTHON) has no venv module; install it (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
