# For the Cortex-M boards: unwinding tables, which the C library's division brings, have no place in
# the port's linker scripts.

LDFLAGS += -Wl,-T,$(BOARD_DIR)/../unwind.ld
include $(BOARD_DIR)/../common.mk
