#define mp_hal_stdin_rx_chr() (0)
#define mp_hal_set_interrupt_char(c)
