# `make` alone tells what there is.
.DEFAULT_GOAL := help
.PHONY: help run test lint bench screenshots i18n readme clean

ROOT := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
PYTHON ?= python3

IN_ROOT = @cd "$(ROOT)" &&
SETUP = $(IN_ROOT) "$(PYTHON)" -m scripts.setup
RUN = exec .state/venv/bin/python -m

help:
	@echo "make run          start Odoo with the addon, demo data and the Plinx sandbox"
	@echo "make test         run all tests; ARGS=\"-k word\" or ARGS=path/to/test_x.py"
	@echo "make lint         check style and correct it where possible; ARGS=name runs one"
	@echo "make bench        run every benchmark in bench/; ARGS=day runs bench_day.py"
	@echo "make screenshots  make the pictures of the guides; ARGS=--all for every state"
	@echo "make i18n         bring the translations in line with the addon's words"
	@echo "make readme       build the addon's README.rst from its fragments"
	@echo "make clean        stop what runs and remove all that was made (.state/)"
	@echo
	@echo "PORT=8069 chooses the port of make run, ODOO_PATH=folder an Odoo 19 of your"
	@echo "own, PGHOST and PGPORT a PostgreSQL of your own, PYTHON=python3.12 a Python."

run:
	$(SETUP) && $(RUN) scripts.run

test:
	$(SETUP) --browser && $(RUN) scripts.test $(ARGS)

lint:
	$(SETUP) && $(RUN) scripts.lint $(ARGS)

bench:
	$(SETUP) --browser && $(RUN) scripts.bench $(ARGS)

screenshots:
	$(SETUP) --browser && $(RUN) scripts.run .state/venv/bin/python -m scripts.screenshots $(ARGS)

i18n:
	$(SETUP) && $(RUN) scripts.i18n

readme:
	$(IN_ROOT) "$(PYTHON)" -m scripts.readme

clean:
	$(IN_ROOT) "$(PYTHON)" -m scripts.clean
