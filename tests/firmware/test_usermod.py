"""The user C module as CMake builds it into a firmware, for the ports that do (rp2, esp32)."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FLAGS = "-mthumb -mcpu=cortex-m3 -mtune=cortex-m3"


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


def symbols(object_file):
    """What stands in an object: {name: kind}, as nm calls it."""
    lines = run("arm-none-eabi-nm", "--no-demangle", object_file).splitlines()
    return {line.split()[-1]: line.split()[-2] for line in lines if " " in line.strip()}


def test_cmake_links_the_module_with_its_rust_core(tmp_path):
    made = run(
        *("cmake", "-S", ROOT / "tests/firmware/cmake", "-B", tmp_path, "-G", "Unix Makefiles"),
        f"-DMICROPY_DIR={(ROOT / 'build/micropython').resolve()}",
        f"-DUSER_C_MODULES={ROOT / 'mpy_glue'}",
        f"-DPORT_BUILD={ROOT / 'build/firmware/MPS2_AN385'}",
        *("-DCMAKE_SYSTEM_NAME=Generic", "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY"),
        *("-DCMAKE_C_COMPILER=arm-none-eabi-gcc", f"-DCMAKE_C_FLAGS={FLAGS}"),
    )
    assert "Found User C Module(s): usermod_saguarota" in made
    assert "Rust for thumbv7m-" in run("cmake", "--build", tmp_path)
    found = symbols(tmp_path / "image.o")
    # From C and from Rust, and what the firmware itself is to bring.
    assert found["saguarota_module"] in "RD"
    assert found["saguarota_manifest_next"] == "T"
    assert found["mp_fun_table"] == found["memmove"] == "U"
    missing = {name for name, kind in found.items() if kind == "U"}
    assert not [name for name in missing if "saguarota" in name or "core" in name], missing
    # Nothing is linked again where nothing has changed.
    before = (tmp_path / "image.o").stat().st_mtime_ns
    run("cmake", "--build", tmp_path)
    assert (tmp_path / "image.o").stat().st_mtime_ns == before
