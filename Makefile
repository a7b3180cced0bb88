# 合花 on one machine. `make` lists what there is; each command sets up what it needs.

DATA ?= .data
PORT ?= 8000
HOST ?= 127.0.0.1
# pytest's arguments: make test ARGS="tests/ledger -k reverse"
ARGS ?=
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PY := $(VENV)/bin/python
CODE := wallet groups yields tests manage.py
# What the tools need who read the settings but no server.
NO_SERVERS := SECRET_KEY=none DATABASE_URL=postgresql://none@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0
# check --deploy reads the example of a production environment, so that the example stays right.
PRODUCTION := set -a; . docs/deploy/hehua.env.example; SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(60))')

.DEFAULT_GOAL := help
.PHONY: help setup run test lint types check proof bench bench-yield requirements openapi messages format clean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(PY)  ## the virtual environment .venv with all that is pinned in requirements.txt
	@cmp -s requirements.txt $(VENV)/installed.txt || { \
	  echo "Installing what requirements.txt pins …" && \
	  $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt && \
	  cp requirements.txt $(VENV)/installed.txt; }
	@$(PY) -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "hehua.pth").write_text(f"{pathlib.Path.cwd()}\n")'

$(PY):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed and none was found. Name it: make setup PYTHON=/path/to/python3.11"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is too old: Python 3.11 or later is needed (PYTHON=…)."; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2> /dev/null || { echo "$(PYTHON) cannot make virtual environments. On Debian: apt-get install python3-venv"; exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV)

run: setup  ## everything on this machine: servers, demo, API, worker (DATA=.data PORT=8000 HOST=127.0.0.1)
	@exec $(PY) -m wallet.config.run --data "$(DATA)" --host "$(HOST)" --port "$(PORT)"

test: setup  ## the tests, on servers of their own (ARGS=…)
	@exec $(PY) -m pytest -n 2 --dist worksteal $(ARGS)

lint: setup  ## ruff, bandit, the import rules
	@$(PY) -m ruff check $(CODE)
	@$(PY) -m ruff format --check $(CODE)
	@$(PY) -m bandit --quiet --configfile pyproject.toml --severity-level medium --recursive wallet groups yields
	@$(VENV)/bin/lint-imports

types: setup  ## mypy --strict
	@$(NO_SERVERS) $(PY) -m mypy --strict

check: setup  ## missing migrations, drift of the OpenAPI file, production settings
	@$(NO_SERVERS) $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@mkdir -p build && $(NO_SERVERS) $(PY) manage.py spectacular --lang en --validate --fail-on-warn --file build/openapi.yaml
	@diff -u tests/openapi.yaml build/openapi.yaml || { echo "tests/openapi.yaml is not what the code says: make openapi"; exit 1; }
	@$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

proof: setup  ## the long proofs: races, storms, kills
	@exec $(PY) -m pytest -m proof $(ARGS)

bench: setup  ## the speed table; prints it and writes build/bench/*.json
	@exec $(PY) -m tests.bench $(ARGS)

bench-yield: setup  ## one day's yield for 10,000, 100,000 and 1,000,000 wallets, beside the floor (about half an hour)
	@exec $(PY) -m tests.bench night $(ARGS)

requirements: setup  ## pin requirements.in anew, with hashes
	@$(VENV)/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements.in -o requirements.txt

openapi: setup  ## write tests/openapi.yaml from the code
	@$(NO_SERVERS) $(PY) manage.py spectacular --lang en --validate --fail-on-warn --file tests/openapi.yaml

messages: setup  ## collect the texts to translate, and compile the translations (needs gettext)
	@$(NO_SERVERS) $(PY) manage.py makemessages --locale zh_Hans --ignore '.venv/*' --ignore 'build/*' --no-location --no-obsolete
	@$(NO_SERVERS) $(PY) manage.py compilemessages --locale zh_Hans --ignore '.venv'

format: setup  ## let ruff format and fix
	@$(PY) -m ruff check --fix $(CODE)
	@$(PY) -m ruff format $(CODE)

clean:  ## remove what was built and the caches; .venv and the data stay
	@rm -rf build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find wallet groups yields tests -name __pycache__ -type d -prune -exec rm -rf {} +
