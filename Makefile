# Two commands matter: make report, make test. Each sets itself up (.venv) once.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help report test test-browser test-slow fuzz lint audit format data experiments bench freeze status quarto clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

report: $(VENV)/.report ## render the site, the PDF and the notebook into _output/
	@$(PY) -m tp1 weave --check >/dev/null 2>&1 || $(MAKE) --no-print-directory $(VENV)/.all
	@if command -v quarto >/dev/null; then \
	  echo "report: with Quarto $$(quarto --version)"; QUARTO_PYTHON=$(CURDIR)/$(PY) quarto render; \
	else \
	  echo "report: with the built-in renderer (Quarto is not on PATH)"; $(PY) -m tp1 weave; \
	fi

test: $(VENV)/.all ## run the tests (under 3 minutes on 2 cores)
	$(PY) -m pytest -m "not slow and not browser and not fuzz" -n auto --dist loadfile

test-browser: $(VENV)/.all ## open every page and explorer in Chromium, cut off from the network
	$(PY) -m pytest -m "browser and not slow" -n auto --dist loadfile

test-slow: $(VENV)/.all ## run the tests that take longer
	$(PY) -m pytest -m slow

fuzz: $(VENV)/.all ## try malformed input of every kind: it is answered rightly or refused with a reason
	$(PY) -m pytest -m fuzz -n auto --dist loadfile

lint: $(VENV)/.all ## check format, lint and types
	$(PY) -m ruff format --check
	$(PY) -m ruff check
	$(PY) -m mypy

audit: $(VENV)-audit/.done ## look for known vulnerabilities of pinned packages, and for secrets in every commit
	$(VENV)-audit/bin/python .ci/audit.py $(if $(STRICT),--strict)

format: $(VENV)/.all ## format the code, mend what lint can mend
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

data: $(VENV)/.all ## fetch Fashion-MNIST into data/, or take it from a folder: make data FROM=folder
	$(PY) -m tp1 data $(if $(FROM),--from '$(FROM)')

freeze: $(VENV)/.all ## execute again the chapters whose text, code or results have changed
	$(PY) -m tp1 weave --refresh

status: $(VENV)/.all ## say which results and chapters are fresh, stale or missing
	$(PY) -m tp1 status

experiments: $(VENV)/.all ## train what results/ lacks or what other code made (needs the data)
	$(PY) -m tp1 run part2
	$(PY) -m tp1 run part3

bench: $(VENV)/.bench ## time against the peers; results in benchmarks/results/
	$(PY) benchmarks/bayes_queries.py
	$(PY) -m benchmarks.softmax_search
	$(PY) -m benchmarks.mlp_steps

quarto: $(VENV)/.report ## install Quarto into .venv, where the network allows it
	$(PY) -m pip install quarto-cli==1.10.19

clean: ## remove what can be made again, but not .venv, .venv-audit nor data/
	rm -rf _output _output.new _output.old .quarto
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# Rendering from the frozen results needs pandoc and typst, and neither PyTorch nor a kernel.
$(VENV)/.report: requirements-report.txt constraints.txt pyproject.toml
	@echo "set-up: $(VENV) with what rendering needs (once, under a minute)"
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "set-up: $(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(PY) -m pip install --quiet -r requirements-report.txt
	@$(PY) -m pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.all: $(VENV)/.report requirements.txt
	@echo "set-up: PyTorch, Jupyter and the tests' libraries (once, a few minutes, 5 GB)"
	@$(PY) -m pip install --quiet -r requirements.txt
	@touch $@

$(VENV)-audit/.done: requirements-audit.txt
	@echo "set-up: $(VENV)-audit with what audits (once, under a minute)"
	@test -x $(VENV)-audit/bin/python || $(PYTHON) -m venv $(VENV)-audit
	@$(VENV)-audit/bin/python -m pip install --quiet -r requirements-audit.txt
	@touch $@

$(VENV)/.bench: $(VENV)/.all requirements-bench.txt
	@echo "set-up: the peers of the benchmarks, JAX among them (once, under a minute)"
	@$(PY) -m pip install --quiet -r requirements-bench.txt
	@touch $@
