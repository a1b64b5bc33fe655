// The prototypes and numbers that C and Rust share, made of the lists of module.h. glue.c includes
// this, and bindgen reads it for Rust (build.rs). Before it, size_t, qstr, mp_obj_t,
// mp_obj_type_t and mp_fun_table_t are declared.

#include "module.h"

// ---- From Rust ------------------------------------------------------------------------------

// C declares each function. Rust, which has them, gets the type of each by the same name instead:
// FROM_RUST is `typedef` then.
#ifndef FROM_RUST
#define FROM_RUST
#endif

#define ARGUMENTS_1 (mp_obj_t)
#define ARGUMENTS_2 (mp_obj_t, mp_obj_t)
#define ARGUMENTS_3 (mp_obj_t, mp_obj_t, mp_obj_t)
#define ARGUMENTS_4 (size_t, const mp_obj_t[4])
#define ARGUMENTS_NEW (const mp_obj_type_t *, size_t n_args, size_t n_kw, const mp_obj_t *)

#define DECLARE(name, n_args, function) FROM_RUST mp_obj_t function ARGUMENTS_##n_args;
#define DECLARE_CLASS(rust_name, name, methods, make_new)                                          \
    FROM_RUST mp_obj_t make_new ARGUMENTS_NEW;                                                     \
    methods(DECLARE)

MODULE(DECLARE)
CLASSES(DECLARE_CLASS)
FROM_RUST void saguarota_record_attr(mp_obj_t, qstr, mp_obj_t *);

// ---- For Rust -------------------------------------------------------------------------------

// What each function does is said in glue.c.
const mp_fun_table_t *saguarota_table(void);
const mp_obj_type_t *saguarota_type(unsigned number);
_Noreturn void saguarota_raise(unsigned exception, size_t count, const mp_obj_t *arguments);
mp_obj_t saguarota_catch(void (*run)(void *work), void *work);
void saguarota_seek(mp_obj_t stream, mp_obj_t offset);

// ---- Numbers --------------------------------------------------------------------------------

#define CLASS_NUMBER(rust_name, name, methods, make_new) Class_##rust_name,
#define EXCEPTION_NUMBER(rust_name, name, type) Exception_##rust_name,

enum Class { CLASSES(CLASS_NUMBER) Class_Record };
enum Exception { EXCEPTIONS(EXCEPTION_NUMBER) };
