# Cortex-M4 with a single-precision FPU (armv7emsp).

QEMU_MACHINE = mps2-an386
CFLAGS += -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -DMICROPY_HW_MCU_NAME='"Cortex-M4F"'
MPY_CROSS_FLAGS += -march=armv7emsp

include $(BOARD_DIR)/../fpu.mk
