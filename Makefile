# make lab        open the notebooks in a browser
# make test       check everything
# make paced      run the notebooks as slowly as somebody who reads them; about seven minutes
# make notebooks  run the notebooks again and store what they show
# make bench      measure speed beside other tools
# make clean      remove what these commands made
#
# make lab PORT=8899 BROWSER=no       for a machine without a screen
# make notebooks NOTEBOOK=notebooks/00_eight_lines.ipynb
# make test PYTHON=python3.12         with the Python of your choice

FIRST := notebooks/00_eight_lines.ipynb
SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help lab test paced notebooks bench clean FORCE
unexport PYTHONPATH PYTHONHOME JUPYTER_PATH
export JUPYTER_PREFER_ENV_PATH := 1
export PIP_USER := 0

# ---- the Python to build with: the first that is new enough and can make a .venv

PYTHONS := $(or $(PYTHON),python3 python3.13 python3.12 python3.11)
PIP = .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input

define choose
for p in $(PYTHONS); do \
    "$$p" -c "import sys; sys.exit(sys.version_info < (3, 11))" || continue; \
    new=$$p; \
    "$$p" -c "import venv, ensurepip" && echo "$$p" && exit; \
done 2>/dev/null; \
echo "none $$new"
endef

none = $(if $(filter none,$(firstword $(CHOSEN))),$(if $(word 2,$(CHOSEN)),$(error $(no_venv)),$(error $(too_old))))
too_old = $(or $(PYTHON),python3) is not Python 3.11 or newer: \
install one and name it, as in "make lab PYTHON=python3.12"
no_venv = $(word 2,$(CHOSEN)) cannot make a virtual environment: \
install its venv module (on Debian and Ubuntu "apt install python3-venv") \
or name another Python, as in "make lab PYTHON=python3.12"

# ---- .venv: finished when its stamp is there; made again when it has moved, when its Python
# ---- is gone, or when PYTHON asks for another version

define stale
[ -d .venv ] || exit; \
version="import sys; print(*sys.version_info[:2])"; \
made=$$(cat .venv/made-for); \
is=$$(.venv/bin/python -c "$$version"; pwd); \
[ "$$made" = "$$is" ] || echo FORCE; \
[ -z "$(PYTHON)" ] || [ "$$($(PYTHON) -c "$$version"; pwd)" = "$$is" ] || echo FORCE
endef

ifneq ($(filter lab test paced notebooks bench .venv/%,$(MAKECMDGOALS)),)
STALE := $(firstword $(shell { $(stale); } 2>/dev/null))
endif

# One make at a time builds; one that had to wait looks afresh at what is left to do.
again = $(MAKE)
define alone
exec 9<Makefile; \
! command -v flock >/dev/null || flock -n 9 || { \
    echo "waiting: another make is setting up .venv"; \
    flock 9; exec 9<&-; exec $(again) -s --no-print-directory $@; \
}; \
set -e
endef

.venv/lab.stamp: requirements.txt pyproject.toml $(STALE)
	$(eval CHOSEN := $(shell $(choose)))$(none)
	@$(alone); \
	if [ -z "$(STALE)" ] && [ -f $@ ]; then echo "bringing .venv up to date"; \
	else echo "setting up .venv (about a minute, once)"; $(CHOSEN) -m venv --clear .venv; fi; \
	rm -f .venv/*.stamp; \
	$(PIP) -r requirements.txt; \
	mkdir -p .venv/etc/jupyter/labconfig; \
	echo '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}' \
	    > .venv/etc/jupyter/labconfig/page_config.json; \
	.venv/bin/python -c "import matplotlib.font_manager"; \
	{ .venv/bin/python -c "import sys; print(*sys.version_info[:2])"; pwd; } > .venv/made-for; \
	touch $@

.venv/test.stamp: .venv/lab.stamp tests/requirements.txt
	@$(alone); \
	echo "adding the developers' tools to .venv"; \
	rm -f $@; \
	$(PIP) -r requirements.txt -r tests/requirements.txt; \
	touch $@

# ---- what a reader or a developer asks for

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

lab: .venv/lab.stamp
	@PATH="$$(pwd)/.venv/bin:$$PATH" .venv/bin/python -m jupyterlab \
	    --log-level=WARN --ServerApp.ip=127.0.0.1 --LabApp.default_url=/lab/tree/$(FIRST) \
	    $(if $(PORT),--ServerApp.port=$(PORT) --ServerApp.port_retries=0) \
	    $(if $(filter no,$(BROWSER)),--no-browser) \
	    $(if $(filter 0,$(shell id -u)),--allow-root)

PYTEST := .venv/bin/python -m pytest -q -p tests.limits
NBVAL := -p tests.notebooks.plugin --nbval --nbval-current-env \
    --nbval-sanitize-with=tests/notebooks/sanitize.cfg --dist loadfile -rs

test: .venv/test.stamp
	@trap 'exit 130' INT; failed=; \
	part() { \
	    name=$$1; shift; echo; echo "== $$name"; "$$@" || failed="$$failed, $$name"; \
	}; \
	part "ruff format" .venv/bin/python -m ruff format --check .; \
	part "ruff check" .venv/bin/python -m ruff check --output-format=concise .; \
	part "mypy" .venv/bin/python -m mypy --strict helpers; \
	part "tests" $(PYTEST) -n 3 --dist loadgroup -p no:nbval -m "not bench" tests; \
	part "notebooks" $(PYTEST) -n 3 $(NBVAL) notebooks; \
	echo; \
	if [ -n "$$failed" ]; then echo "make test: failed: $${failed#, }"; exit 1; fi; \
	echo "make test: all five parts passed"

# All notebooks side by side: they mostly wait. PACED="--places=7" draws other long pauses.
paced: .venv/test.stamp
	@$(PYTEST) -n 8 $(NBVAL) -p tests.notebooks.pace $(PACED) notebooks

notebooks: .venv/lab.stamp
	@.venv/bin/python tests/notebooks/execute.py $(NOTEBOOK)

bench: .venv/test.stamp
	@.venv/bin/python -m tests.bench

clean:
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache build *.egg-info
	@find . -name .git -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) \
	    -prune -exec rm -rf {} +
