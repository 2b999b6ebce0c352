# Every verb makes .venv when it is missing and reuses it otherwise. The same verbs run here and in CI.
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(shell \
	$(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
BIN := .venv/bin
STAMP := .venv/.seqloom-installed
# A torch of the tested version that Python already has is used, not fetched again.
SHARED = $(shell $(PYTHON) -c 'import importlib.metadata as m; print("--system-site-packages" if \
	m.version("torch").split("+")[0] == "$(shell sed -n 's/^torch==//p' constraints.txt)" else "")' 2>/dev/null)
# Tests run on one thread each, so as many processes as there are cores; each takes about a gigabyte. Where Python brings
# pytest-benchmark along, it warns of them, and a warning is an error.
WORKERS := -n auto --maxprocesses 4 --dist worksteal -p no:benchmark

.PHONY: demo test test-all check bench docs clean install
.DEFAULT_GOAL := install

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found as python3." >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(SHARED) .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt hatchling editables
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -c constraints.txt -e '.[bpe,plots,dev]'
	@touch $@

demo: $(STAMP)
	$(BIN)/seqloom demo

test: $(STAMP)
	$(BIN)/python -m pytest -q $(WORKERS)

test-all: $(STAMP)
	$(BIN)/python -m pytest -q $(WORKERS) -m "slow or not slow"

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)
	@set -e; for f in benchmarks/*.py; do test -e "$$f" || continue; echo "== $$f"; $(BIN)/python "$$f"; done

docs: $(STAMP)
	$(BIN)/python docs/check.py

clean:
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests docs benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
