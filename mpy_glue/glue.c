// The seam between MicroPython and the Rust core: registers what module.h lists, and hands Rust
// what only C can reach: the function table, qstrs, exceptions. What the functions do stands in
// src/ffi.
//
// It is compiled in two forms: with MICROPY_ENABLE_DYNRUNTIME as the native module
// `_saguarota.mpy` (natmod.mk), without as a user C module of a firmware (micropython.mk,
// micropython.cmake). SAGUAROTA_VERSION is the version as a string.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if MICROPY_ENABLE_DYNRUNTIME
#include "py/dynruntime.h"
#else
#include "py/nativeglue.h"
#include "py/objstr.h"
#include "py/runtime.h"
#if !MICROPY_EMIT_NATIVE
#error "SaguarOTA calls MicroPython by its table for native code: enable this port's native emitter"
#endif
#endif

#include "prototypes.h"

// ---- For Rust -------------------------------------------------------------------------------

const mp_fun_table_t *saguarota_table(void) {
    const mp_fun_table_t *table = &mp_fun_table;
    // Without this, GCC 12 for ARM takes the address to the stack and back.
    __asm__("" : "+r"(table));
    return table;
}

// Raises an exception, an `enum Exception`, with these arguments.
_Noreturn void saguarota_raise(unsigned exception, size_t count, const mp_obj_t *arguments) {
#if MICROPY_ENABLE_DYNRUNTIME
#define EXCEPTION_NAME(rust_name, name, type) name,
    static const uint16_t names[] = {EXCEPTIONS(EXCEPTION_NAME)};
    mp_obj_t type = mp_load_global(names[exception]);
    mp_fun_table.raise(mp_call_function_n_kw(type, count, 0, arguments));
    for (;;) {
    }
#else
#define EXCEPTION_TYPE(rust_name, name, type) &type,
    static const mp_obj_type_t *const types[] = {EXCEPTIONS(EXCEPTION_TYPE)};
    nlr_raise(mp_obj_exception_make_new(types[exception], count, 0, arguments));
#endif
}

// The exception that run(work) raises, or MP_OBJ_NULL.
mp_obj_t saguarota_catch(void (*run)(void *work), void *work) {
#if MICROPY_ENABLE_DYNRUNTIME
    // Which registers nlr_buf_t holds is the firmware's choice, and by setjmp its C library's: the
    // longest jmp_buf of these machines has 39 words, and a word before and behind it may be used.
    union {
        nlr_buf_t buf;
        uintptr_t words[48];
    } nlr;
    // Both functions return a second time when something is raised, which the compiler does not
    // know. So nothing is used then but `nlr`: it has an address that others know, so that neither
    // its place nor its content is given to anything else meanwhile.
    unsigned raised;
    if (mp_fun_table.setjmp_ == NULL) {
        raised = mp_fun_table.nlr_push(&nlr.buf);
    } else {
        // A firmware with MICROPY_NLR_SETJMP, the ESP32's: nlr_push is the half that can be called.
        mp_fun_table.nlr_push(&nlr.buf);
        raised = ((int (*)(void *))mp_fun_table.setjmp_)(nlr.words + 2);
    }
    if (raised) {
        return MP_OBJ_FROM_PTR(nlr.buf.ret_val);
    }
    run(work);
    mp_fun_table.nlr_pop();
    return MP_OBJ_NULL;
#else
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        return MP_OBJ_FROM_PTR(nlr.ret_val);
    }
    run(work);
    nlr_pop();
    return MP_OBJ_NULL;
#endif
}

// stream.seek(offset). Not by the stream's ioctl: the width of its mp_off_t is the port's choice.
void saguarota_seek(mp_obj_t stream, mp_obj_t offset) {
    mp_obj_t call[3];
    mp_load_method(stream, MP_QSTR_seek, call);
    call[2] = offset;
    mp_fun_table.call_method_n_kw(1, 0, call);
}

#if MICROPY_ENABLE_DYNRUNTIME
// The memory functions that compilers call by themselves; a native module has no C library.
void *memmove(void *to, const void *from, size_t len) {
    return mp_fun_table.memmove_(to, from, len);
}

void *memcpy(void *to, const void *from, size_t len) __attribute__((alias("memmove")));

void *memset(void *to, int byte, size_t len) {
    return mp_fun_table.memset_(to, byte, len);
}

int memcmp(const void *left, const void *right, size_t len) {
    const uint8_t *a = left, *b = right;
    for (; len > 0; a++, b++, len--) {
        if (*a != *b) {
            return *a - *b;
        }
    }
    return 0;
}

