// MicroPython's functions with a variable number of arguments: see variadic.c.

    .macro variadic name
    .section .text.\name, "ax"
    .literal .L\name, \name\()_list
    .align 4
    .global \name
    .type \name, @function
\name:
    addi a1, a1, -32
    s32i a0, a1, 24
    s32i a2, a1, 0
    s32i a3, a1, 4
    s32i a4, a1, 8
    s32i a5, a1, 12
    s32i a6, a1, 16
    s32i a7, a1, 20
    or a4, a1, a1
    l32r a0, .L\name
    callx0 a0
    l32i a0, a1, 24
    addi a1, a1, 32
    ret
    .size \name, . - \name
    .endm

    variadic mp_printf
    variadic vstr_printf
    variadic mp_obj_new_exception_msg_varg
    variadic mp_raise_msg_varg
