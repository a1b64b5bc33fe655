#!/usr/bin/env python3
"""Make one relocatable object of LLVM's Xtensa objects, in the form that other linkers expect.

    xtensa_ld.py -e mpy_init -o module.o glue.o libsaguarota.a

What LLVM's own objects (rustc, clang; seen with LLVM 22) lack: Xtensa code takes addresses and
large constants from literals, words that the instruction L32R reads some way before itself. GNU's
tools gather them in sections called .literal. LLVM's object writer leaves the literals of a
function behind the code of the one before it, in that one's section and unaligned, where L32R
cannot read them and where neither MicroPython's mpy_ld nor GNU ld expects them.

What this does: it starts at the entry symbols and follows each relocation, so that what nothing
refers to is dropped; takes the literal of every L32R to .literal, each value once; cuts the
literals off the code; and writes what is left as .literal, .text, .data.rel.ro and .bss. Symbols
that are not defined stay undefined, and so do those named by -x. Of several definitions the first
one counts, so that a file can replace what a later archive has.

The objects must come from -ffunction-sections (rustc's do), have no data that can be written to but
.bss, and no calls but through literals, which is what LLVM makes. Anything else is an error.
"""

import argparse
import io
import struct
import sys
from collections import namedtuple

from ar import Archive
from elftools.elf.elffile import ELFFile

R_XTENSA_32 = 1
R_XTENSA_SLOT0_OP = 20
L32R = 1  # the lowest four bits; instructions with 8 or more there have two bytes, not three

# Where a word leads: a section, or None for a symbol that is not defined here, and an offset.
Place = namedtuple("Place", "section name offset")


class LinkError(Exception):
    """What this tool cannot do."""


class Section:
    """A section of an input file. `code` is where its code ends; what follows are literals."""

    KINDS = ((".text", ".text"), (".rodata", ".data.rel.ro"), (".data.rel.ro", ".data.rel.ro"))

    def __init__(self, elf_section, file):
        self.name, self.file = elf_section.name, file
        self.data = bytearray(elf_section.data())
        self.alignment = max(4 if self.name.startswith(".text") else 1, elf_section.data_alignment)
        self.relocations, self.functions, self.code = {}, [], 0
        self.kind = next((kind for start, kind in self.KINDS if self.name.startswith(start)), None)
        if elf_section["sh_type"] == "SHT_NOBITS" and self.name.startswith(".bss"):
            self.kind = ".bss"

    def content(self):
        """What goes to the output."""
        return self.data[: self.code] if self.kind == ".text" else self.data

    def __str__(self):
        return f"{self.file}: {self.name}"


