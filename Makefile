# Rakurs: every job by name. `make demo` and `make test` do their own set-up.
PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
DEMO ?= red BMW X5 2021
# only these files are read for the tests that run alone
ALONE = $(shell grep -rl --include='test_*.py' 'mark[.]alone' tests)

.DEFAULT_GOAL := help
.PHONY: matrix help setup demo sandbox test check format bench chaos chaos-fleet load coverage prove trouble figures fuzz mutate audit constraints clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rakurs needs Python 3.11 or newer; name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r constraints.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(PY) -m pip check --quiet
	@touch $@

setup: $(READY)  ## a virtual environment with everything in it

demo: $(READY)  ## one car from every angle, into ./demo
	$(PY) -m bot draw "$(DEMO)" --out demo

check: $(READY)  ## lint, types, architecture
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports --no-cache

sandbox: $(READY)  ## the bot in a chat page of its own: no token, no network
	$(PY) -m bot sandbox

test: check  ## everything that must hold
	$(PY) -m pytest -m "alone and not slow" $(ALONE)
	$(PY) -m pytest -m "not alone and not slow" -n logical --dist worksteal

format: $(READY)  ## let ruff mend what it can
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(READY)  ## all performance figures beside their floors; PARTS=updates,words for some
	$(PY) -m tests.bench $(PARTS)

chaos: $(READY)  ## the real bot killed 200 times, and what came of it
	$(PY) -m tests.chaos --rounds 200

chaos-fleet: $(READY)  ## two workers on one Postgres, of which one dies 30 times
	$(PY) -m tests.chaos --fleet --rounds 30

matrix: $(READY)  ## every fault of a provider, on every view, and what came of it
	$(PY) -m pytest tests/unit/generate/test_fault_matrix.py

load: $(READY)  ## a thousand people within a minute, and what came of it
	$(PY) -m tests.load

coverage: $(READY)  ## lines and branches that the tests reach
	$(PY) -m pytest -m "alone and not slow" $(ALONE) --cov --cov-report= --cov-fail-under=0
	$(PY) -m pytest -m "not alone and not slow" -n logical --dist worksteal --cov --cov-append \
	  --cov-report=term --cov-report=json:build/coverage.json

prove: $(READY)  ## thousands of lives of a car, with every kind of trouble between any two steps
	$(PY) -m pytest -m slow tests/proofs/test_lives.py

trouble: $(READY)  ## a full disk, locks, damage, clocks that jump, and a Postgres restarted 20 times
	$(PY) -m pytest -m "slow or not slow" tests/e2e/test_trouble.py tests/chaos/test_chaos.py
	$(PY) -m tests.chaos --restarts --rounds 20

figures: $(READY)  ## how long /stats asks a hundred thousand albums
	$(PY) -m pytest -m slow -s tests/unit/storage/test_figures.py

fuzz: $(READY)  ## 100,000 generated descriptions and updates against the real application
	$(PY) -m tests.proofs.fuzz

mutate: $(READY)  ## does a test notice when the code is changed?
	$(VENV)/bin/mutmut run --max-children 2
	$(VENV)/bin/mutmut results

audit: $(READY)  ## known weaknesses of pinned packages, and a security lint of our own code
	$(PY) -m tests.proofs.audit

constraints:  ## pin versions and hashes anew (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
	  --no-header --python-version 3.11 --all-extras --quiet -o constraints.txt pyproject.toml

clean:  ## what was made here, but for the data
	rm -rf $(VENV) demo .mypy_cache .ruff_cache build *.egg-info
