// The seam between MicroPython and the Rust core: names, types and registration of the module
// `_saguarota`. What the functions do stands in src/ffi; this file hands Rust what only C can
// reach: the function table, qstrs, exceptions.
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

// ---- From Rust (src/ffi) --------------------------------------------------------------------

mp_obj_t saguarota_digest(mp_obj_t name, mp_obj_t stream, mp_obj_t buffer);
mp_obj_t saguarota_quote(mp_obj_t path);
mp_obj_t saguarota_extra(const mp_obj_t *args);
mp_obj_t saguarota_listing_new(mp_obj_t folder, mp_obj_t own);
mp_obj_t saguarota_listing_next(mp_obj_t self, mp_obj_t piece);
mp_obj_t saguarota_manifest_new(const mp_obj_t *args);
mp_obj_t saguarota_manifest_survey(mp_obj_t self, mp_obj_t key);
mp_obj_t saguarota_manifest_sort(mp_obj_t self, mp_obj_t index);
mp_obj_t saguarota_manifest_verify(mp_obj_t self, mp_obj_t key);
mp_obj_t saguarota_manifest_members(mp_obj_t self, mp_obj_t table, mp_obj_t fold);
mp_obj_t saguarota_manifest_has_suffix(mp_obj_t self, mp_obj_t suffix);
mp_obj_t saguarota_manifest_rewind(mp_obj_t self);
mp_obj_t saguarota_manifest_next(const mp_obj_t *args);
mp_obj_t saguarota_response_new(mp_obj_t buffer);
mp_obj_t saguarota_response_open(mp_obj_t self, mp_obj_t stream);
mp_obj_t saguarota_response_head(mp_obj_t self);
mp_obj_t saguarota_response_read(mp_obj_t self);
mp_obj_t saguarota_response_reusable(mp_obj_t self);

#if SAGUAROTA_DEFECT
// Only in builds for a test: see Cargo.toml.
extern mp_obj_t saguarota_defect(mp_obj_t bytes);
#endif

// ---- For Rust -------------------------------------------------------------------------------

#if MICROPY_ENABLE_DYNRUNTIME
// Filled at the import: a native module's qstrs and functions have no address before. Not static:
// mpy_ld reaches variables through the global offset table only.
mp_obj_full_type_t listing_type;
mp_obj_full_type_t manifest_type;
mp_obj_full_type_t response_type;
#else
extern const mp_obj_type_t listing_type;
extern const mp_obj_type_t manifest_type;
extern const mp_obj_type_t response_type;
#endif

const mp_fun_table_t *saguarota_table(void) {
    return &mp_fun_table;
}

const mp_obj_type_t *saguarota_listing_type(void) {
    return (const mp_obj_type_t *)&listing_type;
}

const mp_obj_type_t *saguarota_manifest_type(void) {
    return (const mp_obj_type_t *)&manifest_type;
}

const mp_obj_type_t *saguarota_response_type(void) {
    return (const mp_obj_type_t *)&response_type;
}

// Memory of the garbage collector. Raises MemoryError.
void *saguarota_alloc(size_t size) {
    return m_malloc(size);
}

// Raises ValueError (0), TypeError (1) or RuntimeError (2) with a message of `len` bytes.
_Noreturn void saguarota_raise(int exception, const char *message, size_t len) {
    mp_obj_t text = mp_obj_new_str(message, len);
    switch (exception) {
        case 0:
            mp_raise_type_arg(&mp_type_ValueError, text);
        case 1:
            mp_raise_type_arg(&mp_type_TypeError, text);
        default:
            mp_raise_type_arg(&mp_type_RuntimeError, text);
    }
}

_Noreturn void saguarota_raise_errno(int error) {
    mp_raise_OSError(error);
    for (;;) {
    }
}

// stream.seek(offset). Not by the stream's ioctl: the width of its mp_off_t is the port's choice.
void saguarota_seek(mp_obj_t stream, mp_uint_t offset) {
    mp_obj_t args[2];
    mp_load_method(stream, MP_QSTR_seek, args);
    mp_obj_t position = mp_obj_new_int_from_uint(offset);
    mp_obj_t call[3] = {args[0], args[1], position};
    mp_fun_table.call_method_n_kw(1, 0, call);
}

// int(digits), for numbers that a machine word cannot hold.
mp_obj_t saguarota_int(const char *digits, size_t len) {
    mp_obj_t text = mp_obj_new_str(digits, len);
    return mp_call_function_n_kw(MP_OBJ_FROM_PTR(&mp_type_int), 1, 0, &text);
}

