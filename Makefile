# Everything a developer does, by name. `make` alone lists the targets.
# Needs make and Python 3.11 or newer (PYTHON=… chooses one); nothing else, and no root.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEPLOY_READY := $(VENV)/.ready-deploy
DISTRIBUTIONS := shared $(wildcard services/*) deploy/local
PYPROJECTS := $(wildcard $(addsuffix /pyproject.toml,$(DISTRIBUTIONS)))
PACKAGES := $(wildcard shared/src services/*/src deploy/local/src deploy/components/src)
PROGRAMS := $(dir $(wildcard deploy/*/Pulumi.yaml))
PYTHONS := $(PYTHON) python3.13 python3.12 python3.11 python3 python3.14

# The dashboard's pages: built by npm, with Node from this machine or from a Python package (see npm.py).
UI := services/dashboard-api/ui
NPM := $(BIN)/python $(UI)/npm.py
UI_PACKAGES := $(UI)/node_modules/.package-lock.json
UI_BUILT := services/dashboard-api/src/journeyman_dashboard/ui_dist/index.html
UI_SOURCES := $(wildcard $(UI)/*.html $(UI)/*.ts $(UI)/*.json) $(shell find $(UI)/src $(UI)/plugins $(UI)/public -type f)

# More for the program of `run` (UP="--workers 2"), for pytest (TESTS="tests/unit -k retry", in AT_ONCE processes), how long
# `soak` takes, which moments `chaos` chooses, which seeds `simulate` runs, and which `pictures` are taken.
UP ?=
TESTS ?= tests
AT_ONCE ?= 3
PYTEST := $(BIN)/python -m pytest -n $(AT_ONCE) --dist loadfile --no-loadscope-reorder
CONTAINER_TESTS ?= tests/containers $(addprefix tests/integration/test_,scheduler_recovery.py worker_doorbell.py verify_keys.py verify_live.py log_figures.py)
SQS_TESTS ?= tests/e2e tests/chaos $(addprefix tests/integration/test_sqs_,forwarder.py worker.py system.py)
CLUSTER_TESTS ?= tests/cluster tests/conformance tests/integration tests/e2e
MINUTES ?= 60
SEED ?= 4
SIMULATE ?=
PICTURES ?=

# Tests start the services hundreds of times: what Python has compiled once is kept, also where it would not be.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test ui ui-check test-containers test-cluster test-sqs check lint types walls format bench bench-peers soak chaos simulate docs dashboards pictures lock setup deploy-setup clean

help: ## List the targets
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ui ## Start the whole system, run the sample jobs, stay up (Ctrl-C stops it)
	@$(BIN)/journeyman up --demo $(UP)

test: ui deploy-setup ## Run the whole test suite
	@$(NPM) run --silent test
	@$(PYTEST) --ignore tests/containers $(TESTS)
	@case "$(TESTS) " in "tests "*) $(MAKE) --no-print-directory test-containers;; esac

# By themselves: where containers come and go, a browser says that its network has changed.
test-containers: setup ## Run what needs Docker, and some of the integration tests on a server in a container
	@JOURNEYMAN_TEST_SERVER=auto $(PYTEST) $(CONTAINER_TESTS)

test-cluster: setup ## Run what needs a server on a cluster of three, with four partitions
	@JOURNEYMAN_TEST_CLUSTER=1 $(PYTEST) $(CLUSTER_TESTS)

test-sqs: setup ## Run what breaks whole systems with SQS between scheduler and workers, and its rarer cases (moto stands in for it)
	@JOURNEYMAN_TEST_TRANSPORT=sqs $(PYTEST) $(SQS_TESTS)
	@JOURNEYMAN_TEST_TRANSPORT=sqs PYTHONPATH=tests $(BIN)/python -m chaos --seed $(SEED)

check: lint types walls ui-check ## Lint, types and import walls

lint: deploy-setup ## Style, formatting and docstrings (ruff)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: deploy-setup ## Types (mypy, strict)
	@$(BIN)/mypy $(PACKAGES) $(PROGRAMS) tests $(wildcard benchmarks)

walls: deploy-setup ## Who may import whom (import-linter)
	@$(BIN)/lint-imports

ui: setup $(UI_BUILT) ## Build the dashboard's pages, if anything of theirs changed
	@:

ui-check: setup $(UI_PACKAGES) ## Lint, formatting and types of the dashboard's pages
	@$(NPM) run --silent check

format: setup $(UI_PACKAGES) ## Format the source and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(NPM) run --silent format

bench: ui ## Measure the speed of this machine's Journeyman
	@$(BIN)/python -m benchmarks

bench-peers: setup ## Measure other job queues beside it (installs them on first use)
	@$(BIN)/python -m benchmarks.peers --write

soak: setup ## Run everything at half load for long, account for every job and byte (MINUTES=60)
	@$(BIN)/python -m benchmarks.soak --minutes $(MINUTES)

simulate: MINUTES = 5
simulate: setup ## Simulate the whole system under faults, for as long as one likes (MINUTES=5; SIMULATE="--seed 7 --trace")
	@PYTHONPATH=tests $(BIN)/python -m simulation --minutes $(MINUTES) $(SIMULATE)

chaos: setup ## Break everything on real processes, see that nothing is lost, write docs/reliability.md (SEED=4)
	@PYTHONPATH=tests $(BIN)/python -m chaos --write --seed $(SEED)

docs: setup ## Write the pages that follow from the code
	@$(BIN)/python docs/generate.py

dashboards: setup ## Write Grafana's dashboards from deploy/observability/dashboards
	@$(BIN)/python -m deploy.observability.dashboards

pictures: ui ## Take the pictures of the dashboard, with Chromium, into docs/images (PICTURES="--only graph")
	@PYTHONPATH=tests $(BIN)/python docs/pictures $(PICTURES)

setup: $(READY) ## Make .venv with everything in it (done by the others as needed)
	@:

deploy-setup: $(DEPLOY_READY) ## Add to .venv what deploy/ needs: Pulumi, 280 MB (`test` and `check` do it as needed, `run` does not)
	@:

lock: setup ## Resolve requirements.in and every pyproject into requirements.lock, deploy/requirements.in into its own
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  $(addprefix --no-emit-package ,$(shell sed -n 's/^name = "\(journeyman[a-z-]*\)"/\1/p' $(PYPROJECTS))) \
	  requirements.in -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --constraints requirements.lock deploy/requirements.in -o deploy/requirements.lock

clean: ## Remove what was made: .venv, caches and builds. Data (.journeyman) stays
	@rm -rf $(UI)/node_modules $(dir $(UI_BUILT))
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks
	@find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock $(PYPROJECTS)
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  found=; \
	  for python in $(PYTHONS); do \
	    if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found=$$python; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "Journeyman needs Python 3.11 or newer and found none (looked for: $(strip $(PYTHONS)))." >&2; exit 1; \
	  fi; \
	  if ! $$found -c 'import venv, ensurepip' >/dev/null 2>&1; then \
	    echo "$$found cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; \
	  fi; \
	  echo "making $(VENV) with $$($$found --version)"; \
	  $$found -m venv --clear $(VENV); \
	fi
	@echo "installing what requirements.lock pins"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --offline --python $(BIN)/python --no-deps --no-build-isolation \
	  $(addprefix -e ./,$(DISTRIBUTIONS))
	@touch $@

$(DEPLOY_READY): $(READY) deploy/requirements.lock deploy/components/pyproject.toml
	@echo "installing what deploy/requirements.lock pins"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r deploy/requirements.lock
	@$(BIN)/uv pip install --quiet --offline --python $(BIN)/python --no-deps --no-build-isolation -e ./deploy/components
	@touch $@

$(UI_PACKAGES): $(UI)/package-lock.json | $(READY)
	@echo "installing what the dashboard's pages are built with"
	@$(NPM) ci --silent

$(UI_BUILT): $(UI_PACKAGES) $(UI_SOURCES)
	@echo "building the dashboard's pages"
	@$(NPM) run --silent build -- --logLevel warn
