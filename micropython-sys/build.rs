//! Runs bindgen over `py/nativeglue.h`.
//!
//! Environment:
//! - `MICROPYTHON_DIR`: MicroPython's source tree.
//! - `LIBCLANG_PATH` (optional): the folder of libclang.

use std::env;
use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let micropython = required("MICROPYTHON_DIR");

    let mut builder = bindgen::Builder::default()
        .header(format!("{micropython}/py/nativeglue.h"))
        .header(format!("{micropython}/py/stream.h"))
        .clang_args([
            format!("-I{micropython}"),
            "-DMP_CONFIGFILE=\"config.h\"".into(),
            format!("-I{}", required("CARGO_MANIFEST_DIR")),
            "-DNO_QSTR".into(),
            "-DNDEBUG".into(),
            "-DMICROPY_ENABLE_DYNRUNTIME=1".into(),
            "-DMICROPY_FLOAT_IMPL=MICROPY_FLOAT_IMPL_NONE".into(),
        ])
        .clang_args(system_includes().iter().map(|path| format!("-isystem{path}")))
        // Runs again where a header changes.
        .parse_callbacks(Box::new(bindgen::CargoCallbacks::new()))
        .use_core()
        .allowlist_type("_?mp_fun_table_t|mp_buffer_info_t|_?mp_stream_p_t|mp_obj_base_t")
        .allowlist_var("MP_(NATIVE_TYPE|BUFFER|STREAM_OP)_.*")
        .generate_comments(false)
        .layout_tests(false);
    match env::var("CARGO_CFG_TARGET_ARCH").as_deref() {
        Ok("arm") => builder = builder.clang_arg("-fshort-enums"),
        // Few libclangs know Xtensa, whose types have the sizes and alignments of RV32's.
        Ok("xtensa") => builder = builder.clang_arg("--target=riscv32-unknown-elf"),
        _ => {}
    }
    let bindings = builder.generate().expect("bindgen reads py/nativeglue.h");
    let out = PathBuf::from(required("OUT_DIR")).join("bindings.rs");
    bindings.write_to_file(&out).expect("the bindings are written");
}

fn required(name: &str) -> String {
    println!("cargo::rerun-if-env-changed={name}");
    env::var(name).unwrap_or_else(|_| panic!("{name} must be set; `make dist` sets it"))
}

/// Where the C compiler finds its own headers: a libclang that comes alone has none.
fn system_includes() -> Vec<String> {
    let output = (cc::Build::new().get_compiler().to_command())
        .args(["-E", "-v", "-x", "c", "/dev/null"])
        .output()
        .expect("the C compiler runs");
    String::from_utf8_lossy(&output.stderr)
        .lines()
        .skip_while(|line| !line.starts_with("#include <"))
        .skip(1)
        .take_while(|line| line.starts_with(' '))
        .map(|line| line.trim().to_owned())
        .collect()
}
