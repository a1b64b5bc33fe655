# What each board of these tests has besides what MicroPython's qemu port gives it: littlefs.

MICROPY_VFS_LFS2 = 1
SRC_C += $(BOARD_DIR)/../clock.c
