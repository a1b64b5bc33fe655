# Builds the native module `_saguarota.mpy` for one architecture; run from the top of the
# repository:
#
#   make -f mpy_glue/natmod.mk ARCH=x64 MPY_DIR=... BUILD=build/natmod/x64 PYTHON=...
#
# MPY_DIR is MicroPython's source, an absolute path; PYTHON has pyelftools; FEATURES, of the crate, may be
# `defect`, for a test. The result is $(BUILD)/_saguarota.mpy.

.DEFAULT_GOAL := natmod

MOD = _saguarota
SRC = mpy_glue/glue.c
HEADERS = mpy_glue/module.h mpy_glue/prototypes.h $(FEATURES:%=mpy_glue/%.h)
# One object, C and Rust together, is all that mpy_ld gets: it would take the whole of an archive.
override SRC_O = $(BUILD)/module.o
VERSION = $(shell sed -n 's/^__version__ = //p' python/saguarota/version.py)
CFLAGS_EXTRA += -DSAGUAROTA_VERSION='$(VERSION)' -ffunction-sections -fdata-sections
CFLAGS_EXTRA += $(FEATURES:defect=-DSAGUAROTA_DEFECT=1)
# What the Rust core is built for: see rust.sh.
RUST_CC = $(CROSS)gcc $(CFLAGS_ARCH)

include $(MPY_DIR)/py/dynruntime.mk
ifneq ($(filter xtensa%,$(ARCH)),)
include mpy_glue/xtensa.mk
endif

.PHONY: natmod
natmod: $(BUILD)/$(MOD).mpy

$(BUILD)/$(MOD).mpy: $(BUILD)/$(MOD).native.mpy
	$(Q)cp $< $@

# mpy_ld looks for names in what this is made of.
$(CONFIG_H): $(HEADERS)
$(BUILD)/$(SRC:.c=.o): $(HEADERS) | $(BUILD)/$(dir $(SRC))
$(BUILD)/$(dir $(SRC)):
	$(Q)mkdir -p $@

# Cargo knows what has changed; an object that is the same as before stays.
.PHONY: FORCE
$(BUILD)/module.o: $(BUILD)/$(SRC:.c=.o) FORCE
	$(Q)CC="$(RUST_CC)" MPY_DIR=$(MPY_DIR) FEATURES="$(FEATURES)" \
		mpy_glue/rust.sh $@.new $<
	$(Q)if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
