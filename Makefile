# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo check test drills lint types clean

$(READY): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[test]'
	@touch $@

demo: $(READY)
	$(BIN)/bench-runner demo

check: lint types $(READY)
	$(BIN)/python -m pytest -q -n 2 -m 'not slow and not drill and not browser'

test: $(READY)
	@$(BIN)/python tests/install.py
	$(BIN)/python -m pytest -n 2 -m 'not drill'

drills: $(READY)
	@$(BIN)/python tests/install.py
	$(BIN)/python -m pytest -m drill --timeout=3600

lint: $(READY)
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .

types: $(READY)
	$(BIN)/mypy

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
