// What the module `_saguarota` consists of: the one list of its functions, classes and exceptions.
// Nothing but lists stands here. What is made of them:
//
// - prototypes.h: what C declares, and what Rust (src/ffi/seam.rs) is checked against;
// - glue.c: the objects that Python sees;
// - symbols.h: which of Rust's functions a link keeps.
//
// A list is a macro that hands each of its rows to the macro it is given. Names are written out,
// MP_QSTR_ and all: MicroPython finds them by a regular expression, which pasted tokens escape.

// ---- Functions ------------------------------------------------------------------------------

// A row: the name in Python; the number of arguments, self among them; the function in src/ffi.

#define LISTING(FUNCTION) FUNCTION(MP_QSTR_next, 2, saguarota_listing_next)

#define MANIFEST(FUNCTION)                                                                         \
    FUNCTION(MP_QSTR_validate, 1, saguarota_manifest_validate)                                     \
    FUNCTION(MP_QSTR_sort, 2, saguarota_manifest_sort)                                             \
    FUNCTION(MP_QSTR_verify, 2, saguarota_manifest_verify)                                         \
    FUNCTION(MP_QSTR_members, 3, saguarota_manifest_members)                                       \
    FUNCTION(MP_QSTR_same_file, 2, saguarota_manifest_same_file)                                   \
    FUNCTION(MP_QSTR_rewind, 1, saguarota_manifest_rewind)                                         \
    FUNCTION(MP_QSTR_next, 4, saguarota_manifest_next)

#define RESPONSE(FUNCTION)                                                                         \
    FUNCTION(MP_QSTR_open, 2, saguarota_response_open)                                             \
    FUNCTION(MP_QSTR_head, 1, saguarota_response_head)                                             \
    FUNCTION(MP_QSTR_read, 1, saguarota_response_read)                                             \
    FUNCTION(MP_QSTR_reusable, 1, saguarota_response_reusable)

// Only in builds for a test: see Cargo.toml. A file of its own, as each name that MicroPython finds
// here would be in all modules.
#if SAGUAROTA_DEFECT
#include "defect.h"
#else
#define DEFECT(FUNCTION)
#endif

#define MODULE(FUNCTION)                                                                           \
    FUNCTION(MP_QSTR_digest, 3, saguarota_digest)                                                  \
    FUNCTION(MP_QSTR_quote, 1, saguarota_quote)                                                    \
    FUNCTION(MP_QSTR_extra, 4, saguarota_extra)                                                    \
    DEFECT(FUNCTION)

// ---- Classes --------------------------------------------------------------------------------

// A row: the name in Rust; the name in Python; the list of methods; the constructor in src/ffi.
#define CLASSES(CLASS)                                                                             \
    CLASS(Listing, MP_QSTR_Listing, LISTING, saguarota_listing_new)                                \
    CLASS(Manifest, MP_QSTR_Manifest, MANIFEST, saguarota_manifest_new)                            \
    CLASS(Response, MP_QSTR_Response, RESPONSE, saguarota_response_new)

// What methods return under names (src/ffi/record.rs) has one type, numbered behind the classes. It
// is no member of the module, and its own name, which errors show, is one that firmwares have.
#define RECORD MP_QSTR_object

// ---- Exceptions -----------------------------------------------------------------------------

// Those that Rust raises. A row: the name in Rust; the name in Python; MicroPython's type.
#define EXCEPTIONS(EXCEPTION)                                                                      \
    EXCEPTION(Value, MP_QSTR_ValueError, mp_type_ValueError)                                       \
    EXCEPTION(Type, MP_QSTR_TypeError, mp_type_TypeError)                                          \
    EXCEPTION(Runtime, MP_QSTR_RuntimeError, mp_type_RuntimeError)                                 \
    EXCEPTION(Os, MP_QSTR_OSError, mp_type_OSError)