#if MICROPY_ENABLE_DYNRUNTIME
// The memory functions that compilers call by themselves; a native module has no C library.
void *memcpy(void *to, const void *from, size_t len) {
    return mp_fun_table.memmove_(to, from, len);
}

void *memmove(void *to, const void *from, size_t len) {
    return mp_fun_table.memmove_(to, from, len);
}

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
    saguarota_raise(2, message, sizeof(message) - 1);
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
    memset(to, 0, len);
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

// ---- Types and functions --------------------------------------------------------------------

static mp_obj_t extra(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    return saguarota_extra(args);
}

static mp_obj_t listing_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    (void)type;
    mp_arg_check_num(n_args, n_kw, 2, 2, false);
    return saguarota_listing_new(args[0], args[1]);
}

static mp_obj_t manifest_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    (void)type;
    mp_arg_check_num(n_args, n_kw, 4, 4, false);
    return saguarota_manifest_new(args);
}

static mp_obj_t manifest_next(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    return saguarota_manifest_next(args);
}

static mp_obj_t response_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    (void)type;
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    return saguarota_response_new(args[0]);
}

static MP_DEFINE_CONST_FUN_OBJ_3(digest_obj, saguarota_digest);
static MP_DEFINE_CONST_FUN_OBJ_1(quote_obj, saguarota_quote);
#if SAGUAROTA_DEFECT
static MP_DEFINE_CONST_FUN_OBJ_1(defect_obj, saguarota_defect);
#define DEFECT_TABLE(ENTRY) ENTRY(MP_QSTR_defect, defect_obj)
#else
#define DEFECT_TABLE(ENTRY)
#endif
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(extra_obj, 4, 4, extra);
static MP_DEFINE_CONST_FUN_OBJ_2(listing_next_obj, saguarota_listing_next);
static MP_DEFINE_CONST_FUN_OBJ_2(manifest_survey_obj, saguarota_manifest_survey);
static MP_DEFINE_CONST_FUN_OBJ_2(manifest_sort_obj, saguarota_manifest_sort);
static MP_DEFINE_CONST_FUN_OBJ_2(manifest_verify_obj, saguarota_manifest_verify);
static MP_DEFINE_CONST_FUN_OBJ_3(manifest_members_obj, saguarota_manifest_members);
static MP_DEFINE_CONST_FUN_OBJ_2(manifest_has_suffix_obj, saguarota_manifest_has_suffix);
static MP_DEFINE_CONST_FUN_OBJ_1(manifest_rewind_obj, saguarota_manifest_rewind);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(manifest_next_obj, 4, 4, manifest_next);
static MP_DEFINE_CONST_FUN_OBJ_2(response_open_obj, saguarota_response_open);
static MP_DEFINE_CONST_FUN_OBJ_1(response_head_obj, saguarota_response_head);
static MP_DEFINE_CONST_FUN_OBJ_1(response_read_obj, saguarota_response_read);
static MP_DEFINE_CONST_FUN_OBJ_1(response_reusable_obj, saguarota_response_reusable);

// ---- Registration ---------------------------------------------------------------------------

// Each table once, as a list of name and object.

#define LISTING_TABLE(ENTRY) ENTRY(MP_QSTR_next, listing_next_obj)

#define MANIFEST_TABLE(ENTRY)                                                                      \
    ENTRY(MP_QSTR_survey, manifest_survey_obj)                                                     \
    ENTRY(MP_QSTR_sort, manifest_sort_obj)                                                         \
    ENTRY(MP_QSTR_verify, manifest_verify_obj)                                                     \
    ENTRY(MP_QSTR_members, manifest_members_obj)                                                   \
    ENTRY(MP_QSTR_has_suffix, manifest_has_suffix_obj)                                             \
    ENTRY(MP_QSTR_rewind, manifest_rewind_obj)                                                     \
    ENTRY(MP_QSTR_next, manifest_next_obj)

#define RESPONSE_TABLE(ENTRY)                                                                      \
    ENTRY(MP_QSTR_open, response_open_obj)                                                         \
    ENTRY(MP_QSTR_head, response_head_obj)                                                         \
    ENTRY(MP_QSTR_read, response_read_obj)                                                         \
    ENTRY(MP_QSTR_reusable, response_reusable_obj)

