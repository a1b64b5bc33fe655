// The qemu port has no clock, which littlefs takes the time of a change from.

#include "py/mphal.h"

uint64_t mp_hal_time_ns(void) {
    return 0;
}
