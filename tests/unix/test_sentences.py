"""What the native module refuses without any byte from outside, in words."""

import pytest

REFUSED = {
    "digest('sha1', stream, bytearray(8))": "ValueError: digest is neither md5 nor sha256",
    "digest('md5', stream, bytearray(0))": "ValueError: buffer is empty",
    "digest('md5', stream, b'12345678')": "TypeError: buffer expected",
    "manifest.sort(bytearray(5))": "ValueError: index is not 4 bytes an entry",
    "manifest.members(bytearray(9), False)": "ValueError: table is not 8 bytes an entry",
    "manifest.same_file(bytearray(3))": "ValueError: table under 4 bytes",
    "manifest.next(manifest, 0, 0)": "ValueError: a manifest cannot be compared with itself",
    "other.members(bytearray(8), False)": "ValueError: manifest must be validated first",
    "manifest.next(response, False, False)": "TypeError: object of another type",
    "response.open(stream) or response.read()": "ValueError: no response is open",
    "quote('a' * 766)": "ValueError: path over 765 bytes when quoted",
}
SOURCE = """
import io
from _saguarota import Manifest, Response, digest, quote
from saguarota.const import describe
stream = io.BytesIO(b'{{"files":[{{"path":"a"}}]}}')
manifest = Manifest(stream, bytearray(64), "", "signature")
manifest.validate()
other = Manifest(stream, bytearray(64), "", "signature")
response = Response(bytearray(64))
try:
    {call}
except Exception as e:
    say(arguments=e.args, text=describe(e))
"""


@pytest.mark.parametrize("call", REFUSED)
def test_a_wrong_argument_is_refused_by_a_code_that_has_a_sentence(device, call):
    boot = device.execute(SOURCE.format(call=call))
    (said,) = boot.said
    assert said["text"] == REFUSED[call]
    assert type(said["arguments"][0]) is int and said["arguments"][1:] == [None, None]


def test_without_memory_for_the_sentences_the_numbers_are_reported(device):
    """As where the module that has them finds no room on the heap."""
    boot = device.execute("""
from saguarota import const
def call(*args):
    raise MemoryError
const.call = call
say(text=const.describe(ValueError(7, 3, 210)))
""")
    assert boot.said == [{"text": "ValueError: (7, 3, 210)"}]


def test_errors_of_an_application_are_reported_as_they_are(device):
    boot = device.execute("""
from saguarota import const
for error in (ValueError("a"), ValueError(), ValueError(7), OSError(7, "a", "b"), TypeError(1, 2)):
    say(text=const.describe(error))
""")
    assert [said["text"] for said in boot.said] == [
        "ValueError: a",
        "ValueError: ",
        "ValueError: 7",
        "OSError: (7, 'a', 'b')",
        "TypeError: (1, 2)",
    ]