int bcmp(const void *left, const void *right, size_t len) {
    return memcmp(left, right, len);
}

#if defined(__XTENSA__)
// What LLVM calls where a program cannot go on.
_Noreturn void abort(void) {
    static const char message[] = "internal error in the native module";
    mp_obj_t text = mp_obj_new_str(message, sizeof(message) - 1);
    saguarota_raise(Exception_Runtime, 1, &text);
}
#endif
#endif

#if defined(__arm__)

// The names of the ARM run-time ABI for the same; of its set, the last two arguments change places.
// Weak: some firmwares have their own.
#define WEAK __attribute__((weak))
#define SAME_AS(name) __attribute__((weak, alias(name)))

WEAK void __aeabi_memcpy(void *to, const void *from, size_t len) {
    memmove(to, from, len);
}

WEAK void __aeabi_memset(void *to, size_t len, int byte) {
    memset(to, byte, len);
}

WEAK void __aeabi_memclr(void *to, size_t len) {
#if MICROPY_ENABLE_DYNRUNTIME
    // Nothing else needs memset, so that it is left out. Volatile, as GCC would call it for the
    // loop.
    for (volatile uint8_t *byte = to; len > 0; len--) {
        *byte++ = 0;
    }
#else
    memset(to, 0, len);
#endif
}

void __aeabi_memcpy4(void *to, const void *from, size_t len) SAME_AS("__aeabi_memcpy");
void __aeabi_memcpy8(void *to, const void *from, size_t len) SAME_AS("__aeabi_memcpy");
void __aeabi_memmove(void *to, const void *from, size_t len) SAME_AS("__aeabi_memcpy");
void __aeabi_memmove4(void *to, const void *from, size_t len) SAME_AS("__aeabi_memcpy");
void __aeabi_memmove8(void *to, const void *from, size_t len) SAME_AS("__aeabi_memcpy");
void __aeabi_memset4(void *to, size_t len, int byte) SAME_AS("__aeabi_memset");
void __aeabi_memset8(void *to, size_t len, int byte) SAME_AS("__aeabi_memset");
void __aeabi_memclr4(void *to, size_t len) SAME_AS("__aeabi_memclr");
void __aeabi_memclr8(void *to, size_t len) SAME_AS("__aeabi_memclr");

#endif

// ---- Registration ---------------------------------------------------------------------------

#if MICROPY_ENABLE_DYNRUNTIME

// All is made at the import, in one loop: a native module's qstrs and functions have no address
// before, and constant objects with their relocations, or statements, would be twice the code.

// A row is a function or, with 0 arguments, a class, whose methods follow it.
#define NAME(name, n_args, function) name,
#define N_ARGS(name, n_args, function) n_args,
#define CODE(name, n_args, function) (void *)function,
#define ONE(name, n_args, function) +1
#define CLASS_NAMES(rust_name, name, methods, make_new) name, methods(NAME)
#define CLASS_N_ARGS(rust_name, name, methods, make_new) 0, methods(N_ARGS)
#define CLASS_CODE(rust_name, name, methods, make_new) (void *)make_new, methods(CODE)
#define CLASS_ROWS(rust_name, name, methods, make_new) +1 methods(ONE)
#define CLASS_ONE(rust_name, name, methods, make_new) +1
#define ROWS (MODULE(ONE) CLASSES(CLASS_ROWS))

// Not static: mpy_ld reaches variables through the global offset table only.
struct {
    // mp_obj_type_t with as many slots as are used: mp_obj_full_type_t has room for all of them.
    struct {
        mp_obj_empty_type_t type;
        const void *slots[2];
    } types[CLASSES(CLASS_ONE) + 1];
    union {
        mp_obj_fun_builtin_fixed_t fixed;
        mp_obj_fun_builtin_var_t var;
    } functions[ROWS];
} objects;

