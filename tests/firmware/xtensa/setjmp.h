// The one in start_xtensawin.S or start_xtensa.S.
#ifndef SETJMP_H
#define SETJMP_H

typedef unsigned jmp_buf[16];
int setjmp(jmp_buf place) __attribute__((returns_twice));
__attribute__((noreturn)) void longjmp(jmp_buf place, int value);

#endif
