# Cortex-M7 with a double-precision FPU (armv7emdp).

QEMU_MACHINE = mps2-an500
CFLAGS += -mcpu=cortex-m7 -mfpu=fpv5-d16 -DMICROPY_HW_MCU_NAME='"Cortex-M7"'
MPY_CROSS_FLAGS += -march=armv7emdp

include $(BOARD_DIR)/../fpu.mk
