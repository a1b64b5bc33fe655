// Start, and what C cannot do, for the call0 ABI.

    .section .reset, "ax"
    // To _start, at 0x60100000.
    movi a0, 0x601
    slli a0, a0, 20
    jx a0

    // The vectors, 16 bytes apart at least: no exception is expected; exit with 100 and the cause.
    .section .vectors, "ax"
    .rept 32
    .align 16
    rsr a3, exccause
    addi a3, a3, 100
    movi a2, 1
    .byte 0x00, 0x51, 0x00 // simcall
    .endr

    .section .start, "ax"
    .literal .Lstack, stack_top
    .literal .Lmain, main
    .global _start
_start:
    l32r a1, .Lstack
    l32r a0, .Lmain
    callx0 a0
    or a3, a2, a2
    movi a2, 1 // exit
    .byte 0x00, 0x51, 0x00 // simcall

    .text
    .align 4
    .global simcall
simcall:
    .byte 0x00, 0x51, 0x00 // simcall
    ret

    .align 4
    .global setjmp
setjmp:
    s32i a0, a2, 0
    s32i a1, a2, 4
    s32i a12, a2, 8
    s32i a13, a2, 12
    s32i a14, a2, 16
    s32i a15, a2, 20
    movi a2, 0
    ret

    .align 4
    .global longjmp
longjmp:
    l32i a0, a2, 0
    l32i a1, a2, 4
    l32i a12, a2, 8
    l32i a13, a2, 12
    l32i a14, a2, 16
    l32i a15, a2, 20
    or a2, a3, a3
    bnez a2, 1f
    movi a2, 1
1:
    ret
