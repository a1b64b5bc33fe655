# SaguarOTA as a user C module of a firmware that is built by CMake (rp2, esp32):
#
#   make -C ports/rp2 BOARD=... USER_C_MODULES=/path/to/this/repository/mpy_glue FROZEN_MANIFEST=...
#
# See docs/FIRMWARE.md. The Rust core is built for the machine that the port compiles for.

file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/../python/saguarota/version.py SAGUAROTA_VERSION
    REGEX "^__version__")
string(REGEX REPLACE "^__version__ = " "" SAGUAROTA_VERSION "${SAGUAROTA_VERSION}")

# The compiler with those of its flags that say for which machine.
separate_arguments(SAGUAROTA_FLAGS NATIVE_COMMAND "${CMAKE_C_FLAGS}")
list(FILTER SAGUAROTA_FLAGS INCLUDE REGEX "^(-m|--?specs=)")
list(JOIN SAGUAROTA_FLAGS " " SAGUAROTA_FLAGS)

set(SAGUAROTA_OBJECT ${CMAKE_CURRENT_BINARY_DIR}/saguarota.o)
# Cargo knows what has changed; an object that is the same as before stays.
add_custom_target(saguarota_rust
    BYPRODUCTS ${SAGUAROTA_OBJECT}
    COMMAND ${CMAKE_COMMAND} -E env "CC=${CMAKE_C_COMPILER} ${SAGUAROTA_FLAGS}"
        "MPY_DIR=${MICROPY_DIR}" ${CMAKE_CURRENT_LIST_DIR}/rust.sh ${SAGUAROTA_OBJECT}.new
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${SAGUAROTA_OBJECT}.new ${SAGUAROTA_OBJECT}
    COMMENT "Building SaguarOTA's Rust core"
    VERBATIM
)

add_library(usermod_saguarota INTERFACE)
add_dependencies(usermod_saguarota saguarota_rust)
target_sources(usermod_saguarota INTERFACE ${CMAKE_CURRENT_LIST_DIR}/glue.c)
target_compile_definitions(usermod_saguarota INTERFACE "SAGUAROTA_VERSION=${SAGUAROTA_VERSION}")
target_link_libraries(usermod_saguarota INTERFACE ${SAGUAROTA_OBJECT})
target_link_libraries(usermod INTERFACE usermod_saguarota)