_Static_assert(offsetof(mp_obj_type_t, slots) == sizeof(mp_obj_empty_type_t), "layout of a type");

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    static const uint8_t numbers[ROWS] = {MODULE(N_ARGS) CLASSES(CLASS_N_ARGS)};
    static void *const code[ROWS] = {MODULE(CODE) CLASSES(CLASS_CODE)};
    const uint16_t names[ROWS] = {MODULE(NAME) CLASSES(CLASS_NAMES)};
    const mp_obj_t globals = MP_OBJ_FROM_PTR(self->context->module.globals);
    mp_obj_t members = globals;
    size_t classes = 0;
    for (size_t row = 0; row < ROWS; row++) {
        const size_t number = numbers[row];
        mp_obj_t place = members;
        void *object = &objects.functions[row];
        // The table has the types of functions side by side, that of four and more arguments last.
        objects.functions[row].fixed.base.type = (&mp_fun_table.type_fun_builtin_0)[number];
        objects.functions[row].fixed.fun._0 = code[row];
        if (number == 4) {
            objects.functions[row].var.sig = MP_OBJ_FUN_MAKE_SIG(4, 4, false);
            objects.functions[row].var.fun.var = code[row];
        }
        if (number == 0) {
            members = mp_obj_new_dict(0);
            place = globals;
            mp_obj_type_t *type = (mp_obj_type_t *)&objects.types[classes++];
            object = type;
            type->base.type = &mp_type_type;
            type->name = names[row];
            MP_OBJ_TYPE_SET_SLOT(type, make_new, code[row], 0);
            MP_OBJ_TYPE_SET_SLOT(type, locals_dict, members, 1);
        }
        mp_obj_dict_store(place, MP_OBJ_NEW_QSTR(names[row]), MP_OBJ_FROM_PTR(object));
    }
    mp_obj_type_t *record = (mp_obj_type_t *)&objects.types[classes];
    record->base.type = &mp_type_type;
    record->name = RECORD;
    MP_OBJ_TYPE_SET_SLOT(record, attr, saguarota_record_attr, 0);
    mp_obj_dict_store(globals, MP_OBJ_NEW_QSTR(MP_QSTR___version__),
        mp_obj_new_str(SAGUAROTA_VERSION, sizeof(SAGUAROTA_VERSION) - 1));
    return mp_const_none;
}

// The type of an `enum Class`.
const mp_obj_type_t *saguarota_type(unsigned number) {
    return (const mp_obj_type_t *)&objects.types[number];
}

#else

#define FUNCTION_1(name, function) MP_DEFINE_CONST_FUN_OBJ_1(name, function)
#define FUNCTION_2(name, function) MP_DEFINE_CONST_FUN_OBJ_2(name, function)
#define FUNCTION_3(name, function) MP_DEFINE_CONST_FUN_OBJ_3(name, function)
#define FUNCTION_4(name, function) MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(name, 4, 4, function)
#define OBJECT(name, n_args, function) static FUNCTION_##n_args(function##_obj, function);
#define ROM(name, n_args, function) {MP_ROM_QSTR(name), MP_ROM_PTR(&function##_obj)},
#define CLASS_OBJECT(rust_name, qstr, methods, new)                                                \
    methods(OBJECT) static const mp_rom_map_elem_t new##_members[] = {methods(ROM)};               \
    static MP_DEFINE_CONST_DICT(new##_dict, new##_members);                                        \
    static MP_DEFINE_CONST_OBJ_TYPE(new##_type, qstr, MP_TYPE_FLAG_NONE, make_new, new,            \
        locals_dict, &new##_dict);
#define CLASS_ROM(rust_name, name, methods, new) {MP_ROM_QSTR(name), MP_ROM_PTR(&new##_type)},
#define CLASS_TYPE(rust_name, name, methods, new) [Class_##rust_name] = &new##_type,

MODULE(OBJECT)
CLASSES(CLASS_OBJECT)
static MP_DEFINE_CONST_OBJ_TYPE(record_type, RECORD, MP_TYPE_FLAG_NONE, attr,
    saguarota_record_attr);

static const MP_DEFINE_STR_OBJ(version_obj, SAGUAROTA_VERSION);

static const mp_rom_map_elem_t module_table[] = {{MP_ROM_QSTR(MP_QSTR___name__),
                                                     MP_ROM_QSTR(MP_QSTR__saguarota)},
    {MP_ROM_QSTR(MP_QSTR___version__), MP_ROM_PTR(&version_obj)}, MODULE(ROM) CLASSES(CLASS_ROM)};
static MP_DEFINE_CONST_DICT(module_dict, module_table);

const mp_obj_module_t saguarota_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&module_dict,
};
MP_REGISTER_MODULE(MP_QSTR__saguarota, saguarota_module);

const mp_obj_type_t *saguarota_type(unsigned number) {
    static const mp_obj_type_t *const types[] = {CLASSES(CLASS_TYPE)[Class_Record] = &record_type};
    return types[number];
}

#endif
