.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SCENARIO ?= first-look
CONTEXT ?= embedded
ARGS ?=
KUBERNETES ?= 1.35

# The kubeconfig of `make cluster`, which never touches the user's own.
ifeq ($(CONTEXT),local)
export KUBECONFIG ?= $(or $(XDG_STATE_HOME),$(HOME)/.local/state)/autoscale/local/kubeconfig
endif

.PHONY: help
help:  ## Show this help
	@echo "autoscale: does your autoscaler keep its promise?"; echo
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'
	@echo; echo "  Variables: SCENARIO=$(SCENARIO) CONTEXT=$(CONTEXT) ARGS='...' (more options of the command)"

# The environment is made once and again only when what it is made of changes. While it is worked on, a file beside it
# says so: what an interruption left is never used, but made again from nothing. The locks are complete, so pip gets
# --no-deps: it looks for no dependency, and nothing that is published tomorrow can change or break what it installs.
INSTALL := $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps
UNFINISHED := $(VENV).unfinished
# Of two that begin at once the second waits, and then finds the work done.
define environment
	@set -e; exec 9> $(VENV).making; if command -v flock >/dev/null; then flock 9; fi; \
	if test -e $@ && ! test requirements/$(1).txt -nt $@ && ! test pyproject.toml -nt $@; then exit 0; fi; \
	echo "Setting up the Python environment$(2) in $(VENV) (once, about a minute) ..."; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.12 ..."; exit 1; }; \
	if test -e $(UNFINISHED) || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then touch $(UNFINISHED); rm -rf $(VENV); fi; \
	touch $(UNFINISHED); rm -f $(VENV)/.run $(VENV)/.dev; \
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Could not make a virtual environment. On Debian: apt install python3-venv"; exit 1; }; \
	$(INSTALL) --require-hashes -r requirements/$(1).txt; \
	$(INSTALL) --no-build-isolation -e .; \
	touch $(VENV)/.run $@; rm -f $(UNFINISHED)
endef

$(VENV)/.run: requirements/run.txt pyproject.toml
	$(call environment,run,)

# The lock of the tests holds the other one's packages too: one step makes both.
$(VENV)/.dev: requirements/dev.txt requirements/run.txt pyproject.toml
	$(call environment,dev, with the test tools)

# Extras are named in the locks (--no-strip-extras): pip before 23.3.2 refuses them otherwise where it does resolve.
LOCK := $(VENV).lock/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-strip-extras --no-annotate --no-header --no-emit-index-url --no-emit-find-links $(ARGS)
.PHONY: lock
lock:  ## Write all lock files again, each pin kept where it can be (ARGS=--upgrade: the newest)
	@test -x $(VENV).lock/bin/uv || { $(PYTHON) -m venv $(VENV).lock && $(VENV).lock/bin/python -m pip install -q 'uv>=0.9'; }
	@$(LOCK) pyproject.toml --extra whatif --group build -o requirements/run.txt
	@$(LOCK) pyproject.toml --extra whatif --group dev -c requirements/run.txt -o requirements/dev.txt
	@$(LOCK) --group pyproject.toml:app -c requirements/run.txt -o app/requirements.txt
	@$(LOCK) --group pyproject.toml:driver -c requirements/run.txt -o loadtest/driver/requirements.txt

.PHONY: setup
setup: $(VENV)/.run  ## Make the Python environment (every other target does it by itself)

.PHONY: loadtest
loadtest: $(VENV)/.run  ## Scale the app under load: record, report, verdict
	@$(BIN)/autoscale run $(SCENARIO) --context $(CONTEXT) $(ARGS)

.PHONY: ui
ui: $(VENV)/.run  ## Serve http://127.0.0.1:8089 and start runs from the page
	@$(BIN)/autoscale ui --context $(CONTEXT) $(ARGS)

# Many tests wait, for clusters, loads and clocks, so files run side by side, whole runs among those that compute. Long files
# begin first (tests/conftest.py; xdist's own order is by the number of tests, with which a file of few and long ones would
# begin last). Some of them (ARGS) begin at once.
JOBS ?= 6
SPREAD := --dist loadfile --no-loadscope-reorder
.PHONY: test
test: $(VENV)/.dev  ## Run the tests (ARGS='tests/hpa -k name' for some of them)
ifeq ($(ARGS),)
	@$(BIN)/python -m pytest -m "not cluster and not addon" -n $(JOBS) $(SPREAD)
else
	@$(BIN)/python -m pytest -m "not cluster and not addon" $(ARGS)
endif

.PHONY: lint
lint: $(VENV)/.dev  ## Check style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

.PHONY: format
format: $(VENV)/.dev  ## Format the code
	@$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .

.PHONY: bench
bench: $(VENV)/.dev  ## Measure speed, as ratios taken side by side
	@$(BIN)/python -m tests.benchmarks $(ARGS)

.PHONY: clients
clients: $(VENV)/.dev  ## Run what Kubernetes clients there are against the embedded cluster (ARGS='helm lightkube' for some; Go, npm)
	@$(BIN)/python -m tests.clients $(ARGS)

