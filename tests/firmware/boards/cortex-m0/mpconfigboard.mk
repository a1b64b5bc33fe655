# Cortex-M0 (armv6m). The port leaves native code out there, and with it native modules.

include boards/MICROBIT/mpconfigboard.mk
include $(BOARD_DIR)/../arm.mk

CFLAGS += -DMICROPY_EMIT_THUMB=1 -DMICROPY_EMIT_THUMB_ARMV7M=0
MPY_CROSS_FLAGS = -march=armv6m
SRC_C += $(BOARD_DIR)/uart.c
LDFLAGS += -Wl,--wrap=uart_tx_strn
