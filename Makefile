# Everything a person types. `make demo` and `make test` need nothing but Python 3.11 or newer and make.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := $(CURDIR)/.venv
BUILD := $(CURDIR)/build
NAME := ansible_collections/didww/voice
# The tree as ansible-test wants it, and the artifact as ansible-galaxy installs it.
TREE := $(BUILD)/tree/$(NAME)
INSTALLED := $(BUILD)/installed
# The collection awx.awx, which playbooks/awx/install.yml uses.
AWX := $(BUILD)/awx
VERSION := $(shell sed -n 's/^version: //p' galaxy.yml)
ARTIFACT := $(BUILD)/didww-voice-$(VERSION).tar.gz
SITE := $(BUILD)/docs
PYTHON_VERSION = $(shell $(VENV)/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')

export PATH := $(VENV)/bin:$(PATH)
# Nothing of the user's own Ansible set-up has a part in this.
export ANSIBLE_CONFIG := $(CURDIR)/tests/ansible.cfg
export ANSIBLE_COLLECTIONS_PATH := $(INSTALLED):$(AWX)
export AWX_COLLECTIONS := $(AWX)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The local API is in tests.
demo bench docs outputs release: export PYTHONPATH := tests:tools

.PHONY: help
help: ## Show what there is
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

.PHONY: demo
demo: $(VENV)/.demo install ## Run a playbook against the local API: --check --diff, for real, and again
	python tools/demo.py

.PHONY: test
test: lint unit integration sanity package ## Run every test

.PHONY: lint
lint: $(VENV)/.test $(AWX)/.done install tree ## Check style and types
	ruff check
	ruff format --check
	cd $(BUILD)/tree && MYPYPATH=$(BUILD)/tree:$(TREE)/tests:$(TREE)/tools mypy --config-file $(CURDIR)/pyproject.toml $(NAME)
	ansible-lint --offline --strict --profile production

.PHONY: unit
unit: export PYTHONPATH := $(BUILD)/tree
unit: export HYPOTHESIS_STORAGE_DIRECTORY := $(BUILD)/hypothesis
unit: $(VENV)/.test $(AWX)/.done tree ## Run the unit tests and measure their coverage; with ARGS, which go to pytest, run some of them
	cd $(TREE) && python -m pytest $(or $(ARGS),--numprocesses auto --dist loadgroup --cov)

.PHONY: integration
integration: $(VENV)/.test tree ## Run playbooks against the local API; TARGET picks one target
	cd $(TREE) && ansible-test integration --python $(PYTHON_VERSION) --color no $(TARGET)

.PHONY: sanity
sanity: $(VENV)/.test tree ## Run ansible-test sanity
	python tools/pip_bootstrap.py
	cd $(TREE) && ansible-test sanity --python $(PYTHON_VERSION) --color no

.PHONY: matrix
matrix: $(VENV)/.test tree ## Run unit, integration and sanity on every supported version; ARGS picks some by name
	python tests/matrix.py $(ARGS)

.PHONY: mutate
mutate: MUTANTS := $(BUILD)/mutation
mutate: $(VENV)/.mutation tree ## Break trunk.py in every way and write tests/mutation.md: what no test notices
	rm -rf $(MUTANTS)
	mkdir -p $(MUTANTS)/mutants/$(NAME)/tests
	cp -r $(BUILD)/tree/ansible_collections $(MUTANTS)
	cp tests/mutmut.cfg $(MUTANTS)/setup.cfg
	python tests/mutation.py $(MUTANTS)

.PHONY: bench
bench: $(VENV)/.bench install ## Measure against the local API and write docs/benchmarks; takes 11 minutes
	ANSIBLE_COLLECTIONS_PATH=$(INSTALLED) python -m benchmark

.PHONY: docs
docs: $(VENV)/.docs install ## Build the documentation site in build/docs and look at it in chromium
	rm -rf $(SITE)
	mkdir -p -m 755 $(SITE)
	antsibull-docs sphinx-init --use-current --squash-hierarchy --fail-on-error --sphinx-theme furo \
		--title didww.voice --project didww.voice --copyright 'didww.voice contributors' --dest-dir $(SITE) didww.voice >/dev/null
	cat tools/docsite/conf.py >>$(SITE)/conf.py
	cp -r tools/docsite/static $(SITE)
	$(SITE)/build.sh
	python -m docsite.outputs --check
	python -m docsite.links $(SITE)/build/html
	python -m docsite.look $(SITE)/build/html $(SITE)/look

.PHONY: outputs
outputs: $(VENV)/.docs install ## Run what guides and README show, and write the outputs into them
	python -m docsite.outputs
	python -m docsite.picture docs/diff.svg

.PHONY: release
release: $(VENV)/.test ## Prepare the release VERSION=x.y.z, commit it, and say what is left to a person
	$(if $(filter command,$(origin VERSION)),,$(error say which: make release VERSION=x.y.z))
	python tools/release.py $(VERSION)

.PHONY: package
package: $(VENV)/.test install ## Check the artifact, its documentation and its changelog as Galaxy would
	antsibull-changelog lint
	antsibull-docs lint-collection-docs --plugin-docs --disallow-unknown-collection-refs .
	python tools/artifact.py check $(ARTIFACT)
	tools/check_artifact.sh $(ARTIFACT)

.PHONY: build
build: $(VENV)/.demo ## Build the artifact with ansible-galaxy
	ansible-galaxy collection build --force --output-path $(BUILD) >/dev/null
	python tools/artifact.py normalise $(ARTIFACT)

.PHONY: install
install: build ## Build the artifact and install it below build/
	rm -rf $(INSTALLED)
	ansible-galaxy collection install --offline --force --no-deps --collections-path $(INSTALLED) $(ARTIFACT) >/dev/null

.PHONY: tree
# A repository of its own, since ansible-test would ask this one, which ignores build/.
tree: # A copy of what git has or would add, where ansible-test and Python find the collection
	rm -rf $(TREE)
	git init --quiet $(TREE)
	git ls-files --cached --others --exclude-standard -z | xargs -0 sh -c 'for f; do [ ! -e "$$f" ] || cp --parents "$$f" $(TREE); done' sh

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("Needed is Python 3.11 or newer, and $(PYTHON) is %d.%d: \
	install a newer one, or name it, as in: make PYTHON=/usr/bin/python3.12 demo" % v[:2])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: tests/requirements-demo.txt tests/constraints.txt | $(VENV)/bin/python
	python -m pip install --quiet -r tests/requirements-demo.txt
	touch $@

$(VENV)/.test: tests/requirements.txt $(VENV)/.demo
	python -m pip install --quiet -r tests/requirements.txt
	touch $@

# The package `ansible` has it among a hundred others, which stay away.
$(AWX)/.done: tests/requirements-awx.txt | $(VENV)/bin/python
	rm -rf $(AWX)
	python -m pip download --quiet --no-deps --only-binary :all: --dest $(AWX) -r $<
	python -c 'import sys, zipfile; wheel = zipfile.ZipFile(sys.argv[1]); wheel.extractall(sys.argv[2], \
	    [name for name in wheel.namelist() if name.startswith("ansible_collections/awx/")])' $(AWX)/*.whl $(AWX)
	rm $(AWX)/*.whl
	touch $@

$(VENV)/.mutation: tests/requirements-mutation.txt $(VENV)/.test
	python -m pip install --quiet -r tests/requirements-mutation.txt
	touch $@

$(VENV)/.bench: tests/requirements-bench.txt $(VENV)/.demo
	python -m pip install --quiet -r tests/requirements-bench.txt
	touch $@

$(VENV)/.docs: tests/requirements-docs.txt $(VENV)/.demo
	python -m pip install --quiet -r tests/requirements-docs.txt
	touch $@

.PHONY: clean
clean: ## Remove what the targets above made
	rm -rf $(VENV) $(BUILD)