.PHONY: fuzz
fuzz: $(VENV)/.dev  ## Send odd input at every reader and at the embedded API (ARGS=3600: for an hour; else 10 minutes)
	@$(BIN)/python -m tests.fuzz $(ARGS)

.PHONY: faults
faults: $(VENV)/.dev  ## Meet the fault matrix and write docs/faults.md (half an hour; ARGS='reaper' for some; CONTEXT=local)
	@$(BIN)/python -m tests.faults --context $(CONTEXT) $(ARGS)

.PHONY: docs
docs: $(VENV)/.dev  ## Write the generated pages under docs/ again
	@$(BIN)/python -m tests.docs.generate

.PHONY: clean
clean:  ## Remove the environment and caches (runs/ stays)
	@rm -rf $(VENV) $(VENV).lock $(UNFINISHED) $(VENV).making dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: kubectl
kubectl: $(VENV)/.run  ## Build the current kubectl from its Go module and print where it is
	@$(BIN)/python -m tests.local_cluster kubectl

.PHONY: cluster
cluster: $(VENV)/.run  ## Start a real one-node Kubernetes here (root; builds it once; KUBERNETES=1.36, 1.37: a newer control plane)
	@$(BIN)/python -m tests.local_cluster up --kubernetes $(KUBERNETES)

.PHONY: cluster-down
cluster-down: $(VENV)/.run  ## Stop the local Kubernetes and remove everything of it
	@$(BIN)/python -m tests.local_cluster down

.PHONY: cluster-status
cluster-status: $(VENV)/.run  ## Say how the local Kubernetes is, and where its logs are
	@$(BIN)/python -m tests.local_cluster status

.PHONY: keda
keda: $(VENV)/.run  ## Build KEDA and start it in the local Kubernetes (a quarter of an hour the first time)
	@$(BIN)/python -m tests.local_cluster keda

.PHONY: prometheus
prometheus: $(VENV)/.run  ## Build Prometheus and start it in the local Kubernetes (minutes the first time)
	@$(BIN)/python -m tests.local_cluster prometheus

.PHONY: vpa
vpa: $(VENV)/.run  ## Build the Vertical Pod Autoscaler and start it in the local Kubernetes (minutes the first time)
	@$(BIN)/python -m tests.local_cluster vpa

.PHONY: karpenter
karpenter: $(VENV)/.run  ## Build Karpenter and start it over real nodes in the local Kubernetes (minutes the first time; images first)
	@$(BIN)/python -m tests.local_cluster karpenter

.PHONY: images
images: $(VENV)/.run  ## Build the app's and the load generator's image (BASE=... another base, REQUIREMENTS='...' packages of a locustfile)
	@$(BIN)/python -m tests.local_cluster images --base "$(BASE)" --requirements "$(REQUIREMENTS)"

.PHONY: images-load
images-load: $(VENV)/.run  ## Load the images into CONTEXT (local, minikube, kind-NAME)
	@$(BIN)/python -m tests.local_cluster images-load $(CONTEXT)

# Skips with the reason where the cluster cannot run, unless everything is required (CI).
.PHONY: test-cluster
test-cluster: $(VENV)/.dev  ## Build and start the local Kubernetes, test on it, stop it (root and Go)
	@$(BIN)/python -m tests.local_cluster check || { test "$$AUTOSCALE_REQUIRE" != all; exit; }; \
	trap 's=$$?; test $$s = 0 && keep= || keep=--keep-logs; \
		$(BIN)/python -m tests.local_cluster down $$keep || s=1; exit $$s' EXIT; \
	$(BIN)/python -m tests.local_cluster up --kubernetes $(KUBERNETES) && $(BIN)/python -m tests.local_cluster images \
	&& $(BIN)/python -m tests.local_cluster images-load local && $(BIN)/python -m pytest -m cluster $(ARGS)

# Apart from test-cluster: the programs take a quarter of an hour to build. They stay in the running cluster.
.PHONY: test-addons
test-addons: cluster images images-load-local keda prometheus vpa karpenter $(VENV)/.dev  ## Test runs under the real KEDA, VPA and Karpenter on the local Kubernetes (root and Go)
	@$(BIN)/python -m pytest -m addon $(ARGS)

.PHONY: images-load-local
images-load-local: images
	@$(BIN)/python -m tests.local_cluster images-load local

# The figures are written down after every run; `make docs` then makes docs/fidelity.md of them.
.PHONY: fidelity
fidelity: $(VENV)/.dev  ## Measure how near the embedded cluster is to the local one (an hour; needs make cluster)
	@$(BIN)/python -m tests.fidelity $(ARGS)

.PHONY: whatif-validate
whatif-validate: $(VENV)/.dev  ## Predict runs, make them, print both (hours; ARGS='--repeat 1 --only spike' for some; CONTEXT=local)
	@$(BIN)/python -m tests.whatif_validate --context $(CONTEXT) $(ARGS)
