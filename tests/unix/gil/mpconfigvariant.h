// The unix port's standard variant with a lock over the interpreter, as the ESP32 has it. Without
// it two threads that append to one list lose entries, and one that the collector looks at while it
// runs on loses objects: MicroPython leaves all locking to the application then.

#include "variants/standard/mpconfigvariant.h"

#define MICROPY_PY_THREAD (1)
#define MICROPY_PY_THREAD_GIL (1)
// The port's atomic sections need it in any case; before 1.26 py/mpconfig.h leaves it out.
#define MICROPY_PY_THREAD_RECURSIVE_MUTEX (1)

// Ctrl-C waits until the interpreter looks for it, as on a board.
#undef MICROPY_ASYNC_KBD_INTR
#define MICROPY_ASYNC_KBD_INTR (0)
