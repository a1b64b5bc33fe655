// Runs the script that QEMU's command line names, with the files and the console of the host, which
// QEMU's simulator calls give. The exit status is 0 where the script ended without an exception.

#include <fcntl.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include "py/builtin.h"
#include "py/compile.h"
#include "py/gc.h"
#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/objtype.h"
#include "py/runtime.h"
#include "py/stream.h"

// ---- The host -------------------------------------------------------------------------------

enum {
    SYS_EXIT = 1,
    SYS_READ = 3,
    SYS_WRITE = 4,
    SYS_OPEN = 5,
    SYS_CLOSE = 6,
    SYS_ARGC = 1000,
    SYS_ARGV_SIZE = 1001,
    SYS_ARGV = 1002
};

// In start_*.S.
int simcall(int number, int a, int b, int c);

// MicroPython's reader of files asks for these by their POSIX names.
int open(const char *path, int flags, ...) {
    return simcall(SYS_OPEN, (int)path, 0, 0);
}

ssize_t read(int file, void *to, size_t len) {
    return simcall(SYS_READ, file, (int)to, len);
}

int close(int file) {
    return simcall(SYS_CLOSE, file, 0, 0);
}

void mp_hal_stdout_tx_strn_cooked(const char *text, size_t len) {
    simcall(SYS_WRITE, 1, (int)text, len);
}

mp_uint_t mp_hal_stdout_tx_strn(const char *text, size_t len) {
    mp_hal_stdout_tx_strn_cooked(text, len);
    return len;
}

NORETURN void abort(void) {
    simcall(SYS_EXIT, 134, 0, 0);
    for (;;) {
    }
}

// ---- What MicroPython asks of a port --------------------------------------------------------

mp_import_stat_t mp_import_stat(const char *path) {
    int file = open(path, O_RDONLY);
    if (file < 0) {
        return MP_IMPORT_STAT_NO_EXIST;
    }
    close(file);
    return MP_IMPORT_STAT_FILE;
}

// open(path, "rb"): the file's content.
mp_obj_t mp_builtin_open(size_t n_args, const mp_obj_t *args, mp_map_t *kwargs) {
    int file = open(mp_obj_str_get_str(args[0]), O_RDONLY);
    if (file < 0) {
        mp_raise_OSError(MP_ENOENT);
    }
    vstr_t content;
    vstr_init(&content, 512);
    for (int got = 512; got > 0;) {
        got = read(file, vstr_add_len(&content, 512), 512);
        vstr_cut_tail_bytes(&content, got < 0 ? 512 : 512 - got);
    }
    close(file);
    mp_obj_t bytes = mp_obj_new_bytes_from_vstr(&content);
    return mp_call_function_1(MP_OBJ_FROM_PTR(&mp_type_bytesio), bytes);
}
MP_DEFINE_CONST_FUN_OBJ_KW(mp_builtin_open_obj, 1, mp_builtin_open);

// What setjmp does for it: all registers are on the stack, those of the callers too. They may lie
// below the caller's frame, but not below the one of this function.
static __attribute__((noinline)) void collect_stack(void) {
    extern void *stack_top[];
    jmp_buf registers;
    setjmp(registers);
    gc_collect_root((void **)registers, stack_top - (void **)registers);
}

void gc_collect(void) {
    gc_collect_start();
    collect_stack();
    gc_collect_end();
}

NORETURN void nlr_jump_fail(void *value) {
    abort();
}

static char heap[1 << 20] __attribute__((aligned(16)));
static char words[4096];

int main(void) {
    mp_cstack_init_with_sp_here(256 * 1024);
    gc_init(heap, heap + sizeof(heap));
    mp_init();

    int count = simcall(SYS_ARGC, 0, 0, 0);
    if (count < 2 || simcall(SYS_ARGV_SIZE, 0, 0, 0) > (int)sizeof(words)) {
        abort();
    }
    simcall(SYS_ARGV, (int)words, 0, 0);
    char **argv = (char **)words;
    // The first is the firmware itself.
    for (int i = 1; i < count; i++) {
        mp_obj_list_append(mp_sys_argv, mp_obj_new_str(argv[i], strlen(argv[i])));
    }

    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_lexer_t *lexer = mp_lexer_new_from_file(qstr_from_str(argv[1]));
        qstr source = lexer->source_name;
        mp_parse_tree_t tree = mp_parse(lexer, MP_PARSE_FILE_INPUT);
        mp_call_function_0(mp_compile(&tree, source, false));
        nlr_pop();
        return 0;
    }
    mp_obj_t exception = MP_OBJ_FROM_PTR(nlr.ret_val);
    mp_obj_print_exception(&mp_plat_print, exception);
    return 1;
}
