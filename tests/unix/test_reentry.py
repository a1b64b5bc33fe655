"""Streams, arguments and finalisers that use or resize what the native module is at work on."""

import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent / "device"


@pytest.fixture
def check(micropython, dist):
    """Runs one check of a script; a crash is a failure."""

    def run(script, name):
        done = subprocess.run(
            [micropython, SCRIPTS / script, name],
            env={"MICROPYPATH": str(dist)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stdout) == (0, "done\n"), done.stdout + done.stderr

    return run


def test_a_manifest_in_use_refuses_a_second_call(check):
    check("reentry.py", "manifest")


def test_two_manifests_that_are_compared_both_refuse_a_second_call(check):
    check("reentry.py", "pair")


def test_a_response_in_use_refuses_a_second_call(check):
    check("reentry.py", "response")


def test_a_listing_is_free_again_after_an_exception(check):
    check("reentry.py", "listing")


def test_an_object_is_free_again_after_its_stream_has_raised(check):
    check("reentry.py", "raising")


def test_an_object_in_use_refuses_another_thread(check):
    check("reentry.py", "thread")


def test_a_finaliser_does_not_enter_an_object_in_use(check):
    check("reentry.py", "finaliser")


def test_a_table_resized_by_the_stream_is_an_error_or_filled_right(check):
    check("resizing.py", "tables")


def test_texts_and_buffers_resized_by_the_stream_do_no_harm(check):
    check("resizing.py", "arguments")
    check("resizing.py", "digest")


def test_two_streams_may_move_the_buffers_of_each_other(check):
    check("resizing.py", "pair_resized")


def test_an_argument_resized_by_the_truth_of_another_is_checked_after_it(check):
    check("resizing.py", "truth")
