# Two commands: `make up` runs the service on this machine, `make test` proves it.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

# Dozens of processes start: each would compile all that it imports anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install up test races check bench bench-web lock messages clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

install: $(VENV)/run.stamp ## make .venv from the run lock

up: $(VENV)/run.stamp ## run everything until Ctrl-C (ARGS="--port 9000 --no-demo")
	@exec $(RUN) manage.py up $(ARGS)

test: $(VENV)/dev.stamp ## run the tests (ARGS="tests/chambers -x")
	@exec $(RUN) -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

races: $(VENV)/dev.stamp ## many at once want the same: 50 rounds of 32 clients
	@RACE_ROUNDS=50 RACE_CLIENTS=32 $(RUN) -m pytest tests/marketplace/test_races.py $(ARGS)

check: $(VENV)/dev.stamp ## format, lint, types, import directions, migrations, deployment settings
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	DATABASE_URL=postgresql:///nothing REDIS_URL=redis://127.0.0.1:1/0 $(RUN) -m mypy .
	$(VENV)/bin/lint-imports
	$(RUN) manage.py makemigrations --check --dry-run
	@echo manage.py check --deploy
	@SECRET_KEY=$$($(RUN) -c 'import secrets; print(secrets.token_urlsafe(50))') \
	  BASE_URL=https://market.example $(RUN) manage.py check --deploy --fail-level WARNING

bench: $(VENV)/bench.stamp ## measure what the documentation states
	@exec $(RUN) -m bench $(ARGS)

bench-web: $(VENV)/dev.stamp ## measure every page against its budget, in Chromium
	@exec $(RUN) -m bench.web $(ARGS)

lock: ## resolve the dependencies anew (needs uv)
	uv pip compile -q --no-header --no-annotate --generate-hashes --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile -q --no-header --no-annotate --generate-hashes --python-version 3.11 --group dev -c requirements.lock -o requirements-dev.lock
	uv pip compile -q --no-header --no-annotate --generate-hashes --python-version 3.11 --group bench -c requirements.lock -c requirements-dev.lock -o requirements-bench.lock

messages: $(VENV)/dev.stamp ## collect the texts to translate (needs gettext)
	$(RUN) manage.py makemessages --locale ru --locale ja --no-location --no-obsolete --ignore '.venv/*' --ignore 'var/*'

clean: ## remove .venv, caches and all data of `make up`
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/run.stamp: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Business Market needs Python 3.11 or newer: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(call pip_install,$<)
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	$(call pip_install,$<)
	@touch $@

$(VENV)/bench.stamp: requirements-bench.lock $(VENV)/dev.stamp
	$(call pip_install,$<)
	@touch $@

# One counting line instead of pip's hundreds; what pip complains about is shown as it is.
define pip_install
@$(RUN) -m pip install --no-input --disable-pip-version-check --progress-bar off --require-hashes -r $(1) \
  | awk -v all="$$(grep -c '==' $(1))" -v file=$(1) -v terminal="$$(test -t 1 && echo yes || true)" \
    'function say(text) { printf terminal ? "\r  %s: %s" : "  %s: %s\n", file, text; fflush() } \
     /^(Collecting|Processing|Requirement already)/ { ++n; if (terminal) say(n " of " all " packages") } \
     /^Installing/ { say(n " packages, installing") } \
     /^Successfully installed/ { say(n " packages installed  ") } \
     END { if (terminal) print "" }'
endef
