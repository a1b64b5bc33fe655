# RISC-V of 32 bits (rv32imc).

include boards/VIRT_RV32/mpconfigboard.mk
include $(BOARD_DIR)/../common.mk

# What Debian's compiler has libraries for; the older ISA specification has the control and status
# registers in the base.
RV32_ARCH = rv32imac
AFLAGS += -misa-spec=2.2