#define MODULE_TABLE(ENTRY)                                                                        \
    ENTRY(MP_QSTR_digest, digest_obj)                                                              \
    ENTRY(MP_QSTR_quote, quote_obj)                                                                \
    ENTRY(MP_QSTR_extra, extra_obj)                                                                \
    ENTRY(MP_QSTR_Listing, listing_type)                                                           \
    ENTRY(MP_QSTR_Manifest, manifest_type)                                                         \
    ENTRY(MP_QSTR_Response, response_type)                                                         \
    DEFECT_TABLE(ENTRY)

#if MICROPY_ENABLE_DYNRUNTIME

#define ONE(name, object) +1
#define FILL(name, object)                                                                         \
    *entry++ = (mp_map_elem_t) {MP_OBJ_NEW_QSTR(name), MP_OBJ_FROM_PTR(&(object))};
#define STORE(name, object) mp_store_global(name, MP_OBJ_FROM_PTR(&(object)));

mp_map_elem_t listing_table[LISTING_TABLE(ONE)];
static MP_DEFINE_CONST_DICT(listing_dict, listing_table);
mp_map_elem_t manifest_table[MANIFEST_TABLE(ONE)];
static MP_DEFINE_CONST_DICT(manifest_dict, manifest_table);
mp_map_elem_t response_table[RESPONSE_TABLE(ONE)];
static MP_DEFINE_CONST_DICT(response_dict, response_table);

static void init_type(mp_obj_full_type_t *type, qstr name, mp_make_new_fun_t make_new,
    const mp_obj_dict_t *members) {
    type->base.type = &mp_type_type;
    type->name = name;
    MP_OBJ_TYPE_SET_SLOT(type, make_new, make_new, 0);
    MP_OBJ_TYPE_SET_SLOT(type, locals_dict, (void *)members, 1);
}

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY

    mp_map_elem_t *entry = listing_table;
    LISTING_TABLE(FILL)
    init_type(&listing_type, MP_QSTR_Listing, listing_make_new, &listing_dict);
    entry = manifest_table;
    MANIFEST_TABLE(FILL)
    init_type(&manifest_type, MP_QSTR_Manifest, manifest_make_new, &manifest_dict);
    entry = response_table;
    RESPONSE_TABLE(FILL)
    init_type(&response_type, MP_QSTR_Response, response_make_new, &response_dict);

    MODULE_TABLE(STORE)
    mp_store_global(MP_QSTR___version__,
        mp_obj_new_str(SAGUAROTA_VERSION, sizeof(SAGUAROTA_VERSION) - 1));

    MP_DYNRUNTIME_INIT_EXIT
}

#else

#define ROM(name, object) {MP_ROM_QSTR(name), MP_ROM_PTR(&(object))},

static const mp_rom_map_elem_t listing_table[] = {LISTING_TABLE(ROM)};
static MP_DEFINE_CONST_DICT(listing_dict, listing_table);
MP_DEFINE_CONST_OBJ_TYPE(listing_type, MP_QSTR_Listing, MP_TYPE_FLAG_NONE, make_new,
    listing_make_new, locals_dict, &listing_dict);

static const mp_rom_map_elem_t manifest_table[] = {MANIFEST_TABLE(ROM)};
static MP_DEFINE_CONST_DICT(manifest_dict, manifest_table);
MP_DEFINE_CONST_OBJ_TYPE(manifest_type, MP_QSTR_Manifest, MP_TYPE_FLAG_NONE, make_new,
    manifest_make_new, locals_dict, &manifest_dict);

static const mp_rom_map_elem_t response_table[] = {RESPONSE_TABLE(ROM)};
static MP_DEFINE_CONST_DICT(response_dict, response_table);
MP_DEFINE_CONST_OBJ_TYPE(response_type, MP_QSTR_Response, MP_TYPE_FLAG_NONE, make_new,
    response_make_new, locals_dict, &response_dict);

static const MP_DEFINE_STR_OBJ(version_obj, SAGUAROTA_VERSION);

static const mp_rom_map_elem_t module_table[] = {{MP_ROM_QSTR(MP_QSTR___name__),
                                                     MP_ROM_QSTR(MP_QSTR__saguarota)},
    {MP_ROM_QSTR(MP_QSTR___version__), MP_ROM_PTR(&version_obj)}, MODULE_TABLE(ROM)};
static MP_DEFINE_CONST_DICT(module_dict, module_table);

const mp_obj_module_t saguarota_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&module_dict,
};
MP_REGISTER_MODULE(MP_QSTR__saguarota, saguarota_module);

#endif
