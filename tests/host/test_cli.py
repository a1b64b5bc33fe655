"""The command line: help, exit codes, `manifest`, bad input, progress."""

import json
import os
import pty
import re
import signal
import subprocess

import pytest
from command import command, environment, error, run
from host_tree import MTIME, UNUSUAL
from saguarota.py3utils import OTAManifestBuilder
from saguarota.version import __version__


def test_each_command_has_help_with_examples_and_exit_codes():
    top = run("--help")
    for name in ("manifest", "verify", "serve"):
        assert name in top.stdout
        text = run(name, "--help").stdout
        assert "examples:" in text
        assert f"python -m saguarota {name} " in text
        assert "exit codes:" in text
        assert "--json" in text
    assert run("--version").stdout.strip() == __version__


def test_every_builder_option_is_in_the_help():
    text = run("manifest", "--help").stdout
    assert set(re.findall(r"^  (?:-o(?: OUTPUT)?, )?(--[a-z-]+)", text, re.MULTILINE)) == {
        *("--json", "--output", "--key-file", "--key-env", "--signature-field", "--extension"),
        *("--exclude-prefix", "--exclude-folder", "--no-follow-links", "--version-source"),
        *("--git", "--previous", "--reuse-unchanged-versions", "--indent", "--compact"),
        "--extended",
    }


class TestManifest:
    """python -m saguarota manifest."""

    def test_manifest_goes_to_stdout_and_warnings_go_to_stderr(self, put):
        src = put(*UNUSUAL)
        done = run("manifest", src, env={"PYTHONIOENCODING": "ascii"})
        with pytest.warns(UserWarning, match="FAT can't hold") as warned:
            assert done.stdout == OTAManifestBuilder(src).generate_manifest() + "\n"
        assert done.stderr.splitlines() == [
            *(f"warning: {warning.message}" for warning in warned),
            f"{len(UNUSUAL)} files, version {MTIME}, not signed",
        ]
        assert len(warned) == 3

    def test_output_option_writes_the_manifest_to_a_file(self, put, tmp_path):
        src, output = put("a.py"), tmp_path / "out.json"
        done = run("manifest", src, "-o", output)
        assert output.read_text() == OTAManifestBuilder(src).generate_manifest()
        assert (done.stdout, done.stderr) == (
            "",
            f"{output}: 1 files, version {MTIME}, not signed\n",
        )

    def test_json_option_reports_the_result_on_stdout(self, put, tmp_path):
        src, output = put("a.py"), tmp_path / "out.json"
        facts = {"version": MTIME, "files": 1, "signed": True, "extended": False}
        key = ("--key-env", "OTA_KEY", "--json")
        done = run("manifest", src, "-o", output, *key, env={"OTA_KEY": "k"})
        assert json.loads(done.stdout) == {"output": str(output), **facts}
        assert done.stderr == ""
        done = run("manifest", src, *key, env={"OTA_KEY": "k"})
        data = OTAManifestBuilder(src, auth_key="k").generate_manifest_data()
        assert json.loads(done.stdout) == {"output": None, **facts, "manifest": data}

    @pytest.mark.parametrize(
        "content", [b"schl\xc3\xbcssel", b"schl\xc3\xbcssel\n", b"\xef\xbb\xbfschl\xc3\xbcssel\r\n"]
    )
    def test_key_file_is_utf8_without_its_bom_and_final_newline(self, put, tmp_path, content):
        src, key = put("a.py"), tmp_path / "key"
        key.write_bytes(content)
        expected = OTAManifestBuilder(src, auth_key="schlüssel", signature_field="sig")
        done = run("manifest", src, "--key-file", key, "--signature-field", "sig")
        assert done.stdout == expected.generate_manifest() + "\n"

    def test_key_from_the_environment_is_used_unchanged(self, put):
        src = put("a.py")
        done = run("manifest", src, "--key-env", "OTA_KEY", env={"OTA_KEY": " schlüssel"})
        expected = OTAManifestBuilder(src, auth_key=" schlüssel").generate_manifest()
        assert done.stdout == expected + "\n"

    @pytest.mark.parametrize(
        ("arguments", "options"),
        [
            (["--extension", "txt", "--extension", ".py"], {"allowed_extensions": ["txt", "py"]}),
            (["--extension="], {"allowed_extensions": [""]}),
            (["--exclude-prefix", "a"], {"exclude_prefixes": ["a"]}),
            (["--exclude-prefix="], {"exclude_prefixes": []}),
            (["--exclude-folder", "lib"], {"exclude_folders": ["lib"]}),
            (["--exclude-folder="], {"exclude_folders": []}),
            (["--no-follow-links"], {"followlinks": False}),
            (["--indent", "0"], {"json_indent": 0}),
            (["--compact"], {"json_indent": None}),
            (["--extended"], {"extended": True}),
        ],
    )
    def test_each_option_does_what_the_builders_option_does(self, put, arguments, options):
        src = put("a.py", "b.txt", "test_c.py", "docs/d.py", "lib/e.py", "Makefile")
        (src / "link.py").symlink_to(__file__)
        done = run("manifest", src, *arguments)
        expected = OTAManifestBuilder(src, **options).generate_manifest()
        assert done.stdout == expected + "\n"
        assert expected != OTAManifestBuilder(src).generate_manifest(), "the option does nothing"

    def test_unchanged_files_reuse_versions_and_missing_git_means_mtimes(self, put, tmp_path):
        src, previous = put("a.py", "b.py"), tmp_path / "previous.json"
        run("manifest", src, "-o", previous)
        put(mtime=MTIME + 9, **{"a.py": b"# a.py\n", "b.py": b"changed"})
        reuse = ("--previous", previous, "--reuse-unchanged-versions")
        files = json.loads(run("manifest", src, *reuse).stdout)["files"]
        assert [file["version"] for file in files] == [MTIME, MTIME + 9]
        git = ("--version-source", "git_commit_time", "--git", "no-such-git")
        done = run("manifest", src, *git)
        assert re.match("warning: git tells no commit times, .*'no-such-git'\n", done.stderr)
        assert json.loads(done.stdout)["version"] == MTIME + 9


