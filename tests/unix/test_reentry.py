"""Streams, arguments and finalisers that use or resize what the native module is at work on."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "device" / "reentry.py"


@pytest.fixture
def check(micropython, dist):
    """Runs one check of the script; a crash is a failure."""

    def run(name):
        done = subprocess.run(
            [micropython, SCRIPT, name],
            env={"MICROPYPATH": str(dist)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stdout) == (0, "done\n"), done.stdout + done.stderr

    return run


def test_a_manifest_in_use_refuses_a_second_call(check):
    check("manifest")


def test_two_manifests_that_are_compared_both_refuse_a_second_call(check):
    check("pair")


def test_a_response_in_use_refuses_a_second_call(check):
    check("response")


def test_a_listing_is_free_again_after_an_exception(check):
    check("listing")


def test_an_object_is_free_again_after_its_stream_has_raised(check):
    check("raising")


def test_an_object_in_use_refuses_another_thread(check):
    check("thread")


def test_a_finaliser_does_not_enter_an_object_in_use(check):
    check("finaliser")


def test_a_table_resized_by_the_stream_is_an_error_or_filled_right(check):
    check("tables")


def test_texts_and_buffers_resized_by_the_stream_do_no_harm(check):
    check("arguments")
    check("digest")


def test_two_streams_may_move_the_buffers_of_each_other(check):
    check("pair_resized")


def test_an_argument_resized_by_the_truth_of_another_is_checked_after_it(check):
    check("truth")
