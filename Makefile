# What a newcomer calls. PYTHON is the machine's own, 3.11 or newer; everything else
# is put into .venv and the container engine by scenarios/machine.py.
PYTHON ?= python3
VENV_PYTHON = .venv/bin/python
NEWEST = 3.40.0
PYTEST_OPTIONS ?= -n auto --maxprocesses 4 --dist loadgroup

.PHONY: help demo benchmark night test test-fast official lint format images clean

help: ## show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: ## watch autofix repair several broken plugins
	@$(PYTHON) scenarios/machine.py prepare --nakama $(NEWEST)
	@$(VENV_PYTHON) -m scenarios.demo

test: ## every test, with real containers
	@$(PYTHON) scenarios/machine.py prepare --dev
	@$(VENV_PYTHON) -m pytest $(PYTEST_OPTIONS)

test-fast: ## the tests that need no container engine
	@$(PYTHON) scenarios/machine.py venv --dev
	@$(VENV_PYTHON) -m pytest -m "not live" $(PYTEST_OPTIONS)

benchmark: ## measure autofix against the same work done by hand
	@$(PYTHON) scenarios/machine.py prepare --nakama $(NEWEST)
	@$(VENV_PYTHON) -m scenarios.benchmark

night: ## 200 runs in a row while disk, network and engine fail (as root)
	@$(PYTHON) scenarios/machine.py prepare --dev --nakama $(NEWEST)
	@$(VENV_PYTHON) -m scenarios.night

lint: ## ruff and mypy
	@$(PYTHON) scenarios/machine.py venv --dev
	@$(VENV_PYTHON) -m ruff check .
	@$(VENV_PYTHON) -m ruff format --check .
	@$(VENV_PYTHON) -m mypy

format: ## let ruff format the code
	@$(PYTHON) scenarios/machine.py venv --dev
	@$(VENV_PYTHON) -m ruff format .

images: ## make the kit's images of every release it knows
	@$(PYTHON) scenarios/machine.py prepare

clean: ## remove what autofix, the kit and this Makefile made on this machine
	@if [ -x $(VENV_PYTHON) ]; then $(VENV_PYTHON) -m autofix clean --caches; fi
	@if [ -x $(VENV_PYTHON) ]; then $(VENV_PYTHON) -m scenarios.kit remove; fi
	@$(PYTHON) scenarios/machine.py stop
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
