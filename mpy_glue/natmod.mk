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
# One object, C and Rust together, is all that mpy_ld gets: it would take the whole of an archive.
override SRC_O = $(BUILD)/module.o

CARGO ?= cargo
CARGO_TARGET_DIR ?= build/target

# Rust's name for each of MicroPython's architectures; the host's own needs none.
RUST_TARGET_x86 = i686-unknown-linux-gnu
RUST_TARGET_armv6m = thumbv6m-none-eabi
RUST_TARGET_armv7m = thumbv7m-none-eabi
RUST_TARGET_armv7emsp = thumbv7em-none-eabihf
RUST_TARGET_armv7emdp = thumbv7em-none-eabihf
RUST_TARGET_rv32imc = riscv32imc-unknown-none-elf
# What the linker does not take by itself.
LD_MODE_x86 = -m elf_i386
LD_MODE_rv32imc = -m elf32lriscv
RUST_TARGET = $(RUST_TARGET_$(ARCH))
RUST_LIB = $(CARGO_TARGET_DIR)/$(RUST_TARGET)/release/libsaguarota.a

include $(MPY_DIR)/py/dynruntime.mk

.PHONY: natmod
natmod: $(BUILD)/$(MOD).mpy

$(BUILD)/$(MOD).mpy: $(BUILD)/$(MOD).native.mpy
	$(Q)cp $< $@

# Cargo knows what has changed; its archive keeps its time stamp where nothing has.
.PHONY: FORCE
$(RUST_LIB): $(CONFIG_H) FORCE
	$(Q)MICROPYTHON_DIR=$(MPY_DIR) MICROPYTHON_CONFIG=$(abspath $(CONFIG_H)) \
		CARGO_TARGET_DIR=$(CARGO_TARGET_DIR) TARGET_CC=$(CROSS)gcc TARGET_CFLAGS="$(CFLAGS_ARCH)" \
		$(CARGO) rustc --locked --release --lib --crate-type staticlib --features micropython \
		$(addprefix --target ,$(RUST_TARGET)) -- -C relocation-model=pic

# What nothing calls is dropped. The glue comes first, so that its memory functions are taken and not
# those that Rust's core brings for targets without a C library.
$(BUILD)/module.o: $(BUILD)/$(SRC:.c=.o) $(RUST_LIB)
	$(ECHO) "LD $@"
	$(Q)$(CROSS)ld $(LD_MODE_$(ARCH)) -r --gc-sections -e mpy_init -o $@ $^
