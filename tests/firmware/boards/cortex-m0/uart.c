// The port does not wait for the nRF51's UART, which loses what comes too fast.

#include <stddef.h>
#include <stdint.h>

#define TXDRDY (*(volatile uint32_t *)0x4000211C)
#define TXD (*(volatile uint32_t *)0x4000251C)

void __wrap_uart_tx_strn(const char *text, size_t len) {
    for (size_t i = 0; i < len; ++i) {
        TXDRDY = 0;
        TXD = text[i];
        while (!TXDRDY) {
        }
    }
}
