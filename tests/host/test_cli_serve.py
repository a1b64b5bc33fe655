"""The command line's `serve`, until Ctrl-C."""

import json
import signal
import socket
import subprocess
import urllib.request

import pytest
from command import command, environment, error
from saguarota.py3utils import OTAManifestBuilder


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.read()


@pytest.fixture
def serve(put):
    """Start to serve a folder with one file; returns the process."""
    started = []

    def start(*arguments):
        words = command("serve", put("a.py"), "--port", "0", *arguments)
        process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(OTA_KEY="k"),
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def end(process):
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in err
    return out, err


def test_serve_offers_the_current_manifest_and_files_until_ctrl_c(serve, put):
    process = serve("--key-env", "OTA_KEY", "--extended", "--compact")
    url = process.stdout.readline().strip()
    assert url.endswith("/ota/versions.json")
    builder = OTAManifestBuilder(put(), auth_key="k", extended=True, json_indent=None)
    assert fetch(url).decode() == builder.generate_manifest()
    assert fetch(url.replace("versions.json", "a.py")) == b"# a.py\n"
    put("b.py")
    assert len(json.loads(fetch(url))["files"]) == 2
    out, err = end(process)
    assert out == ""
    assert "Ctrl-C ends" in err
    assert "GET /ota/a.py" in err
    with pytest.raises(OSError):
        fetch(url)


def test_json_option_prints_the_urls_and_the_folder_that_is_served(serve, put):
    process = serve("--json", "--host", "127.0.0.1")
    told = json.JSONDecoder()
    text = ""
    while "}" not in text:
        text += process.stdout.readline()
    found = told.decode(text)
    assert found["src"] == str(put())
    assert found["manifest_url"] == found["base_file_url"] + "versions.json"
    assert found["base_file_url"].startswith("http://127.0.0.1:")
    assert json.loads(fetch(found["manifest_url"]))["files"][0]["path"] == "a.py"
    assert end(process)[0] == ""


def test_ctrl_c_right_after_the_start_ends_with_exit_code_0(serve):
    """Between the opening of the port and the first request, at whatever point."""
    process = serve()
    process.stdout.readline()
    end(process)


def test_port_in_use_is_reported_with_host_and_port(put):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        line = error("serve", put("a.py"), "--host", "127.0.0.1", "--port", port)
    assert line.endswith(f"error: Address already in use: '127.0.0.1:{port}'")
