# Two commands do all the set-up: `make demo` and `make test`. Nothing here needs an account or a server.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   := .demo

# Some images forbid bytecode; without it every process recompiles Airflow (3 s becomes 7 s, each time).
unexport PYTHONDONTWRITEBYTECODE
export AIRFLOW_HOME := $(CURDIR)/.airflow
export GX_ANALYTICS_ENABLED := false

.PHONY: demo test check sbom lock fuzz bench clean help

help:           ## what there is to make
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

demo: $(VENV)/.ready  ## sample portfolio, trace DAG in-process, ranked masked candidates, run report
	@rm -rf $(DEMO)
	@$(BIN)/skiptrace sample --out $(DEMO)
	@$(BIN)/python -m dags.local --deployment $(DEMO) --as-of 2026-11-01
	@$(BIN)/skiptrace candidates --deployment $(DEMO) --limit 24
	@$(BIN)/skiptrace report --deployment $(DEMO)
	@$(BIN)/skiptrace report --deployment $(DEMO) --format html --out $(DEMO)/report.html
	@echo "Workbench: $(BIN)/skiptrace serve workbench --deployment $(DEMO) --demo   (prints a password for each role)"

test: $(VENV)/.ready-dev  ## the whole test suite
	$(BIN)/python -m pytest

check: $(VENV)/.ready-dev  ## lint, types, import rules, licences, secrets, known vulnerabilities where they can be asked for
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tools/supply.py licences
	$(BIN)/python tools/supply.py secrets
	$(BIN)/python tools/supply.py vulnerabilities

fuzz: $(VENV)/.ready-dev  ## damaged input at every parser, FUZZ_SECONDS (60) each
	$(BIN)/python tools/fuzz.py --seconds $(or $(FUZZ_SECONDS),60)

bench: $(VENV)/.ready-dev  ## a night through Airflow, and faults put into one: benchmarks/README.md has the others
	$(BIN)/python benchmarks/nightly.py 2000:10000 20000:100000
	$(BIN)/python benchmarks/crash.py sqlite --faults 60

sbom: $(VENV)/.ready  ## the bill of materials (CycloneDX) of what is locked: sbom.json
	$(BIN)/python tools/supply.py sbom --out sbom.json

lock: ## resolve again and write the hash-locked requirement files (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade -q -o requirements.lock
	uv pip compile pyproject.toml --group dev --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements.lock -q -o requirements-dev.lock

clean: ## remove what make made, but the environment
	rm -rf $(DEMO) .airflow build dist sbom.json .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-dev.lock
	touch $@
