"""tools/xtensa_ld.py, on what Clang makes of a few lines of C."""

import struct
import subprocess
import sys
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

TOOL = Path(__file__).resolve().parent.parent.parent / "tools/xtensa_ld.py"
LD = "xtensa-lx106-elf-ld"
L32R = 1

USED = """
extern int outside(int);
static const char text[] = "kept";
static const int *const table[] = {(const int *)text, (const int *)&table};
int counter;
__attribute__((noinline)) int helper(int n) { return outside(n + 0x12345678); }
int entry(int n) { counter += n; return helper(n ^ 0x12345678) + (int)table[n] + outside(1); }
"""
UNUSED = """
const char lost[] = "dropped";
const char *unused(void) { return lost; }
"""


@pytest.fixture
def link(tmp_path):
    """Compiles sources, links them and gives the output; sys.exit()'s message where that fails."""

    def run(*sources, entry="entry"):
        files, flags = [], ("-ffunction-sections", "-fdata-sections")
        for number, source in enumerate(sources):
            files.append(str(tmp_path / f"{number}.o"))
            command = ["clang-22", "--target=xtensa-none-elf", "-Os", "-xc", "-c", "-", *flags]
            subprocess.run([*command, "-o", files[-1]], input=source.encode(), check=True)
        return tool(files, entry)

    def tool(files, entry="entry", *options):
        output = tmp_path / "out.o"
        command = [sys.executable, str(TOOL), "-e", entry, *options, "-o", str(output), *files]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            return done.stderr
        return Object(output)

    run.tool = tool
    return run


class Object:
    """What the tool has written."""

    def __init__(self, path):
        self.elf = ELFFile(path.open("rb"))
        self.sections = {section.name: section for section in self.elf.iter_sections()}
        self.symbols = {one.name: one for one in self.sections[".symtab"].iter_symbols()}

    def data(self, name):
        return self.sections[name].data()

    def targets(self, name):
        """The relocations of a section: offset, the symbol's or section's name, what is added."""
        table = list(self.sections[".symtab"].iter_symbols())
        for entry in self.sections[".rela" + name].iter_relocations():
            symbol = table[entry["r_info_sym"]]
            index = symbol["st_shndx"]
            named = symbol.name or self.elf.get_section(index).name
            yield entry["r_offset"], named, entry["r_addend"]


def test_each_literal_is_stored_once_and_loaded_from_outside_the_code(link):
    linked = link(USED + UNUSED)
    words = linked.data(".literal")
    assert len(words) % 4 == 0
    values = list(struct.unpack(f"<{len(words) // 4}I", words))
    addresses = {offset // 4: name for offset, name, _ in linked.targets(".literal")}
    # Each value once, though two functions use it.
    assert values.count(0x12345678) == 1
    assert sorted(addresses.values()).count("outside") == 1
    assert ".bss" in addresses.values()
    text = linked.data(".text")
    for offset, name, addend in linked.targets(".text"):
        assert (name, addend % 4) == (".literal", 0)
        assert addend < len(words)
        # The distance is left to the next linker.
        assert (text[offset] & 15, text[offset + 1 : offset + 3]) == (L32R, bytes(2))
    # No literal is left in the code.
    assert struct.pack("<I", 0x12345678) not in text


def test_addresses_in_constants_point_to_their_targets(link):
    linked = link(USED)
    constants = linked.data(".data.rel.ro")
    found = {offset: name for offset, name, _ in linked.targets(".data.rel.ro")}
    assert set(found.values()) == {".data.rel.ro"}
    start = min(found)
    first, second = struct.unpack_from("<II", constants, start)
    assert constants[first : first + 5] == b"kept\0"
    assert second == start


def test_dead_code_is_dropped(link):
    linked = link(USED + UNUSED)
    assert b"dropped" not in linked.data(".data.rel.ro")
    assert linked.data(".text") == link(USED).data(".text")
    assert b"dropped" in link(USED + UNUSED, entry="unused").data(".data.rel.ro")


def test_entry_is_global_and_external_functions_stay_undefined(link):
    symbols = link(USED).symbols
    assert symbols["outside"]["st_shndx"] == "SHN_UNDEF"
    assert symbols["entry"]["st_info"]["bind"] == "STB_GLOBAL"
    # Not first in .text.
    assert symbols["entry"]["st_value"] > 0


def test_first_definition_counts(link, tmp_path):
    ours = "int outside(int n) { return n ^ 0x0abcdef1; }"
    theirs = "int outside(int n) { return n ^ 0x0abcdef2; } int other(void) { return 0x0abcdef3; }"
    words = link(USED, ours, theirs).data(".literal")
    found = [struct.pack("<I", 0x0ABCDEF0 + number) in words for number in (1, 2, 3)]
    assert found == [True, False, False]
    # The same from an archive.
    files = [str(tmp_path / f"{number}.o") for number in range(3)]
    subprocess.run(["ar", "rcs", str(tmp_path / "lib.a"), *files[1:]], check=True)
    assert link.tool([files[0], str(tmp_path / "lib.a")]).data(".literal") == words


def test_excluded_function_is_left_to_the_next_linker(link, tmp_path):
    """A firmware has its own memory functions."""
    link(USED)
    linked = link.tool([str(tmp_path / "0.o")], "entry", "-x", "helper")
    assert linked.symbols["helper"]["st_shndx"] == "SHN_UNDEF"
    assert len(linked.data(".text")) < len(link(USED).data(".text"))


def test_gnu_ld_links_the_output_and_l32r_finds_its_literals(link, tmp_path):
    """GNU ld, as a firmware's linker: L32R finds its literals, and these are right."""
    link("int outside(int n) { return n; }", USED)
    command = [LD, "--no-relax", "-Ttext=0x1000", "-e", "entry", "-o", tmp_path / "out"]
    subprocess.run([*command, tmp_path / "out.o"], check=True)
    # ld's own script has the literals in .text, before the code.
    before, after = Object(tmp_path / "out.o"), Object(tmp_path / "out")
    text, start = after.data(".text"), after.sections[".text"]["sh_addr"]
    moved = after.symbols["entry"]["st_value"] - before.symbols["entry"]["st_value"]
    found = []
    for offset, _, _ in before.targets(".text"):
        at = offset + moved - start
        distance = int.from_bytes(text[at + 1 : at + 3], "little") - 0x10000
        literal = ((start + at + 3) & ~3) + 4 * distance - start
        found.append(struct.unpack_from("<I", text, literal)[0])
    assert 0x12345678 in found
    assert after.symbols["entry"]["st_value"] not in found
    assert any(start < word < start + len(text) for word in found)


def test_unsupported_input_is_refused_with_the_reason(link, tmp_path):
    assert "no symbol missing" in link(USED, entry="missing")
    writable = "int state = 1; int entry(void) { return state++; }"
    assert "neither code nor constants" in link(writable)
    assert "not defined, and wanted with an offset" in link(
        "extern int far[9]; int *const table[] = {far, far + 4};"
        "int *entry(int n) { return table[n]; }"
    )
    stripped = [str(tmp_path / name) for name in ("0.o", "stripped.o")]
    assert link(USED).symbols
    objcopy = ["xtensa-lx106-elf-objcopy", "-R", ".rela.text.entry"]
    subprocess.run([*objcopy, *stripped], check=True)
    assert "L32R without literal" in link.tool([stripped[1]])
    foreign = tmp_path / "foreign.o"
    subprocess.run(["cc", "-xc", "-c", "-", "-o", foreign], input=b"int entry;", check=True)
    assert "not an object for Xtensa" in link.tool([str(foreign)])
