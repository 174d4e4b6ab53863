# Every habit of this project. `make help` lists them.
SHELL := /bin/bash
PY := .venv/bin/python
DEMO_HOME ?= .build/demo
export ETH_HASH_BACKEND = pysha3

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-contracts test-core test-ledger test-cli test-api test-web test-long lint format bench screenshots up kubo clean lock

help: ## list the habits
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | awk -F'|' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: .build/system.stamp .build/python.stamp .build/node.stamp .build/assets.stamp contracts/artifacts/.stamp ## install everything into .venv and node_modules, compile the contracts

.build/system.stamp: scripts/debian.sh
	@mkdir -p .build
	bash scripts/debian.sh
	@touch $@

.build/python.stamp: requirements-dev.txt pyproject.toml
	@mkdir -p .build
	@test -x $(PY) || python3 -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.build/node.stamp: package.json package-lock.json
	@mkdir -p .build
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.build/assets.stamp: .build/python.stamp .build/node.stamp scripts/assets.py
	$(PY) scripts/assets.py
	@touch $@

contracts/artifacts/.stamp: .build/python.stamp .build/node.stamp $(wildcard contracts/*.sol contracts/interfaces/*.sol contracts/libraries/*.sol) scripts/compile.py scripts/solc.js
	$(PY) scripts/compile.py
	@touch $@

demo: setup ## the whole story on real files, end to end
	@.venv/bin/assetcert --home $(DEMO_HOME) demo

up: setup ## start ledger, store and gateway on the embedded default
	@.venv/bin/assetcert up

test: setup lint ## what .ci/run runs: lint, then contracts, JavaScript and Python on two cores
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=line test-cli test-core test-web test-api test-ledger test-contracts

test-contracts: setup
	npx hardhat test
	npm run --silent forge
	node --test tests/js/*.test.mjs

test-core: setup
	$(PY) -m pytest tests/certifier tests/two_rivers

test-ledger: setup
	$(PY) -m pytest tests/ledger tests/gateway/credit

test-cli: setup
	$(PY) -m pytest tests/gateway --ignore tests/gateway/api --ignore tests/gateway/identity --ignore tests/gateway/jobs \
		--ignore tests/gateway/web --ignore tests/gateway/credit

test-api: setup
	$(PY) -m pytest tests/gateway/api tests/gateway/identity tests/gateway/jobs

test-web: setup
	$(PY) -m pytest tests/gateway/web

test-long: setup kubo ## the long part: run before an issue is called resolved
	npm run --silent coverage
	npm run --silent forge:long
	bash scripts/slither/run.sh
	$(PY) -m pytest -m long -rs --timeout 5400

lint: setup ## style, types, layers
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports

format: setup ## rewrite the style
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

bench: setup ## the figures of docs/benchmarks.md, each beside what it is compared with
	@.venv/bin/assetcert bench

screenshots: setup ## pictures of every page into docs/screenshots
	$(PY) -m scripts.screenshots

kubo: .build/kubo/ipfs ## build Kubo 0.43 from the Go module proxy into .build/kubo

.build/kubo/ipfs: scripts/kubo/build.sh
	bash scripts/kubo/build.sh
	@touch $@

lock: ## resolve the Python requirements again
	$(PY) -m piptools compile -q --generate-hashes --strip-extras --no-emit-index-url --no-emit-trusted-host --allow-unsafe --no-annotate -o requirements.txt requirements.in
	$(PY) -m piptools compile -q --generate-hashes --strip-extras --no-emit-index-url --no-emit-trusted-host --allow-unsafe --no-annotate -o requirements-dev.txt requirements-dev.in

clean: ## remove what was built
	rm -rf .build contracts/artifacts
