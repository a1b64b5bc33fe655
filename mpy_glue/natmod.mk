# Builds the native module `_saguarota.mpy` for one architecture; run from the top of the
# repository:
#
#   make -f mpy_glue/natmod.mk ARCH=x64 MPY_DIR=... BUILD=build/natmod/x64 PYTHON=...
#
# MPY_DIR is MicroPython's source, an absolute path; PYTHON has pyelftools. The result is
# $(BUILD)/_saguarota.mpy.

.DEFAULT_GOAL := natmod

MOD = _saguarota
SRC = mpy_glue/glue.c
SRC_O = $(BUILD)/rust.o

CARGO ?= cargo
CARGO_TARGET_DIR ?= build/target
RUST_LIB = $(CARGO_TARGET_DIR)/release/libsaguarota.a

include $(MPY_DIR)/py/dynruntime.mk

.PHONY: natmod
natmod: $(BUILD)/$(MOD).mpy

$(BUILD)/$(MOD).mpy: $(BUILD)/$(MOD).native.mpy
	$(Q)cp $< $@

# Cargo knows what has changed; its archive keeps its time stamp where nothing has.
.PHONY: FORCE
$(RUST_LIB): $(CONFIG_H) FORCE
	$(Q)MICROPYTHON_DIR=$(MPY_DIR) MICROPYTHON_CONFIG=$(abspath $(CONFIG_H)) \
		CARGO_TARGET_DIR=$(CARGO_TARGET_DIR) \
		$(CARGO) rustc --locked --release --lib --crate-type staticlib --features micropython

# One object with what the glue calls and no more: given the archive, mpy_ld would take all of core.
$(BUILD)/rust.o: $(RUST_LIB)
	$(ECHO) "LD $@"
	$(Q)$(CROSS)ld -r --gc-sections -o $@ $< \
		$$(sed -n 's/^mp_obj_t \(saguarota_[a-z_]*\)(.*);$$/-u \1/p' $(SRC))
