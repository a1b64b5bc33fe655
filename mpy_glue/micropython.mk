# SaguarOTA as a user C module of a firmware that is built by make (unix, stm32, qemu, ...):
#
#   make -C ports/stm32 BOARD=... USER_C_MODULES=/path/to/this/repository FROZEN_MANIFEST=...
#
# See docs/FIRMWARE.md. The Rust core is built for the machine that the port compiles for.

SAGUAROTA_DIR := $(USERMOD_DIR)

SRC_USERMOD += $(SAGUAROTA_DIR)/glue.c
# The names that glue.c gives to Python stand in here.
QSTR_GLOBAL_DEPENDENCIES += $(SAGUAROTA_DIR)/module.h
CFLAGS_USERMOD += -DSAGUAROTA_VERSION='$(shell \
    sed -n 's/^__version__ = //p' $(SAGUAROTA_DIR)/../python/saguarota/version.py)'

# `defect`, for a test: see Cargo.toml.
SAGUAROTA_FEATURES ?=
CFLAGS_USERMOD += $(SAGUAROTA_FEATURES:defect=-DSAGUAROTA_DEFECT=1)

# An object among the port's own, not an archive: some ports put LDFLAGS before the objects.
PY_O += $(BUILD)/saguarota.o

.PHONY: saguarota_rust
$(BUILD)/saguarota.o: saguarota_rust
	$(Q)CC="$(CC) $(filter -m% -specs=% --specs=%,$(CFLAGS))" MPY_DIR=$(abspath $(TOP)) \
		FEATURES="$(SAGUAROTA_FEATURES)" $(SAGUAROTA_DIR)/rust.sh $@.new
	$(Q)if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
