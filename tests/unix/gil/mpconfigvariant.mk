# What the unix port's Makefile knows of threads has no lock over the interpreter before 1.26: see
# mpconfigvariant.h.
MICROPY_PY_THREAD = 0
LDFLAGS_EXTRA += -lpthread
