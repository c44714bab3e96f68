# Every target sets up what it needs, and re-uses it the next time. Needs Python 3.11+, make and git.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
PIP_AUDIT_VERSION := 2.10.1
# Official clients in other languages that run the lifecycles on the emulator.
NODE_SDK_VERSION := 4.1.313
TCCLI_VERSION := 3.1.189.1
COSMIC_RAY_VERSION := 8.7.0
# Processes that run tests side by side.
TEST_PROCESSES ?= 4
# Ports of `make ui`.
export UI_PORT ?= 8080
export EMULATOR_PORT ?= 8021
# What `make rehearse` migrates.
export DATABASE ?= mysql
export ROWS ?= 1000000

# Calls to this machine must never go through a proxy.
comma := ,
export NO_PROXY := $(if $(NO_PROXY),$(NO_PROXY)$(comma))127.0.0.1,localhost,::1
export no_proxy := $(NO_PROXY)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Containers often set it. Each process would then compile Airflow and every test again: ten seconds for each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install demo demo-all rehearse ui test lint format test-system test-clients test-next contract chaos mutate audit errors bench check-migrations docs docs-site lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F '\t' '{ printf "  make %-18s %s\n", $$1, $$2 }'

install: $(VENV)/.project ## Install everything into .venv, from the lock

# Stamps: each step runs again when the file it installs from has changed.
$(VENV)/.pip: requirements-pip.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Installing into $(VENV), once: about 150 packages, half a minute to some minutes" >&2
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-pip.lock
	@touch $@

$(VENV)/.locked: requirements.lock $(VENV)/.pip
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.project: pyproject.toml $(VENV)/.locked
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: install ## Run one migration end to end on the emulator
	@$(BIN)/python -m scripts.demo

demo-all: install ## Run every DAG once on one emulator; a line of JSON for each
	@$(BIN)/python -m scripts.demo_all

rehearse: install ## Migrate a shop between two real servers while it is written to (DATABASE=mysql|postgresql ROWS=1000000)
	@$(BIN)/python -m scripts.rehearse

ui: install ## Start Airflow and the emulator (UI_PORT=8080 EMULATOR_PORT=8021 EMULATOR_SPEED=60; REAL=1: rows move)
	@$(BIN)/python -m scripts.ui

# Files are begun in the order of their folders, so the ones with runs of whole DAGs and builds of wheels first: xdist
# would begin those with the most tests, and be left with a long file while the other processes have nothing to do.
DISTRIBUTED := -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

test: lint ## Lint, types, layers, dependencies, and all tests but the long ones
	$(BIN)/pytest tests --ignore=tests/system -m "not long" $(DISTRIBUTED)

lint: install ## Lint, format, types, layers and dependencies
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry .

format: install ## Fix what ruff can fix
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# In folders of their own: what they need must not change the versions that are locked, and nothing of it is committed.
.build/node-client/.$(NODE_SDK_VERSION):
	@command -v npm >/dev/null || { echo "The Node.js SDK needs Node.js 18 or newer, and npm"; exit 1; }
	mkdir -p .build/node-client
	npm install --prefix .build/node-client --no-package-lock --no-save --no-audit --no-fund --ignore-scripts \
		--fetch-timeout=60000 --fetch-retries=5 --loglevel=error tencentcloud-sdk-nodejs@$(NODE_SDK_VERSION)
	@touch $@

.build/tccli/.$(TCCLI_VERSION):
	$(PYTHON) -m venv .build/tccli
	.build/tccli/bin/python -m pip install --quiet tccli==$(TCCLI_VERSION)
	@touch $@

test-clients: install .build/node-client/.$(NODE_SDK_VERSION) .build/tccli/.$(TCCLI_VERSION) ## The four lifecycles on the emulator through the Node.js SDK and tccli; asks npm's registry and the package index
	$(BIN)/pytest tests/system/clients

test-system: install ## The docker-compose topology without Docker, the pages in a browser, and the long tests
	scripts/install_system_packages.sh
	$(MAKE) test-clients
	$(BIN)/pytest tests --ignore=tests/system -m long $(DISTRIBUTED)
	$(BIN)/pytest tests/system --ignore=tests/system/clients

contract: install ## The documented examples and one job on the emulator; REAL=1: on a real account, asks before it buys
	@$(BIN)/python -m tests.contract $(if $(filter 1,$(REAL)),--real) $(if $(filter 1,$(BUY)),--buy) \
		$(if $(CONFIGURATION),--configuration $(CONFIGURATION))

chaos: install ## Every call x every fault x every recovery, and random walks (LIFECYCLES=walks WALKS=2500 SEED=1)
	@$(BIN)/python -m tests.chaos

# In a venv of its own, with the newest pre-release of Airflow; the rest as that one asks for it.
test-next: ## The pages and triggers on the newest pre-release of Airflow; asks the package index
	test -x .build/next/bin/pip || $(PYTHON) -m venv .build/next
	.build/next/bin/python -m pip install --quiet --upgrade --pre apache-airflow apache-airflow-core apache-airflow-task-sdk
	.build/next/bin/python -m pip install --quiet hatchling editables -e ".[emulator,test]"
	.build/next/bin/python -m pytest tests/unit/plugins tests/unit/triggers $(DISTRIBUTED)

# In a venv of its own, too: it brings another SQLAlchemy than Airflow's.
.build/cosmic-ray/.$(COSMIC_RAY_VERSION):
	$(PYTHON) -m venv .build/cosmic-ray
	.build/cosmic-ray/bin/python -m pip install --quiet cosmic-ray==$(COSMIC_RAY_VERSION)
	@touch $@

mutate: install .build/cosmic-ray/.$(COSMIC_RAY_VERSION) ## Break the engine line by line: does a test turn red? (MUTANTS=200 SEED=1 ONLY=engine/converge)
	@$(BIN)/python -m tests.mutants

# In a venv of its own: what it needs must not change the versions that are locked.
audit: install ## Published vulnerabilities of the locked packages; asks the package index
	test -x .build/pip-audit/bin/pip-audit || $(PYTHON) -m venv .build/pip-audit
	.build/pip-audit/bin/python -m pip install --quiet pip-audit==$(PIP_AUDIT_VERSION)
	@$(BIN)/python -m scripts.audit .build/pip-audit/bin/pip-audit

errors: install ## Write docs/errors.md again: every error that faults and rehearsals produce
	@$(BIN)/python -m tests.chaos.errors

bench: install ## Measure: demo against empty tasks, the emulator's speed, DAG parse time
	@$(BIN)/python -m scripts.bench

check-migrations: install ## Validate migrations/*.yaml
	@$(BIN)/python -m scripts.check_migrations

docs: install ## Write what is generated again: the types of the wire shapes, and pages of docs/
	$(BIN)/python -m scripts.generate_shapes
	$(BIN)/python -m scripts.emulator_page
	$(BIN)/python -m scripts.reference
	$(BIN)/python -m scripts.manifest_schema

docs-site: install ## Write the documentation as a site to .build/site, to be read in a browser
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "file://$(CURDIR)/.build/site/index.html"

# LOCK_FLAGS=--upgrade takes newer releases; without it only what pyproject.toml asks for changes.
lock: $(VENV)/.pip ## Write requirements.lock again (LOCK_FLAGS=--upgrade for newer releases)
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile pyproject.toml --quiet --all-extras --generate-hashes \
		--no-strip-extras --no-emit-index-url --no-emit-find-links --python-version 3.11 --universal \
		$(LOCK_FLAGS) --output-file requirements.lock

clean: ## Remove what make has made, but .venv
	rm -rf .airflow .build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