class Linker:
    """The input files; then what is reached from the entry symbols."""

    def __init__(self):
        self.sections = []
        self.symbols = {}
        self.flags = 0

    def load(self, path):
        """Read an object, or all objects of an archive."""
        if path.endswith(".a"):
            with open(path, "rb") as file:
                archive = Archive(file)
                for member in archive:
                    with archive.open(member, "rb") as content:
                        self._load_object(io.BytesIO(content.read()), f"{path}({member.name})")
        else:
            with open(path, "rb") as file:
                self._load_object(file, path)

    def _load_object(self, file, name):
        elf = ELFFile(file)
        if elf["e_machine"] != "EM_XTENSA":
            raise LinkError(f"{name}: not an object for Xtensa")
        self.flags = elf["e_flags"]
        sections = {
            index: Section(section, name)
            for index, section in enumerate(elf.iter_sections())
            if section["sh_flags"] & 2  # SHF_ALLOC
        }
        self.sections += sections.values()
        symbols = list(elf.get_section_by_name(".symtab").iter_symbols())
        for symbol in symbols:
            section = sections.get(symbol["st_shndx"])
            if section and symbol["st_info"]["type"] == "STT_FUNC":
                end = symbol["st_value"] + symbol["st_size"]
                section.functions.append((symbol["st_value"], end))
                section.code = max(section.code, end)
            if section and symbol["st_info"]["bind"] != "STB_LOCAL":
                self.symbols.setdefault(symbol.name, Place(section, None, symbol["st_value"]))
        for table in elf.iter_sections():
            if table["sh_type"] != "SHT_RELA" or table["sh_info"] not in sections:
                continue
            for entry in table.iter_relocations():
                symbol, addend = symbols[entry["r_info_sym"]], entry["r_addend"]
                section = sections.get(symbol["st_shndx"])
                local = section and symbol["st_info"]["bind"] == "STB_LOCAL"
                place = Place(section, None, symbol["st_value"] + addend)
                sections[table["sh_info"]].relocations[entry["r_offset"]] = (
                    entry["r_info_type"],
                    place if local else Place(None, symbol.name, addend),
                )

    def resolve(self, place):
        """Where a relocation leads: the definition of a global symbol, if there is one."""
        found = self.symbols.get(place.name)
        if place.name is None or found is None:
            if place.name is not None and place.offset:
                raise LinkError(f"{place.name} is not defined, and wanted with an offset")
            return place
        return Place(found.section, None, found.offset + place.offset)

    def word(self, section, offset):
        """What a word of a section holds: a number, or the place that a relocation puts there."""
        kind, place = section.relocations.get(offset, (None, None))
        (value,) = struct.unpack_from("<I", section.data, offset)
        if kind is None:
            return value
        if kind != R_XTENSA_32 or value:
            raise LinkError(f"{section}: relocation of type {kind} of a word, at {offset:#x}")
        return self.resolve(place)

    def literals(self, section):
        """The offset of each L32R in a section's code, with its literal."""
        for start, end in section.functions:
            offset = start
            while offset < end:
                operation = section.data[offset] & 15
                kind, place = section.relocations.get(offset, (None, None))
                if (kind == R_XTENSA_SLOT0_OP) != (operation == L32R):
                    raise LinkError(f"{section}: L32R without literal, or literal without L32R")
                if kind is not None:
                    place = self.resolve(place)
                    yield offset, self.word(place.section, place.offset)
                offset += 2 if operation >= 8 else 3

    def words(self, section):
        """The offset of each word that needs an address, with the place."""
        if section.kind == ".text":
            return dict(self.literals(section))
        return {offset: self.word(section, offset) for offset in section.relocations}

    def reach(self, entries):
        """The sections that the entries need, in the order of the files."""
        missing = [name for name in entries if name not in self.symbols]
        if missing:
            raise LinkError(f"no symbol {', '.join(missing)}")
        todo = [self.symbols[name].section for name in entries]
        seen = {}
        while todo:
            section = todo.pop()
            if section in seen:
                continue
            if section.kind is None:
                raise LinkError(f"{section}: neither code nor constants nor .bss")
            seen[section] = self.words(section)
            places = (word for word in seen[section].values() if isinstance(word, Place))
            todo += [place.section for place in places if place.section]
        return {section: seen[section] for section in self.sections if section in seen}


