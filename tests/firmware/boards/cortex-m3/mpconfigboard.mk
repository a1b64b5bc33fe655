# Cortex-M3 (armv7m).

include boards/MPS2_AN385/mpconfigboard.mk
include $(BOARD_DIR)/../arm.mk
