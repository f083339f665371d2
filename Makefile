# Everything a person or CI needs; `make help` tells what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up

.PHONY: help run test test-opencv4 check bench bench-faces bench-sim soak-disk release wiring enclosure pi-check pi-boot pi-card pi-manifest setup format clean
.DEFAULT_GOAL := help

help:
	@echo "make run     a simulated visit, end to end; writes out/"
	@echo "make test    all tests"
	@echo "make check   ruff, mypy, import rules"
	@echo "make bench   figures, as ratios to a floor measured in the same run"
	@echo "make bench-faces  does the filter miss anybody; DATA=folder adds photographs and footage"
	@echo "make bench-sim  figures of the simulator, with goals; takes five minutes"
	@echo "make soak-disk  a million power cuts; IMAGES=n for another number"
	@echo "make release  sign releases for others: docs/updates.md; ARGS are its arguments"
	@echo "make wiring  judge hardware/wiring.toml, and draw it"
	@echo "make enclosure  the case, to print and to look at; writes out/enclosure/ (needs openscad, xvfb)"
	@echo "make pi-check  what can be shown of a Pi without one: tests and a visit on an emulated Cortex-A53"
	@echo "make pi-card  the files for a Raspberry Pi's SD card: hardware/FLASH.md"
	@echo "make pi-manifest  a list for Raspberry Pi Imager; OS_LIST=file, as downloaded"
	@echo "make pi-boot  a first boot on an emulated board of 512 MB, up to a sealed clip; takes a quarter of an hour, as root"
	@echo "make setup   what the others call first: .venv and the face detector"
	@echo "make clean   remove what these made"

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "latchkey: error: python3 3.11 or newer is needed" >&2; \
	    echo "latchkey: hint: apt install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "latchkey: error: python3 lacks venv" >&2; \
	    echo "latchkey: hint: apt install python3-venv" >&2; exit 1; }
	@command -v git >/dev/null || \
	  echo "latchkey: hint: git is missing, updates are fetched with it: apt install git" >&2
	@echo "setting up $(VENV): downloads about 230 MB, takes about 750 MB of disk, and half a minute on a fast line"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --progress-bar on \
	  -c constraints.txt -e '.[dev]'
	@$(BIN)/latchkey models install centerface || \
	  echo "latchkey: hint: without a detector everything that moves is covered; try again: make setup" >&2
	@touch $@

run: setup
	@$(BIN)/latchkey demo

test: setup
	@$(BIN)/python -m pytest -n 2 --dist worksteal

# The same tests on the oldest OpenCV that is supported, with onnxruntime beside it, in an environment of their
# own, but for those of parts that use none of it.
test-opencv4: setup
	@test -x $(VENV)-opencv4/bin/pytest || { $(PYTHON) -m venv $(VENV)-opencv4 && \
	  grep -v opencv constraints.txt > $(VENV)-opencv4/constraints.txt && \
	  $(VENV)-opencv4/bin/python -m pip install --disable-pip-version-check --quiet \
	  -c $(VENV)-opencv4/constraints.txt -e '.[dev,fast]' 'opencv-python-headless==4.10.0.84'; }
	@$(VENV)-opencv4/bin/latchkey models install centerface
	@$(VENV)-opencv4/bin/python -m pytest -n 2 --dist worksteal tests/unit tests/contract tests/sim \
	  --ignore tests/unit/card --ignore tests/unit/clip --ignore tests/unit/doctor --ignore tests/unit/firstboot \
	  --ignore tests/unit/owner --ignore tests/unit/retention --ignore tests/unit/sides --ignore tests/unit/update \
	  --ignore tests/unit/wiring --ignore tests/sim/test_outage.py --ignore tests/sim/test_kill.py \
	  --ignore tests/sim/house --ignore tests/sim/simulate --ignore tests/sim/plugin

check: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy device sim hardware tests
	@$(BIN)/lint-imports --no-logo

bench: setup
	@$(BIN)/python -m pytest -m bench -q -s tests/bench

# DATA holds faces/boxes.json, faces/images and video; ARGS are further arguments.
bench-faces: setup
	@$(BIN)/latchkey bench-faces $(if $(DATA),--data $(DATA)) $(ARGS)

# ARGS are parts of it: soak, day, doors, memory, scenes, repeats.
bench-sim: setup
	@$(BIN)/python -m latchkey_sim.house.bench $(ARGS)

# ARGS are further arguments, like --path clip.
soak-disk: setup
	@$(BIN)/python -m latchkey_sim.soakdisk $(if $(IMAGES),--images $(IMAGES)) $(ARGS)

# ARGS are an action and its arguments, like 'check ~/repo'.
release: setup
	@PYTHONPATH=hardware/release $(BIN)/python -m latchkey_release $(or $(ARGS),--help)

wiring: setup
	@$(BIN)/python -m latchkey_pi.wiring hardware/wiring.toml --into hardware

enclosure: setup
	@hardware/enclosure/render out/enclosure
	@$(BIN)/python -m latchkey_pi.wiring.casedrawing out/enclosure/in-place hardware/pictures/case.svg

# ARGS are further arguments, like --folder.
pi-check: setup
	@$(BIN)/python -m emulation.check $(ARGS)

# ARGS are further arguments, like '--into /media/me/bootfs'; CHECK=folder judges a card instead.
pi-card: setup
	@PYTHONPATH=hardware/image:hardware/release $(BIN)/python -m latchkey_card $(if $(CHECK),check $(CHECK),card $(ARGS))

pi-manifest: setup
	@PYTHONPATH=hardware/image:hardware/release $(BIN)/python -m latchkey_card manifest $(or $(OS_LIST),OS_LIST-is-missing) $(ARGS)
# ARGS are further arguments, like --cut.
pi-boot: setup
	@PYTHONPATH=hardware:hardware/image:hardware/release $(BIN)/python -m emulation.boot $(ARGS)

format: setup
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) $(VENV)-opencv4 .pi out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
