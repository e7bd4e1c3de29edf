# make lab        open your copies of the notebooks, in work/, in a browser
# make test       check the set, one case of each kind; make soak adds further cases and the long tests
# make soak       check all of that too, as often as you like: python -m tests.soak --help
# make paced      run the notebooks as slowly as somebody who reads them; about seven minutes
# make notebooks  run the notebooks again and store what they show
# make handout    what to keep of each notebook, as PDF, a page each: build/handouts
# make book       the set as a web site, from what is stored: build/book
# make guide      what teachers use, from the notebooks' texts: notebooks/teaching
# make slides     a deck of each notebook for a class of fifty minutes: build/slides
# make bench      measure speed beside other tools
# make kernels    run the notebooks on other Linux kernels; as root, an hour and more
# make mutants    put wrongs into the code, one at a time, and see whether something notices each
# make clean      remove what these commands made, but for work/
#
# make lab PORT=8899 BROWSER=no       for a machine without a screen
# make lab OUTPUTS=yes                open the notebooks as they were run, with every answer
# make lab PROGRESS=no                do not remember in work/progress.jsonl what was predicted
# make lab LOCKED=1                   the very packages of requirements.lock, by their hashes
# make test ONLY=04                   one notebook, and the tests of its room
# make soak ROUNDS=5 BUSY=16          beside so many busy loops; SOAK=short for four minutes at most
# make notebooks NOTEBOOK=notebooks/00_eight_lines.ipynb
# make kernels KERNELS="6.1" NOTEBOOKS="04 05" JOBS=2
# make test PYTHON=python3.12         with the Python of your choice

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help lab test soak paced notebooks handout book guide slides bench mutants kernels clean FORCE
unexport PYTHONPATH PYTHONHOME JUPYTER_PATH
export JUPYTER_PREFER_ENV_PATH := 1
export PIP_USER := 0
# Compiled code is kept in .venv, also where none is to be written beside its source: without it
# every kernel and every process of the tests compiles all it imports.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/compiled
RUN := .venv/bin/python -m
PIP := $(RUN) pip install -qq --disable-pip-version-check --no-input

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

# ---- .venv: finished when its stamp is there; made again when it was made for another place or
# ---- Python, or its own is gone. One make at a time builds.

here = -c 'import os, sys; print(*sys.version_info[:2], os.getcwd())'
fresh = is=$$(.venv/bin/python $(here)) && [ "$$is" = "$$(cat .venv/made-for)" ] && \
    [ "$$is" = "$$($(or $(PYTHON),.venv/bin/python) $(here))" ]
alone = exec 9<Makefile; ! command -v flock >/dev/null || flock -n 9 || \
    { echo "waiting: another make is setting up .venv"; flock 9; }; set -e
STALE := $(shell { [ ! -d .venv ] || { $(fresh); } || echo FORCE; } 2>/dev/null)
# With LOCKED=1 an environment that was made without it is brought to the lock, and not the reverse.
LOCKED_BY := $(if $(LOCKED),requirements.lock $(if $(wildcard .venv/locked),,FORCE))
REQUIRED = $(if $(LOCKED),--require-hashes -r requirements.lock,-r requirements.txt)

