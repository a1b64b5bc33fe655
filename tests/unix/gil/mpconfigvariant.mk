# Before 1.26, the unix port's Makefile enables threads only without a lock over the interpreter;
# mpconfigvariant.h enables both.
MICROPY_PY_THREAD = 0
LDFLAGS_EXTRA += -lpthread
