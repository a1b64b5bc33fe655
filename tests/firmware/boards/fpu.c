// The qemu port's start-up leaves the FPU off.

#include <stdint.h>

void __real_uart_init(void);

// The first thing that the start-up calls.
void __wrap_uart_init(void) {
    volatile uint32_t *cpacr = (volatile uint32_t *)0xE000ED88;
    *cpacr |= 0xf << 20;
    __asm volatile("dsb\n isb");
    __real_uart_init();
}
