# Runs on every board: answers vectors, a line of JSON each, with a line of JSON each.

import binascii
import io
import json

from _saguarota import Listing, Manifest, Response, digest, quote


class Repeated(io.IOBase):
    """A stream of some data over and over."""

    def __init__(self, data, times):
        self.data = data
        self.left = len(data) * times
        self.at = 0

    def readinto(self, buffer):
        got = min(len(buffer), self.left, len(self.data) - self.at)
        buffer[:got] = self.data[self.at : self.at + got]
        self.at = (self.at + got) % (len(self.data) or 1)
        self.left -= got
        return got


def digests(vector, data, buffer):
    return {"answer": digest(vector["name"], Repeated(data, vector["times"]), buffer)}


def quotes(vector, data, buffer):
    return {"answer": quote(data)}


def check_record(record):
    """A record has no attribute but its own, and none can be changed."""
    for change in (lambda: record.unheard_of, lambda: setattr(record, "version", 1)):
        try:
            change()
        except AttributeError:
            continue
        raise AssertionError(record)


def manifests(vector, data, buffer):
    manifest = Manifest(io.BytesIO(data), buffer, vector["own"], "signature")
    key = vector["key"]
    facts = manifest.validate()
    check_record(facts)
    if not facts.sorted:
        manifest.sort(bytearray(4 * facts.total))
    answer = {"version": facts.version, "ordered": facts.sorted, "signed": facts.signed}
    answer["extended"] = facts.extended and facts.sha256
    answer["verified"] = manifest.verify(key)
    tables = []
    for fold in (False, True):
        table = bytearray(8 * facts.total)
        manifest.members(table, fold)
        members = sorted(bytes(table[at : at + 8]) for at in range(0, len(table), 8))
        tables.append(binascii.hexlify(b"".join(members)).decode())
    answer["tables"] = tables
    manifest.rewind()
    answer["entries"] = found = []
    while True:
        entry = manifest.next(None, False, True)
        if entry is None:
            return answer
        row = (entry.path, entry.local, entry.version, entry.md5, entry.due)
        found.append(row + (entry.index, entry.size, entry.sha256))


def responses(vector, data, buffer):
    response = Response(buffer)
    response.open(io.BytesIO(data))
    head = None
    while head is None:
        head = response.head()
    row = (head.status, head.framed, head.redirect, head.validator, head.start, head.size)
    answer = {"head": row, "body": ""}
    body = b""
    while True:
        got = response.read()
        if got is None:
            answer["body"] = binascii.hexlify(body).decode()
            answer["reusable"] = response.reusable()
            return answer
        body += memoryview(buffer)[:got]


def listings(vector, data, buffer):
    listing = Listing(vector["folder"], vector["own"])
    found = []
    for start in range(0, len(data), len(buffer)):
        piece = data[start : start + len(buffer)]
        link = listing.next(piece)
        while link:
            found.append(link)
            link = listing.next(piece)
    return {"links": found}


def run(lines):
    """Answers each line of a file."""
    for line in lines:
        vector = json.loads(line)
        data = binascii.unhexlify(vector["data"])
        try:
            answer = globals()[vector["kind"]](vector, data, bytearray(vector["buffer"]))
        except ValueError as error:
            answer = {"error": error.args}
        print(json.dumps(answer))
