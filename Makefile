# SaguarOTA: `make` alone lists what there is. Everything made stands in build/ and dist/; a step that
# is done is not done again.
#
#   ARCHS="x64 ..."  the architectures that `make dist` makes folders for, as MicroPython names them
#   DIST_URL=...     where dist/ will be served from, for the package.json of an older mip
#   MPY_DIR=/path    a MicroPython source tree (1.23 or newer) to use instead of fetching one
#   PYTHON=python3   the interpreter that build/venv is made from
#   PYTEST_ARGS=...  more arguments for pytest
#   POWER_ARGS=...   arguments for tests/power, e.g. "--file-system fat --scenario revert"

ARCHS ?= x64 x86 armv6m armv7m armv7emsp armv7emdp rv32imc xtensa xtensawin
DIST_URL ?=
PYTHON ?= python3
CARGO ?= cargo
PYTEST_ARGS ?=
POWER_ARGS ?=

# The .mpy version that the native code is for: part of the folder's name, checked against mpy-cross.
MPY_ABI := 6.3

VENV := build/venv/bin/python
MPY_SRC := $(CURDIR)/build/micropython
MPY_CROSS := build/bin/mpy-cross
# What this machine itself runs.
HOST := dist/x64_$(MPY_ABI)/package.json build/plain/_saguarota.mpy
# The device's half of the package, the same for each architecture: see tools/pack.py.
PACKAGE := $(wildcard python/saguarota/*.py) python/packed/__init__.py tools/pack.py
SCRIPTS := .ci/run $(wildcard tools/*.sh mpy_glue/*.sh)
C_SOURCES := $(wildcard mpy_glue/*.[ch] tests/*/*/*.[ch])
# The build of the unix port that tests run on.
PORT := tools/build_micropython.sh $(wildcard tests/unix/gil/*)
STEP := tools/step.sh
# Many a test waits for a timeout: with two processes a core, another one has the core then.
ON_ALL_CORES := -n $$(( 2 * $$(nproc) )) --dist worksteal

# A fresh rustup's folder may not be on the PATH yet.
export PATH := $(PATH):$(HOME)/.cargo/bin
export PYTHON
# Nothing is written outside the repository: downloads, caches and bytecode go to build/ as well.
export CARGO_HOME ?= $(CURDIR)/build/cargo
export CARGO_TARGET_DIR ?= $(CURDIR)/build/target
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/pycache
export RUFF_CACHE_DIR := $(CURDIR)/build/ruff
export TMPDIR := $(CURDIR)/build/tmp
# At each start: whoever tidies up temporary files may take the folder, too.
$(shell mkdir -p $(TMPDIR))
# bindgen's libclang comes from the virtual environment.
export LIBCLANG_PATH ?= $(CURDIR)/build/venv/libclang

.DELETE_ON_ERROR:
.PHONY: help setup demo test test-firmware power bench dist firmware lint fmt update clean FORCE

help: ## list the targets
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 17

setup: build/venv/.stamp build/bin/.stamp ## get all that the build needs: tools, Python packages, MicroPython

demo: setup $(HOST) ## update a device over HTTP, then roll a broken release back
	$(VENV) examples/demo.py

test: setup build/bin/.old $(HOST) build/stamp/servers ## run every test: Rust, then the devices and the server
	@echo "==> the Rust tests: about 1 min the first time, for the crates"
	$(CARGO) test --locked
	@echo "==> the tests on MicroPython and of the host side"
	$(VENV) -m pytest $(ON_ALL_CORES) tests $(PYTEST_ARGS)

test-firmware: setup build/stamp/firmware dist firmware ## run the tests on emulated boards, and with SaguarOTA as part of a firmware
	@echo "==> the tests on emulated boards: some 300 MB of firmwares, the first time about 4 min more"
	$(VENV) -m pytest tests/firmware $(PYTEST_ARGS)
	@echo "==> the tests on MicroPython's unix port with SaguarOTA in it"
	$(VENV) -m pytest $(ON_ALL_CORES) tests/unix --frozen $(PYTEST_ARGS)

power: setup $(HOST) ## cut the power at every write, and kill the device at random: POWER_ARGS=... chooses
	$(VENV) tests/power $(POWER_ARGS)

bench: setup $(HOST) build/stamp/firmware dist/armv7m_$(MPY_ABI)/package.json ## measure memory, time and size beside plain MicroPython
	$(VENV) benches/run.py

dist: setup build/stamp/cross $(ARCHS:%=dist/%_$(MPY_ABI)/package.json) ## make dist/ARCH_ABI for each architecture: what a user copies to the device's lib/
	@cd dist && find $(ARCHS:%=%_$(MPY_ABI)) -type f | LC_ALL=C sort | xargs sha256sum >SHA256SUMS

firmware: setup build/stamp/firmware ## build MicroPython with SaguarOTA in it, for the unix port and two emulated boards
	tools/build_firmware.sh unix MPS2_AN385 VIRT_RV32

lint: setup build/stamp/lint ## check form and common mistakes in every language
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	MICROPYTHON_DIR=$(MPY_SRC) $(CARGO) clippy --locked --lib --features micropython -- -D warnings
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	build/venv/bin/clang-format --dry-run -Werror $(C_SOURCES)
	set -e; for script in $(SCRIPTS); do bash -n $$script; done
	if [ -x build/venv/bin/shellcheck ]; then build/venv/bin/shellcheck $(SCRIPTS); fi

fmt: setup build/stamp/lint ## put every file into the form that lint wants
	$(CARGO) fmt --all
	$(VENV) -m ruff check --fix-only .
	$(VENV) -m ruff format .
	build/venv/bin/clang-format -i $(C_SOURCES)

update: build/stamp/tools ## move Cargo.lock and tools/requirements.txt to the newest allowed versions
	tools/update.sh

clean: ## remove all that was made, downloads too
	rm -rf build dist

# Set-up. The stamps say what was done; each one is redone when what it was made from changes.

build/stamp/tools: tools/setup.sh
	@mkdir -p $(@D)
	@tools/setup.sh tools
	@touch $@

build/stamp/lint: tools/setup.sh | build/stamp/tools
	@tools/setup.sh lint
	@touch $@

build/stamp/cross build/stamp/firmware: tools/setup.sh | build/stamp/tools
	@tools/setup.sh $(@F)
	@touch $@

# Where there is no server to be had, the tests say what they skip, and the next run looks again.
build/stamp/servers: tools/setup.sh | build/stamp/tools
	@! tools/setup.sh servers || touch $@

build/venv/.stamp: tools/requirements.txt | build/stamp/tools
	@tools/setup.sh venv
	@touch $@

# Changes only when another MPY_DIR is named, or when a file in it changes.
build/stamp/origin: FORCE
	@mkdir -p $(@D)
	@MPY_DIR='$(abspath $(MPY_DIR))' tools/fetch_micropython.sh origin >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

build/stamp/source: build/stamp/origin tools/fetch_micropython.sh | build/stamp/tools
	@MPY_DIR='$(abspath $(MPY_DIR))' tools/fetch_micropython.sh
	@touch $@

build/bin/.stamp: build/stamp/source $(PORT)
	@$(STEP) micropython "building mpy-cross and MicroPython's unix port, about 30 s" \
	    tools/build_micropython.sh
	@$(MPY_CROSS) --version | grep -q 'mpy v$(MPY_ABI)$$' || \
	    { echo "this MicroPython's .mpy files are not of version $(MPY_ABI)" >&2; exit 1; }
	@touch $@

build/bin/.old: build/bin/.stamp
	@$(STEP) micropython-old "building the unix port as old as 1.23, about 20 s" \
	    tools/build_micropython.sh old
	@touch $@

# The native module has a makefile of its own, which knows what is out of date.
.PRECIOUS: build/natmod/%/_saguarota.mpy
build/natmod/%/_saguarota.mpy: FORCE | setup
	@mkdir -p $(@D)
	@[ -f $@ ] || echo "==> compiling the native module for $*, up to 30 s"
	@$(MAKE) --no-print-directory -f mpy_glue/natmod.mk ARCH=$* BUILD=build/natmod/$* \
	    MPY_DIR=$(MPY_SRC) MPY_CROSS=$(CURDIR)/$(MPY_CROSS) PYTHON=$(CURDIR)/$(VENV) \
	    CARGO="$(CARGO)"

build/package/.stamp: $(PACKAGE) build/bin/.stamp build/venv/.stamp
	@$(VENV) tools/pack.py $(MPY_CROSS) build/package build/plain
	@touch $@

dist/%_$(MPY_ABI)/package.json: build/natmod/%/_saguarota.mpy build/package/.stamp tools/make_dist.py
	@$(VENV) tools/make_dist.py $(@D) $< build/package/saguarota \
	    $(addprefix --url ,$(DIST_URL:%=%/$*_$(MPY_ABI)))

# The modules one by one, under their own names: for tests and benches of their insides.
build/plain/_saguarota.mpy: build/natmod/x64/_saguarota.mpy build/package/.stamp
	cp $< $@
