// What py/mpconfig.h asks of a port. The bindings are the same for all: the table of functions does
// not depend on how a firmware is configured.

#include <stdint.h>

typedef intptr_t mp_int_t;
typedef uintptr_t mp_uint_t;
typedef uintptr_t mp_off_t;
