# For the Cortex-M boards with an FPU: the port's MPS2_AN385 with another core.

QEMU_ARCH = arm

CFLAGS += -mthumb -mfloat-abi=hard
CFLAGS += -DQEMU_SOC_MPS2

LDSCRIPT = mcu/arm/mps2.ld

SRC_BOARD_O = shared/runtime/gchelper_native.o shared/runtime/gchelper_thumb2.o

SRC_C += $(BOARD_DIR)/../fpu.c
LDFLAGS += -Wl,--wrap=uart_init

include $(BOARD_DIR)/../arm.mk
