# What natmod.mk does otherwise for ARCH=xtensawin (ESP32, S2, S3) and ARCH=xtensa (ESP8266).
#
# No compiler of Espressif's is asked for: LLVM from version 22 on makes Xtensa code of the Rust
# crate, and Clang of the glue. The targets are our own, xtensa-windowed-none-elf.json and
# xtensa-call0-none-elf.json, as rustc's are not laid out as this LLVM wants it. The first has what
# ESP32, S2 and S3 have in common (S2: no loops, booleans, or S32C1I) and QEMU's cores too (no
# MULUH), the second what the ESP8266 has.
#
#   CLANG=clang-22              a Clang that knows Xtensa
#   XTENSA_INCLUDE=/usr/...     a C library's headers; those of Debian's picolibc-xtensa-lx106-elf

CLANG ?= clang-22
XTENSA_INCLUDE ?= /usr/lib/xtensa-lx106-elf/include

XTENSA_ABI_xtensawin = windowed
XTENSA_ABI_xtensa = call0
XTENSA_SPEC = mpy_glue/xtensa-$(XTENSA_ABI_$(ARCH))-none-elf.json
comma := ,
XTENSA_FEATURES = $(subst $(comma), ,$(shell sed -n 's/.*"features": "\(.*\)".*/\1/p' $(XTENSA_SPEC)))
# GCC defines the last by itself.
XTENSA_CFLAGS = --target=xtensa-none-elf -ffreestanding -isystem $(XTENSA_INCLUDE) \
	$(foreach feature,$(XTENSA_FEATURES),-Xclang -target-feature -Xclang $(feature)) \
	$(if $(filter xtensa,$(ARCH)),-D__XTENSA_CALL0_ABI__)

RUST_CC = $(CLANG) $(XTENSA_CFLAGS)
CFLAGS := $(filter-out -fpic -mforce-l32,$(CFLAGS)) $(XTENSA_CFLAGS) -fomit-frame-pointer
$(BUILD)/$(SRC:.c=.o): $(SRC) $(CONFIG_H) $(XTENSA_SPEC) mpy_glue/xtensa.mk
	$(ECHO) "CC $<"
	$(Q)$(CLANG) $(CFLAGS) -o $@ -c $<

# The ESP8266 reads instruction memory by whole words only, so that constants must not stand in it:
# mpy_ld does for xtensa what it does for xtensawin.
ifeq ($(ARCH),xtensa)
MPY_LD = $(PYTHON) -c 'import sys; sys.path.insert(0, "$(MPY_DIR)/tools"); import mpy_ld; \
	mpy_ld.ARCH_DATA["xtensa"].separate_rodata = True; mpy_ld.main()'
endif
