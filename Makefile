# The commands for contributors; noxfile.py defines what they do. `make demo` and `make test` need only git, make, and
# Python 3.11 or newer.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := $(CURDIR)/.venv
NOX := $(VENV)/bin/nox

.PHONY: help demo test lint unit integration sanity package docs outputs bench mutation matrix ends release clean
.PHONY: lint-unit integration-sanity-package
help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(VENV)/.demo ## Run a playbook against the local API: --check --diff, for real, and again
	$(NOX) --session demo

test: $(VENV)/.test ## Run every test: the next five, in two jobs
	@rm -rf build/results
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint-unit integration-sanity-package; \
	cat build/results/*; echo "Everything passed in $$((SECONDS / 60)) min $$((SECONDS % 60)) s."
lint-unit integration-sanity-package: $(VENV)/.test
	$(NOX) --session $(subst -, ,$@)

lint: ## Check style, types and licences
unit: ## Run the unit tests and measure their coverage; with ARGS, which go to pytest, run some of them
integration: ## Run playbooks against the local API; TARGET picks one target
sanity: ## Run ansible-test sanity
package: ## Check the artifact, its documentation and its changelog as Galaxy does
docs: ## Build the documentation site in build/docs and check it in chromium
bench: ## Measure against the local API and write docs/benchmarks.md; takes about 20 minutes (ARGS=quick: a trial run in build/bench)
mutation: ## Run mutation tests on the pure part and report the surviving mutants
lint unit integration sanity package docs bench mutation: $(VENV)/.test
	$(NOX) --session $@ -- $(ARGS) $(TARGET)

outputs: $(VENV)/.test ## Run the examples in guides and README, and update their outputs
	$(NOX) --session docs -- write

matrix: export SCENARIOS = all
matrix: $(VENV)/.test ## Test on every supported ansible-core and Python; ARGS='--session core-2.16.0-python3.10' picks one
	$(NOX) $(or $(ARGS),--tags matrix)

ends: $(VENV)/.test ## Test on the oldest and the newest ansible-core of the matrix, in two jobs
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target $$($(NOX) --list --tags ends --json \
	  | $(VENV)/bin/python -c 'import json, sys; print(*(row["session"] for row in json.load(sys.stdin)))')
core-%: $(VENV)/.test
	$(NOX) --session $@

release: $(VENV)/.test ## Prepare the release VERSION=x.y.z, commit it, and check its artifact
	$(NOX) --session release -- $(or $(VERSION),$(error VERSION is required: make release VERSION=x.y.z))
	$(NOX) --session package demo

clean: ## Remove everything that the targets above created
	rm -rf $(VENV) build

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("Python 3.11 or newer is required, but $(PYTHON) is %d.%d: \
	install a newer one or set PYTHON, as in: make PYTHON=/usr/bin/python3.12 demo" % v[:2])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: tests/requirements-demo.txt tests/constraints.txt | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet -r $<
	touch $@

$(VENV)/.test: tests/requirements.txt $(VENV)/.demo
	$(VENV)/bin/python -m pip install --quiet -r $<
	touch $@