.venv/lab.stamp: requirements.txt pyproject.toml $(LOCKED_BY) $(STALE)
	@$(alone); new=; \
	if { $(fresh); } 2>/dev/null; then echo "bringing .venv up to date"; else \
	    [ ! -d .venv ] || echo ".venv was made for another place or another Python"; \
	    for p in $(or $(PYTHON),python3 python3.13 python3.12 python3.11) ""; do \
	        "$$p" -c "import sys; sys.exit(sys.version_info < (3, 11))" && new=$$p || continue; \
	        ! "$$p" -c "import venv, ensurepip" || break; \
	    done 2>/dev/null; \
	    [ "$$new" ] || { echo "$(or $(PYTHON),python3) is not Python 3.11 or newer:" \
	        'install one and name it, as in "make lab PYTHON=python3.12"'; exit 1; }; \
	    [ "$$p" ] || { echo "$$new cannot make a virtual environment: install its venv module" \
	        '(on Debian and Ubuntu "apt install python3-venv"), or name another Python'; exit 1; }; \
	    echo "setting up .venv (about a minute, once)"; \
	    $$p -m venv --clear .venv; .venv/bin/python $(here) >.venv/made-for; \
	fi; \
	rm -f .venv/*.stamp .venv/locked; $(PIP) $(REQUIRED); $(if $(LOCKED),touch .venv/locked; \
	    $(PIP) --no-deps --no-build-isolation -e .;) mkdir -p .venv/etc/jupyter/labconfig; \
	echo '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}' \
	    >.venv/etc/jupyter/labconfig/page_config.json; \
	.venv/bin/python -c "import matplotlib.font_manager"; touch $@

.venv/test.stamp: .venv/lab.stamp tests/requirements.txt
	@$(alone); echo "adding the developers' tools to .venv"; $(PIP) -r tests/requirements.txt; touch $@

# ---- what a reader or a developer asks for

PROGRESS ?= yes
AT := $(if $(filter yes,$(OUTPUTS)),notebooks,work)
REMEMBER := $(if $(filter work,$(AT)),$(if $(filter-out no,$(PROGRESS)),$$PWD/work/progress.jsonl))

lab: .venv/lab.stamp
	@$(if $(filter work,$(AT)),$(RUN) helpers.learning.desk work)
	@export PATH="$$PWD/.venv/bin:$$PATH" TCP_LAB_BARS="$${TCP_LAB_BARS-1}" \
	    TCP_LAB_PROGRESS="$${TCP_LAB_PROGRESS-$(REMEMBER)}"; \
	    $(RUN) jupyterlab --log-level=WARN --ServerApp.ip=127.0.0.1 \
	    --LabApp.default_url=/lab/tree/$(AT)/00_eight_lines.ipynb \
	    $(if $(PORT),--ServerApp.port=$(PORT) --ServerApp.port_retries=0) \
	    $(if $(filter no,$(BROWSER)),--no-browser) $(if $(filter 0,$(shell id -u)),--allow-root)

# Also in a terminal of make lab: tests are no reader, and what they show must not depend on one.
test soak paced notebooks bench mutants: export TCP_LAB_PROGRESS :=
test soak paced notebooks bench mutants: export TCP_LAB_BARS :=

test: .venv/test.stamp
	@$(RUN) tests $(ONLY)

soak: .venv/test.stamp
	@$(RUN) tests.soak $(ROUNDS:%=--rounds=%) $(BUSY:%=--busy=%) $(SOAK:%=--%)

# All notebooks side by side: they mostly wait. PACED="--places=7" draws other long pauses.
paced: .venv/test.stamp
	@$(RUN) tests paced $(PACED)

notebooks: .venv/lab.stamp
	@.venv/bin/python tests/notebooks/execute.py $(NOTEBOOK)
	@$(RUN) helpers.publish.glossary
	@$(RUN) helpers.publish.slides --mark
	@$(RUN) helpers.publish.guide
	@$(RUN) helpers.publish.gift

handout: .venv/lab.stamp
	@$(RUN) helpers.publish.handout $(ONLY)

book: .venv/test.stamp
	@$(RUN) helpers.publish.book

guide: .venv/lab.stamp
	@$(RUN) helpers.publish.guide
	@$(RUN) helpers.publish.gift

slides: .venv/lab.stamp
	@$(RUN) helpers.publish.slides $(ONLY)

bench: .venv/test.stamp
	@$(RUN) tests.bench

kernels: .venv/test.stamp
	@$(RUN) tests.kernels $(if $(KERNELS),--kernel $(KERNELS)) $(if $(NOTEBOOKS),--notebook $(NOTEBOOKS)) $(JOBS:%=--jobs=%)

# About twenty minutes. ONLY=backlog plays those of one room.
mutants: .venv/test.stamp
	@$(RUN) tests.mutants $(ONLY)

clean:
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache build *.egg-info
	@find . \( -name .git -o -path ./work \) -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +
