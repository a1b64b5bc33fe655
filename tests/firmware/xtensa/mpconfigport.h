// MicroPython on QEMU's bare Xtensa machine; objects as on the ESP ports (representation A).

#include <alloca.h>
#include <stdint.h>

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)
#define MICROPY_OBJ_REPR (MICROPY_OBJ_REPR_A)
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_NONE)
#define MICROPY_LONGINT_IMPL (MICROPY_LONGINT_IMPL_MPZ)
#define MICROPY_ENABLE_COMPILER (1)
#define MICROPY_ENABLE_GC (1)
#define MICROPY_ENABLE_EXTERNAL_IMPORT (1)
#define MICROPY_READER_POSIX (1)
#define MICROPY_PERSISTENT_CODE_LOAD (1)
#define MICROPY_ERROR_REPORTING (MICROPY_ERROR_REPORTING_DETAILED)
#define MICROPY_NLR_SETJMP (1)
#define MICROPY_USE_INTERNAL_PRINTF (1)
#define MICROPY_USE_INTERNAL_ERRNO (1)
#define MICROPY_ENABLE_SCHEDULER (0)
#define MICROPY_KBD_EXCEPTION (0)
#define MICROPY_OPT_COMPUTED_GOTO (0)
#define MICROPY_HELPER_REPL (0)
#define MICROPY_GCREGS_SETJMP (0)

#if defined(__ARCH_xtensawin)
#define MICROPY_EMIT_XTENSAWIN (1)
#else
#define MICROPY_EMIT_XTENSA (1)
#endif

// Modules that only a port with files, a clock, or random numbers has.
#define MICROPY_PY_ASYNCIO (0)
#define MICROPY_PY_DEFLATE (0)
#define MICROPY_PY_HASHLIB (0)
#define MICROPY_PY_HEAPQ (0)
#define MICROPY_PY_MACHINE (0)
#define MICROPY_PY_OS (0)
#define MICROPY_PY_PLATFORM (0)
#define MICROPY_PY_RANDOM (0)
#define MICROPY_PY_RE (0)
#define MICROPY_PY_SELECT (0)
#define MICROPY_PY_TIME (0)
#define MICROPY_PY_UCTYPES (0)
#define MICROPY_PY_FRAMEBUF (0)
#define MICROPY_PY_BINASCII_CRC32 (0)
#define MICROPY_PY_SYS_PLATFORM "qemu-xtensa"
#define MICROPY_PY_SYS_STDFILES (0)
#define MICROPY_PY_BUILTINS_INPUT (0)
#define MICROPY_PY_BUILTINS_HELP (0)

typedef intptr_t mp_int_t;
typedef uintptr_t mp_uint_t;
typedef long mp_off_t;
#define MP_SSIZE_MAX (0x7fffffff)

// The one thing that goes wrong with a file of the host: it is not there.
#define errno (MP_ENOENT)

#define MP_STATE_PORT MP_STATE_VM