class TestBadInput:
    """Each ends with exit code 2 and one line that says what and where."""

    @pytest.mark.parametrize(
        ("arguments", "what"),
        [
            ([], "COMMAND"),
            (["build"], "'build'"),
            (["manifest"], "SRC"),
            (["manifest", "{src}", "--unknown"], "--unknown"),
            # No option takes the key itself, not even by its beginning.
            (["manifest", "{src}", "--key", "secret"], "unrecognized"),
            (["manifest", "{src}", "--key-file", "a", "--key-env", "b"], "not allowed with"),
            (["manifest", "{src}", "--compact", "--indent", "1"], "not allowed with"),
            (["manifest", "{src}", "--indent", "x"], "--indent"),
            (["manifest", "{src}", "--indent", "-1"], "json_indent is -1"),
            (["manifest", "{src}", "--version-source", "git"], "'git'"),
            (["manifest", "{src}", "--reuse-unchanged-versions"], "needs --previous"),
            (["manifest", "{src}", "--signature-field", "files"], "signature_field"),
            (["manifest", "{src}/none"], "not a folder: '.*none'"),
            (["manifest", "{src}/a.py"], "not a folder"),
            (["manifest", ""], "src_dir is empty"),
            (["manifest", "{src}", "-o", "{src}/none/x.json"], "No such file .*none"),
            (["manifest", "{src}", "-o", "{src}"], "is a folder: .*src'"),
            (
                ["manifest", "{src}", "--previous", "{src}/a.py", "--reuse-unchanged-versions"],
                "a.py: not a manifest",
            ),
            (["manifest", "{src}", "--key-file", "{src}/none"], "No such file .*none'"),
            (["manifest", "{src}", "--key-file", "{src}"], "Is a directory: "),
            (["manifest", "{src}", "--key-file", "{src}/empty"], "empty': the key is empty"),
            (["manifest", "{src}", "--key-file", "{src}/binary"], "the key is not UTF-8"),
            (["manifest", "{src}", "--key-env", "NO_SUCH"], "'NO_SUCH': no such variable"),
            (["manifest", "{src}", "--key-env", "EMPTY"], "'EMPTY': the key is empty"),
            (["verify"], "MANIFEST"),
            (["verify", "{src}/none"], "No such file .*none'"),
            (["verify", "{src}"], "Is a directory: "),
            (["verify", "{src}/a.py", "--root", "{src}/none"], "--root is not a folder"),
            (["verify", "{src}/a.py", "--key-env", "NO_SUCH"], "NO_SUCH"),
            (["serve", "{src}/none"], "not a folder"),
            (["serve", "{src}", "--port", "65536"], "port is 65536"),
            (["serve", "{src}", "--port", "http"], "--port"),
            (["serve", "{src}", "--port", "0", "--host", "256.0.0.1"], "256.0.0.1:0"),
        ],
    )
    def test_bad_input_exits_with_code_2_and_one_line_of_what_and_where(self, put, arguments, what):
        src = put(**{"a.py": b"a", "empty": b"\n", "binary": b"\xff"})
        words = [word.format(src=src) for word in arguments]
        assert re.search(what, error(*words, env={"EMPTY": ""}))

    def test_path_that_no_device_accepts_is_an_error_and_leaves_the_output(self, put, tmp_path):
        output = tmp_path / "out.json"
        output.write_text("old")
        line = error("manifest", put("a\nb.py"), "-o", output)
        assert line.endswith(
            r"'a\nb.py': no device would accept this file: control character in "
            "path"
        )
        assert output.read_text() == "old"

    def test_key_is_never_shown(self, put):
        src = put(secret=b"hush-\xff")
        assert "hush" not in error("manifest", src, "--key-file", src / "secret")

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="wants Linux's /dev/full")
    def test_full_disk_is_reported_with_exit_code_2_and_no_traceback(self, put):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                command("manifest", put("a.py")),
                stdout=full,
                stderr=subprocess.PIPE,
                env=environment(),
                text=True,
            )
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].endswith("error: No space left on device")
        assert "Traceback" not in done.stderr

    def test_closed_stdout_ends_the_command_quietly_with_exit_code_2(self, put):
        src = put(*(f"{number}.py" for number in range(2000)))
        process = subprocess.Popen(
            command("manifest", src),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            text=True,
        )
        process.stdout.readline()
        process.stdout.close()
        assert "rror" not in process.stderr.read()
        assert process.wait(60) == 2
        process.stderr.close()


