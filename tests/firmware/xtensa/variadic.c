// LLVM 22 takes variable arguments for Xtensa from the wrong places. These functions of
// MicroPython's have two fixed arguments and few others: variadic_*.S puts all six registers that
// can hold arguments in a row, and what comes here reads them from there.

#include <stdarg.h>

#include "py/runtime.h"

union arguments {
    // As the ABI has it; the index of the next argument is counted in bytes.
    struct {
        void *stack;
        void *registers;
        int index;
    } parts;
    va_list list;
};

#define LIST(registers) (((union arguments) {{0, registers, 8}}).list)

int mp_printf_list(const mp_print_t *print, const char *format, void *registers) {
    return mp_vprintf(print, format, LIST(registers));
}

void vstr_printf_list(vstr_t *vstr, const char *format, void *registers) {
    vstr_vprintf(vstr, format, LIST(registers));
}

mp_obj_t mp_obj_new_exception_msg_varg_list(const mp_obj_type_t *type, mp_rom_error_text_t format,
    void *registers) {
    return mp_obj_new_exception_msg_vlist(type, format, LIST(registers));
}

void mp_raise_msg_varg_list(const mp_obj_type_t *type, mp_rom_error_text_t format,
    void *registers) {
    nlr_raise(mp_obj_new_exception_msg_varg_list(type, format, registers));
}