class Output:
    """The object to be written: sections with their relocations, and symbols."""

    NAMES = (".literal", ".text", ".data.rel.ro", ".bss")

    def __init__(self, flags):
        self.flags = flags
        self.data = {name: bytearray() for name in self.NAMES}
        self.relocations = {name: [] for name in self.NAMES}
        # Symbols 1 to 4 stand for the sections; then come, as ELF wants it, the global ones.
        self.globals = {}
        self.places = {}

    def add(self, section):
        data = self.data[section.kind]
        data += bytes(-len(data) % section.alignment)
        self.places[section] = len(data)
        data += section.content()

    def symbol(self, name, value=0, index=0):
        number, *_ = self.globals.setdefault(name, (len(self.globals) + 5, value, index))
        return number

    def address(self, name, offset, place):
        """Let the word at `offset` of an output section become the address of `place`."""
        if place.section is None:
            symbol = self.symbol(place.name)
        else:
            symbol = self.NAMES.index(place.section.kind) + 1
            struct.pack_into(
                "<I", self.data[name], offset, self.places[place.section] + place.offset
            )
        self.relocations[name].append((offset, symbol << 8 | R_XTENSA_32, 0))

    def link(self, reached, entries, linker):
        """Place all sections, then fill in their words."""
        last = {linker.symbols[name].section for name in entries}
        # mpy_ld gives an entry that is first a meaning of its own; padding is least this way.
        for section in sorted(reached, key=lambda one: (one in last, -one.alignment)):
            self.add(section)
        for name in entries:
            entry = linker.symbols[name]
            self.symbol(name, self.places[entry.section] + entry.offset, 2)
        literals = {}
        for section, words in reached.items():
            base = self.places[section]
            for offset, word in words.items():
                if section.kind != ".text":
                    self.address(section.kind, base + offset, word)
                    continue
                if word not in literals:
                    literals[word] = len(self.data[".literal"])
                    value = word if isinstance(word, int) else 0
                    self.data[".literal"] += struct.pack("<I", value)
                    if isinstance(word, Place):
                        self.address(".literal", literals[word], word)
                # The distance is the next linker's; it adds to what stands there.
                self.data[".text"][base + offset + 1 : base + offset + 3] = bytes(2)
                relocation = (base + offset, 1 << 8 | R_XTENSA_SLOT0_OP, literals[word])
                self.relocations[".text"].append(relocation)
        for data in self.data.values():
            data += bytes(-len(data) % 4)

    def write(self, path):
        names, symbols = bytearray(1), bytearray(16)
        for index in range(1, 5):
            symbols += struct.pack("<IIIBBH", 0, 0, 0, 3, 0, index)  # STT_SECTION
        for name, (_, value, index) in self.globals.items():
            kind = 1 << 4 | (2 if index else 0)  # STB_GLOBAL; STT_FUNC where it is defined
            symbols += struct.pack("<IIIBBH", len(names), value, 0, kind, 0, index)
            names += name.encode() + b"\0"
        alloc, flags = 2, {".text": 6, ".bss": 3}
        # Each entry: name, type, flags, data, link, info, alignment, size of an entry.
        table = [("", 0, 0, b"", 0, 0, 0, 0)]
        for name in self.NAMES:
            kind = 8 if name == ".bss" else 1  # SHT_NOBITS, SHT_PROGBITS
            table.append((name, kind, flags.get(name, alloc), self.data[name], 0, 0, 16, 0))
        for index, name in enumerate(self.NAMES[:3], 1):
            rows = b"".join(struct.pack("<III", *row) for row in sorted(self.relocations[name]))
            table.append((".rela" + name, 4, 0, rows, 8, index, 4, 12))
        table.append((".symtab", 2, 0, symbols, 9, 5, 4, 16))
        table.append((".strtab", 3, 0, names, 0, 0, 1, 0))
        places = [len(names)]
        for row in table:
            places.append(places[-1] + len(row[0]) + 1)
            names += row[0].encode() + b"\0"
        body, headers = bytearray(52), bytearray()
        for place, (_, kind, flag, data, link, info, alignment, entry) in zip(places, table):
            body += bytes(-len(body) % 16)
            row = (place, kind, flag, 0, len(body), len(data), link, info, alignment, entry)
            headers += struct.pack("<10I", *row)
            body += b"" if kind == 8 else data
        body += bytes(-len(body) % 4)
        # ET_REL, EM_XTENSA
        body[:52] = b"\x7fELF\x01\x01\x01".ljust(16, b"\0") + struct.pack(
            "<HHIIIIIHHHHHH", 1, 94, 1, 0, 0, len(body), self.flags, 52, 0, 0, 40, len(table), 9
        )
        with open(path, "wb") as file:
            file.write(body + headers)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("-e", dest="entries", action="append", required=True, help="what to keep")
    parser.add_argument("-x", dest="foreign", action="append", default=[], help="what to leave out")
    parser.add_argument("-o", dest="output", required=True, help="the object to write")
    parser.add_argument("files", nargs="+", help="objects and archives, the most important first")
    arguments = parser.parse_args()
    linker = Linker()
    try:
        for path in arguments.files:
            linker.load(path)
        for name in arguments.foreign:
            linker.symbols.pop(name, None)
        output = Output(linker.flags)
        output.link(linker.reach(arguments.entries), arguments.entries, linker)
    except LinkError as error:
        sys.exit(f"xtensa_ld: {error}")
    output.write(arguments.output)


if __name__ == "__main__":
    main()