def test_ctrl_c_ends_the_command_silently_with_exit_code_130(put):
    """While it waits for a key that never comes."""
    src = put("a.py")
    os.mkfifo(src / "key")
    process = subprocess.Popen(
        command("manifest", src, "--key-file", src / "key"),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
        text=True,
    )
    writer = os.open(src / "key", os.O_WRONLY)  # returns as soon as the process reads
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    os.close(writer)
    assert (process.returncode, out, err) == (130, "", "")


class TestProgress:
    """A line on a terminal, nothing elsewhere."""

    def on_terminal(self, *arguments):
        """Run with a terminal as stderr; returns the exit code, stdout and what was on it."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            command(*arguments), stdout=subprocess.PIPE, stderr=theirs, env=environment(COLUMNS="")
        )
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # Linux's way to say that the other end is closed
                break
            if not piece:
                break
            shown += piece
        out, _ = process.communicate(timeout=60)
        os.close(ours)
        return process.returncode, out, shown.decode()

    def test_terminal_shows_one_progress_line_that_is_wiped_at_the_end(self, put, tmp_path):
        src, output = put(*(f"{number}.py" for number in range(300))), tmp_path / "out.json"
        code, out, shown = self.on_terminal("manifest", src, "-o", output, "--json")
        assert code == 0
        assert json.loads(out)["files"] == 300
        lines = [line.rstrip() for line in shown.split("\r")]
        assert lines[:2] == ["", "hashed 0 of 300 files"]
        assert lines[-3:] == ["hashed 300 of 300 files", "", ""], "wiped at the end"
        code, out, shown = self.on_terminal("verify", output, "--root", src)
        assert code == 0
        assert "\rchecked 300 of 300 files" in shown
        assert b"ok: 300 files" in out

    def test_no_progress_is_shown_where_stderr_is_no_terminal(self, put):
        done = run("manifest", put("a.py"))
        assert "\r" not in done.stdout + done.stderr
        assert "hashed" not in done.stdout + done.stderr
