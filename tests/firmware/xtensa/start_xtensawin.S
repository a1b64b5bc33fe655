// Start, exceptions and what C cannot do, for the windowed ABI.
//
// Registers live in windows that each call moves on; when all are taken, the processor raises an
// exception, and its handler saves the oldest. The handlers are those that Xtensa's manual gives.

    .section .vectors, "ax"
    .global vectors
vectors:
    // Overflow and underflow for call4.
    s32e a0, a5, -16
    s32e a1, a5, -12
    s32e a2, a5, -8
    s32e a3, a5, -4
    rfwo
    .org 0x40
underflow4:
    l32e a0, a5, -16
    l32e a1, a5, -12
    l32e a2, a5, -8
    l32e a3, a5, -4
    rfwu
    .org 0x80
    // For call8.
    s32e a0, a9, -16
    l32e a0, a1, -12
    s32e a1, a9, -12
    s32e a2, a9, -8
    s32e a3, a9, -4
    s32e a4, a0, -32
    s32e a5, a0, -28
    s32e a6, a0, -24
    s32e a7, a0, -20
    rfwo
    .org 0xc0
underflow8:
    l32e a0, a9, -16
    l32e a1, a9, -12
    l32e a2, a9, -8
    l32e a7, a1, -12
    l32e a3, a9, -4
    l32e a4, a7, -32
    l32e a5, a7, -28
    l32e a6, a7, -24
    l32e a7, a7, -20
    rfwu
    .org 0x100
    // For call12.
    s32e a0, a13, -16
    l32e a0, a1, -12
    s32e a1, a13, -12
    s32e a2, a13, -8
    s32e a3, a13, -4
    s32e a4, a0, -48
    s32e a5, a0, -44
    s32e a6, a0, -40
    s32e a7, a0, -36
    s32e a8, a0, -32
    s32e a9, a0, -28
    s32e a10, a0, -24
    s32e a11, a0, -20
    rfwo
    .org 0x140
underflow12:
    l32e a0, a13, -16
    l32e a1, a13, -12
    l32e a2, a13, -8
    l32e a11, a1, -12
    l32e a3, a13, -4
    l32e a4, a11, -48
    l32e a5, a11, -44
    l32e a6, a11, -40
    l32e a7, a11, -36
    l32e a8, a11, -32
    l32e a9, a11, -28
    l32e a10, a11, -24
    l32e a11, a11, -20
    rfwu
    .org 0x300
    // Kernel and user exceptions.
    j exception
    .org 0x340
    j exception
    .org 0x3c0
    j fatal

// MOVSP, which moves the stack pointer (alloca), wants the window below in registers: the handler
// goes back by as many registers as the call that made this one took, and on to the underflow.
exception:
    wsr a0, excsave1
    rsr a0, exccause
    bnei a0, 5, fatal
    rsr a0, windowbase
    rotw -1
    rsr a2, ps
    extui a3, a2, 8, 4
    xor a3, a3, a4
    rsr a4, excsave1
    slli a3, a3, 8
    xor a2, a2, a3
    wsr a2, ps
    rsync
    bbsi a4, 31, 1f
    j underflow4
1:
    rotw -1
    bbsi a8, 30, 2f
    j underflow8
2:
    rotw -1
    j underflow12

// Nothing else is expected: exit with 100 and the cause.
fatal:
    rsr a3, exccause
    addi a3, a3, 100
    movi a2, 1
    .byte 0x00, 0x51, 0x00 // simcall

    .section .reset, "ax"
    // To _start, at 0x10000.
    movi a0, 1
    slli a0, a0, 16
    jx a0

    .section .start, "ax"
    .literal .Lvectors, vectors
    .literal .Lstack, stack_top
    .literal .Lmain, main
    .literal .Lps, 0x40020
    .global _start
_start:
    movi a0, 0
    wsr a0, windowbase
    rsync
    movi a0, 0
    movi a2, 1
    wsr a2, windowstart
    l32r a2, .Lvectors
    wsr a2, vecbase
    l32r a1, .Lstack
    l32r a2, .Lps // windows on, user mode, no interrupts, no exception under way
    wsr a2, ps
    rsync
    l32r a4, .Lmain
    callx8 a4
    or a3, a10, a10
    movi a2, 1 // exit
    .byte 0x00, 0x51, 0x00 // simcall

    .text
    .align 4
    .global simcall
simcall:
    entry a1, 16
    .byte 0x00, 0x51, 0x00 // simcall
    retw

// Calls itself until no register is left for the windows before.
    .align 4
spill:
    entry a1, 32
    beqz a2, 1f
    addi a10, a2, -1
    call8 spill
1:
    retw

// All windows go to the stack. What is kept is the return address and the stack pointer, and the
// caller's registers and the callers' stack pointer from the stack, which the caller goes on using.
    .align 4
    .global setjmp
setjmp:
    entry a1, 48
    movi a10, 8
    call8 spill
    s32i a0, a2, 0
    s32i a1, a2, 4
    addi a3, a1, -16
    l32i a4, a3, 0
    l32i a5, a3, 4
    l32i a6, a3, 8
    l32i a7, a3, 12
    s32i a4, a2, 8
    s32i a5, a2, 12
    s32i a6, a2, 16
    s32i a7, a2, 20
    addi a3, a5, -12
    l32i a3, a3, 0
    addi a3, a3, -32
    s32i a3, a2, 24
    l32i a4, a3, 0
    l32i a5, a3, 4
    l32i a6, a3, 8
    l32i a7, a3, 12
    s32i a4, a2, 28
    s32i a5, a2, 32
    s32i a6, a2, 36
    s32i a7, a2, 40
    movi a2, 0
    retw

    .align 4
    .global longjmp
longjmp:
    entry a1, 16
    // Only this window is left; the others are on the stack as setjmp left them.
    rsr a4, windowbase
    movi a5, 1
    ssl a4
    sll a5, a5
    wsr a5, windowstart
    rsync
    l32i a0, a2, 0
    l32i a1, a2, 4
    addi a8, a1, -16
    l32i a4, a2, 8
    l32i a5, a2, 12
    l32i a6, a2, 16
    l32i a7, a2, 20
    s32i a4, a8, 0
    s32i a5, a8, 4
    s32i a6, a8, 8
    s32i a7, a8, 12
    l32i a8, a2, 24
    l32i a4, a2, 28
    l32i a5, a2, 32
    l32i a6, a2, 36
    l32i a7, a2, 40
    s32i a4, a8, 0
    s32i a5, a8, 4
    s32i a6, a8, 8
    s32i a7, a8, 12
    or a2, a3, a3
    bnez a2, 1f
    movi a2, 1
1:
    retw
