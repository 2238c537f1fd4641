# Rakurs: every job by name; each sets up what it needs: what it takes to run, or the tools for development as well.
PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
TOOLS := $(VENV)/.tools
INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --no-deps
PIN := uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
  --no-header --python-version 3.11 --quiet
DEMO ?= red BMW X5 2021
# what is compiled once serves every process of the tests, and the next run
unexport PYTHONDONTWRITEBYTECODE
# only these files are read for the tests that run alone
ALONE = $(shell grep -rl --include='test_*.py' 'mark[.]alone' tests)

.DEFAULT_GOAL := help
.PHONY: matrix help setup demo sandbox test alone together check lint types format bench chaos chaos-fleet load coverage prove trouble figures fuzz mutate audit constraints clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rakurs needs Python 3.11 or newer; name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --require-hashes -r constraints.txt
	$(INSTALL) --no-build-isolation -e .
	@$(PY) -m pip check --quiet
	@touch $@

$(TOOLS): $(READY) constraints-dev.txt
	$(INSTALL) --require-hashes -r constraints-dev.txt
	@$(PY) -m pip check --quiet
	@touch $@

setup: $(READY)  ## a virtual environment with all that it takes to run

demo: $(READY)  ## one car from every angle, into ./demo
	$(PY) -m bot draw "$(DEMO)" --out demo

check: lint types  ## lint, types, architecture

lint: $(TOOLS)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/lint-imports --no-cache

types: $(TOOLS)
	$(PY) -m mypy

sandbox: $(READY)  ## the bot in a chat page of its own: no token, no network
	$(PY) -m bot sandbox

test: lint alone  ## everything that must hold
	@$(MAKE) --no-print-directory --jobs=2 types together

alone: lint
	$(PY) -m pytest -m "alone and not slow" $(ALONE)

together: $(TOOLS)
	$(PY) -m pytest -m "not alone and not slow" -n auto --dist worksteal

format: $(TOOLS)  ## let ruff mend what it can
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(TOOLS)  ## all performance figures beside their floors; PARTS=updates,words for some
	$(PY) -m tests.bench $(PARTS)

chaos: $(TOOLS)  ## the real bot killed 200 times, and what came of it
	$(PY) -m tests.chaos --rounds 200

chaos-fleet: $(TOOLS)  ## two workers on one Postgres, of which one dies 30 times
	$(PY) -m tests.chaos --fleet --rounds 30

matrix: $(TOOLS)  ## every fault of a provider, on every view, and what came of it
	$(PY) -m pytest tests/unit/generate/test_fault_matrix.py

load: $(TOOLS)  ## a thousand people within a minute, and what came of it
	$(PY) -m tests.load

coverage: $(TOOLS)  ## lines and branches that the tests reach
	$(PY) -m pytest -m "alone and not slow" $(ALONE) --cov --cov-report= --cov-fail-under=0
	$(PY) -m pytest -m "not alone and not slow" -n auto --dist worksteal --cov --cov-append \
	  --cov-report=term --cov-report=json:build/coverage.json

prove: $(TOOLS)  ## thousands of lives of a car, with every kind of trouble between any two steps
	$(PY) -m pytest -m slow tests/proofs/test_lives.py

trouble: $(TOOLS)  ## a full disk, locks, damage, clocks that jump, and a Postgres restarted 20 times
	$(PY) -m pytest -m "slow or not slow" tests/e2e/test_trouble.py tests/chaos/test_chaos.py
	$(PY) -m tests.chaos --restarts --rounds 20

figures: $(TOOLS)  ## how long /stats asks a hundred thousand albums
	$(PY) -m pytest -m slow -s tests/unit/storage/test_figures.py

fuzz: $(TOOLS)  ## 100,000 generated descriptions and updates against the real application
	$(PY) -m tests.proofs.fuzz

mutate: $(TOOLS)  ## does a test notice when the code is changed?
	$(VENV)/bin/mutmut run --max-children 2
	$(VENV)/bin/mutmut results

audit: $(TOOLS)  ## known weaknesses of pinned packages, and a security lint of our own code
	$(PY) -m tests.proofs.audit

constraints:  ## pin versions and hashes anew (needs uv)
	$(PIN) --all-extras --group build -o constraints.txt pyproject.toml
	$(PIN) --group dev -c constraints.txt -o constraints-dev.txt

clean:  ## what was made here, but for the data
	rm -rf $(VENV) demo .mypy_cache .ruff_cache build *.egg-info
