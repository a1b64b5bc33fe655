// The preprocessor makes of this the names of all functions in src/ffi that C calls, so that a link
// keeps them: see rust.sh.

#include "module.h"

#define FUNCTION(name, n_args, function) function
#define CLASS(rust_name, name, methods, make_new) make_new methods(FUNCTION)

MODULE(FUNCTION) CLASSES(CLASS) saguarota_record_attr
