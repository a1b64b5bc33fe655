"""Numbers among the options: none of them raises, for the exception would come out of boot.py."""

import pytest
from constructing import found

# Default, range.
WHOLE = {
    "download_retries": (1, 0, 100),
    "retry_base_delay_ms": (250, 0, 60000),
    "io_chunk_size": (512, 1, 65536),
    "md5_chunk_size": (512, 1, 65536),
    "max_unconfirmed_boots": (None, 1, 1000),
}
# Sources of values, and the numbers that they are.
NUMBERS = {
    "7": 7,
    '"7"': 7,
    '" 7\\t"': 7,
    '"+7"': 7,
    '"007"': 7,
    '"1_000"': 1000,
    '"-3"': -3,
    "-3": -3,
    "0": 0,
    '"0"': 0,
    "2**70": 2**70,
    "-2**70": -(2**70),
    '"9" * 32': 10**32 - 1,
    '"-" + "9" * 31': 1 - 10**31,
}
# And those of values that are none, with their types.
OTHERS = {
    '"abc"': "str",
    '""': "str",
    '" "': "str",
    '"-"': "str",
    '"2.5"': "str",
    '"7.0"': "str",
    '"0x10"': "str",
    '"7 7"': "str",
    '"7\\0"': "str",
    '"\u0667"': "str",
    '"9" * 33': "str",
    '"9" * 100_000': "str",
    'b"7"': "bytes",
    "2.5": "float",
    "7.0": "float",
    'float("nan")': "float",
    'float("inf")': "float",
    "True": "bool",
    "False": "bool",
    "[]": "list",
    "(7,)": "tuple",
    "{}": "dict",
    "object()": "object",
    "int": "type",
}
TIMEOUTS = {
    "3": 3,
    "0.5": 0.5,
    "0.001": 0.001,
    "86400": 86400,
    '"5"': 5,
    '" 2.5 "': 2.5,
    '".5"': 0.5,
    '"1e3"': 1000,
    "None": None,
}
TIMEOUTS_OUT_OF_RANGE = [
    *("0", "-1", "-0.5", "1e-4", "86401", "2**70", "2**2000", "-2**70", '"0"', '"-3"', '"1e9"'),
    *('float("nan")', 'float("inf")', '-float("inf")', '"nan"', '"inf"', '"9" * 32'),
]
NO_TIMEOUTS = {
    **{source: of for source, of in OTHERS.items() if of != "float"},
    '"2,5"': "str",
    '"2.5 s"': "str",
}
for _source in ('"2.5"', '"7.0"'):
    del NO_TIMEOUTS[_source]


@pytest.fixture(params=["dist", "plain"])
def package(request):
    """The package as it is copied to a device, or as its modules one by one."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["micropython", "other_micropython"])
def either(request, device, package):
    """A device of each port, with each form of the package."""
    device.interpreter = request.getfixturevalue(request.param)
    device.sys_path[:] = [str(package)]
    return device


def expect(device, name, expected):
    """`expected`: by the source of a value, what becomes of it, and the warning or None."""
    results = found(device, name, list(expected))
    for (source, (value, warning)), (got, lines) in zip(expected.items(), results):
        printed = [line for line in lines if line]
        wanted = [] if warning is None else [f"saguarota: warning: {name} {warning}"]
        assert (got, printed) == (value, wanted), source


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_and_decimal_strings_are_accepted_within_their_range(either, name):
    default, start, end = WHOLE[name]
    expected = {}
    for source, number in {**NUMBERS, str(start): start, str(end): end}.items():
        if start <= number <= end:
            expected[source] = number, None
        else:
            nearest = start if number < start else end
            used = nearest if default is None else default
            expected[source] = used, f"is not from {start} to {end}: using {used}"
    assert len({warning for _, warning in expected.values()}) > 1
    expect(either, name, expected)


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_no_whole_number_becomes_the_default(either, name):
    default = WHOLE[name][0]
    effect = f"using the default, {default}"
    others = dict(OTHERS)
    if default is None:
        effect = "no unconfirmed update will be reverted"
    else:
        others["None"] = "NoneType"
    expected = {}
    for source, of in others.items():
        expected[source] = default, f"({of}) is not a whole number: {effect}"
    expect(either, name, expected)


def test_no_limit_of_unconfirmed_boots_is_the_default_without_a_warning(either):
    expect(either, "max_unconfirmed_boots", {"None": (None, None)})


def test_a_timeout_that_is_no_number_in_range_becomes_5_seconds(either):
    expected = {source: (number, None) for source, number in TIMEOUTS.items()}
    for source in TIMEOUTS_OUT_OF_RANGE:
        expected[source] = 5, "is not from 0.001 to 86400: using 5"
    for source, of in NO_TIMEOUTS.items():
        expected[source] = 5, f"({of}) is not a number of seconds: using the default, 5"
    expect(either, "http_timeout_s", expected)


def test_a_long_string_of_digits_takes_no_heap(device):
    """It is not read into an integer, which could be as large as the heap."""
    boot = device.execute("""
import gc

def taken(digits):
    gc.collect()
    gc.disable()
    before = gc.mem_free()
    updater = make(download_retries=digits)
    after = gc.mem_free()
    gc.enable()
    updater.release()
    return before - after

values = ["9" * 33, "9" * 33, "9" * 100_000]
say(taken=[taken(value) for value in values])
""")
    _, short, long = boot.said[0]["taken"]
    assert short > 1000 and abs(long - short) < 200


STRINGS = {
    "http_timeout_s": "2.5",
    "download_retries": "3",
    "retry_base_delay_ms": "1",
    "io_chunk_size": "64",
    "md5_chunk_size": "32",
    "max_unconfirmed_boots": "2",
}


@pytest.mark.parametrize(
    ("options", "warned"),
    [
        (STRINGS, False),
        (dict.fromkeys(STRINGS, "abc"), True),
        ({name: [] for name in STRINGS}, True),
        (dict.fromkeys(STRINGS, -1), True),
    ],
    ids=["decimal", "abc", "list", "negative"],
)
def test_an_update_is_installed_whatever_the_number_options_are(either, release, options, warned):
    release.put("main.py", b"main" * 500, 1000).put("lib/a.py", b"a", 1000)
    boot = either.boot(**options)
    assert (boot.code, boot.reset, boot.status) == (None, True, 0), boot.log
    assert either.app() == release.tree()
    warned_of = {name for name in options if f"warning: {name} " in boot.log}
    assert warned_of == (set(options) if warned else set())
