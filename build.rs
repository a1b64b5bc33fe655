//! Checks the version, and makes Rust's side of the list of the module's functions.

use std::{env, fs};

const VERSION: &str = "python/saguarota/version.py";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    check_version();
    #[cfg(feature = "micropython")]
    seam::generate();
}

/// Keeps the version in one place, `version.py`: a build of another one fails.
fn check_version() {
    println!("cargo::rerun-if-changed={VERSION}");
    let text = fs::read_to_string(VERSION).unwrap_or_else(|error| panic!("{VERSION}: {error}"));
    let version = text
        .lines()
        .find_map(|line| line.strip_prefix("__version__ = \"")?.strip_suffix('"'))
        .unwrap_or_else(|| panic!("{VERSION}: no line __version__ = \"...\""));
    let own = env::var("CARGO_PKG_VERSION").expect("cargo sets CARGO_PKG_VERSION");
    assert_eq!(version, own, "{VERSION} and Cargo.toml give different versions");
}

#[cfg(feature = "micropython")]
mod seam {
    use bindgen::callbacks::{EnumVariantValue, ParseCallbacks};
    use std::{env, path::PathBuf};

    /// C's types are those that `src/ffi` has for them, by these names. So C's headers are not
    /// needed, and a function of `src/ffi` has the very type that bindgen makes of its row.
    const C: &str = "
        typedef __SIZE_TYPE__ size_t;
        typedef size_t qstr;
        typedef struct Obj *mp_obj_t;
        typedef struct mp_obj_type_t mp_obj_type_t;
        typedef struct mp_fun_table_t mp_fun_table_t;
        #define FROM_RUST typedef
        #include \"mpy_glue/prototypes.h\"
    ";
    const RUST: &str = "use super::obj::Obj as mp_obj_t;
        use micropython_sys::{mp_fun_table_t, mp_obj_type_t, qstr};";

    /// Runs bindgen over `mpy_glue/prototypes.h`, for `src/ffi/seam.rs`.
    pub fn generate() {
        let bindings = bindgen::Builder::default()
            .header_contents("seam.h", C)
            // What comes of it is the same for every machine, of which libclang may not know ours.
            .clang_args(["--target=riscv32-unknown-elf", "-I."])
            .clang_arg(format!("-DSAGUAROTA_DEFECT={}", u8::from(cfg!(feature = "defect"))))
            .parse_callbacks(Box::new(bindgen::CargoCallbacks::new()))
            .parse_callbacks(Box::new(Names))
            .use_core()
            .blocklist_type("size_t|qstr|Obj|mp_.*")
            .raw_line(RUST)
            .rustified_enum(".*")
            .array_pointers_in_arguments(true)
            .enable_function_attribute_detection()
            .layout_tests(false)
            .generate()
            .expect("bindgen reads mpy_glue/prototypes.h");
        let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
        bindings.write_to_file(PathBuf::from(out).join("seam.rs")).expect("the file is written");
    }

    /// `Class_Listing` is `Class::Listing` in Rust.
    #[derive(Debug)]
    struct Names;

    impl ParseCallbacks for Names {
        fn enum_variant_name(
            &self,
            enum_name: Option<&str>,
            name: &str,
            _: EnumVariantValue,
        ) -> Option<String> {
            let prefix = enum_name?.strip_prefix("enum ")?;
            Some(name.strip_prefix(prefix)?.trim_start_matches('_').into())
        }
    }
}
