"""Real web servers over a folder, each a process of its own on loopback for the time of a test.

    with Nginx(folder) as server:
        device.options.update(base_file_url=server.url, recurse_http_fs=True)
        device.boot()
        assert server.log[0].path == "/"

All list their folders. Nginx and Apache answer byte ranges, PythonServer doesn't. Configuration,
logs and temporary files are in a temporary folder; the process ends with the `with` block or with
this process, whichever is first. It runs as whoever runs the tests, but for Apache, which as root
drops to nobody: the folder and what is in it must then be readable for everyone.
"""

import dataclasses
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Optional

# Where tools/setup.sh unpacks what the machine lacks.
UNPACKED = Path(__file__).resolve().parent.parent / "build/servers"
_SBIN = os.pathsep.join(["/usr/sbin", "/usr/local/sbin", str(UNPACKED / "usr/sbin")])
_STARTS = 3
_WAIT_S = 10
_MARK = "/.end-of-log-"
_NOBODY = 65534

# Ends the server when its own standard input ends, for the tests may be killed at any time. By
# force: each is one process that holds nothing, and Apache alone takes half a second to end itself.
_KEEPER = """
exec 9<&0
"$@" 9<&- </dev/null &
server=$!
{ read -r _ <&9; kill -9 "$server"; } 2>/dev/null &
wait "$server"
"""


class Missing(Exception):
    """This machine has no such server; the text says how to get it."""


@dataclasses.dataclass(frozen=True)
class Request:
    """A line of a server's log. `path`: as it was sent. `sent`: bytes of the body. The last four
    are None where the field was not sent, and always with PythonServer."""

    method: str
    path: str
    status: int
    sent: Optional[int] = None
    range: Optional[str] = None
    if_range: Optional[str] = None
    content_range: Optional[str] = None


class _Server:
    """A server's process. Those derived from it know its configuration and its log's form."""

    # Names of the program, one of which is looked for.
    programs = ()
    # The log's file.
    requests = "access.log"

    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        self.port = self.home = None
        self._process = self._temporary = None
        self._marks = 0

    @property
    def url(self):
        """The folder's URL, with a slash at its end."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def log(self):
        """The requests so far as a list of Request, in the order in which their answers ended."""
        # One more request: when that one is in the log, those before it are.
        self._marks += 1
        mark = f"{_MARK}{self._marks} "
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_WAIT_S)
        with closing(asking):
            asking.request("GET", mark.rstrip())
            asking.getresponse().read()
        self._wait_for(lambda: mark in self._read(self.requests))
        found = [self._parse(line) for line in self._read(self.requests).splitlines()]
        return [one for one in found if one and not one.path.startswith(_MARK)]

    def __enter__(self):
        program = self._program()
        self._temporary = tempfile.TemporaryDirectory(prefix="server-")
        self.home = Path(self._temporary.name)
        try:
            self._start_somewhere(program)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        if self._process:
            self._stop()
        self._temporary.cleanup()

    def _program(self):
        for name in self.programs:
            found = shutil.which(name) or shutil.which(name, path=_SBIN)
            if found:
                return found
        raise Missing(f"there is no {self.programs[0]}: tools/setup.sh servers gets it")

    def _start_somewhere(self, program):
        for start in range(_STARTS):
            try:
                return self._start(program)
            except ChildProcessError:
                # Someone may have been faster to take the port.
                if start + 1 == _STARTS:
                    raise

    def _start(self, program):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [program, *self._configure()]
        libraries = ":".join(str(path) for path in UNPACKED.glob("**/lib/*-linux-gnu*"))
        own = program.startswith(str(UNPACKED))
        with open(self.home / "out.log", "w") as out:
            self._process = subprocess.Popen(
                ["sh", "-c", _KEEPER, "sh", *command],
                cwd=self.folder,
                env={**os.environ, "LD_LIBRARY_PATH": libraries} if own else None,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_for(self._ready)
        except BaseException:
            self._stop()
            raise

    def _ready(self):
        """Whether the process itself says that it listens: at the port, another one might."""
        return self._read("pid").strip() != ""

    def _stop(self):
        self._process.stdin.close()
        try:
            self._process.wait(_WAIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    def _wait_for(self, condition):
        end = time.monotonic() + _WAIT_S
        while not condition():
            if self._process.poll() is not None or time.monotonic() > end:
                said = self._read("out.log") + self._read("error.log")
                raise ChildProcessError(f"{type(self).__name__} does not serve: {said[-2000:]}")
            time.sleep(0.005)

    def _read(self, name):
        file = self.home / name
        return file.read_text("utf-8", "replace") if file.exists() else ""

    def _configure(self):
        """Write the configuration; return the program's arguments."""
        raise NotImplementedError

    def _parse(self, line):
        """The line of the log as a Request, None where it is none."""
        fields = [_plain(field) for field in line.split("\t")]
        request = fields[0].split(" ")
        if len(request) != 3:
            return None
        sent = int(fields[2] or 0)
        return Request(request[0], request[1], int(fields[1]), sent, *fields[3:])


def _plain(field):
    """A field of a log without the escapes of both servers; None for a dash."""
    if field == "-":
        return None
    field = re.sub(r"\\x([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), field)
    return field.replace('\\"', '"').replace("\\\\", "\\")


class Nginx(_Server):
    """nginx with autoindex. `extra`: more directives for the server block; `listing`: False for
    403 in place of a listing."""

    programs = ("nginx",)

    def __init__(self, folder, extra="", listing=True):
        super().__init__(folder)
        self.extra = extra
        self.listing = listing

    def _configure(self):
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = " ".join(f"{kind}_temp_path {kind};" for kind in kinds)
        (self.home / "nginx.conf").write_text(f"""
            daemon off; master_process off; pid pid; error_log error.log;
            events {{}}
            http {{
                {temporary}
                log_format fields "$request\\t$status\\t$body_bytes_sent\\t$http_range\\t"
                    "$http_if_range\\t$sent_http_content_range";
                access_log access.log fields;
                server {{
                    listen 127.0.0.1:{self.port};
                    root "{self.folder}";
                    autoindex {"on" if self.listing else "off"};
                    {self.extra}
                }}
            }}""")
        return ["-p", f"{self.home}/", "-c", "nginx.conf"]


class Apache(_Server):
    """Apache httpd with mod_autoindex. `index_options`: what IndexOptions takes; `extra`: more
    directives; `listing`: False for 403 in place of a listing."""

    programs = ("apache2", "httpd")
    # Debian, Fedora, Arch, macOS.
    modules = ("lib/apache2/modules", "lib64/httpd/modules", "lib/httpd/modules", "libexec/apache2")

    def __init__(self, folder, index_options="", extra="", listing=True):
        super().__init__(folder)
        self.index_options = f"IndexOptions {index_options}" if index_options else ""
        self.extra = extra
        self.listing = listing

    def _configure(self):
        folder, user = self.folder, ""
        if os.geteuid() == 0:
            # nobody may have no way to the folder, but the current folder needs none.
            folder, user = "/proc/self/cwd", f"User #{_NOBODY}\nGroup #{_NOBODY}"
        (self.home / "httpd.conf").write_text(f"""
ServerRoot "{self.home}"
DefaultRuntimeDir "{self.home}"
{self._load("mpm_event", "log_config", "unixd", "authz_core", "dir", "alias", "autoindex")}
{user}
PidFile pid
ServerName 127.0.0.1
Listen 127.0.0.1:{self.port}
# By one thread, which has written its line of the log before it takes the next request.
ThreadsPerChild 1
MaxRequestWorkers 1
ErrorLog error.log
LogFormat "%r\\t%>s\\t%B\\t%{{Range}}i\\t%{{If-Range}}i\\t%{{Content-Range}}o" fields
CustomLog access.log fields
# A file that a test cuts short must not take the process with it.
EnableMMAP Off
DocumentRoot "{folder}"
<Directory "{folder}">
    Options FollowSymLinks {"Indexes" if self.listing else ""}
    Require all granted
    {self.index_options}
</Directory>
{self.extra}
""")
        return ["-X", "-f", str(self.home / "httpd.conf")]

    def _load(self, *names):
        """LoadModule for what is not compiled in, which differs between the distributions."""
        prefix = Path(self._program()).parent.parent
        folders = [prefix / name for name in self.modules]
        return "\n".join(
            f"<IfModule !{name}_module>\nLoadModule {name}_module {file}\n</IfModule>"
            for name in names
            for file in (folder / f"mod_{name}.so" for folder in folders)
            if file.exists()
        )


class FancyApache(Apache):
    """Apache with the listing of Debian's and Fedora's own configuration, as a table."""

    def __init__(self, folder, **options):
        super().__init__(folder, "FancyIndexing HTMLTable VersionSort IconsAreLinks", **options)


class PythonServer(_Server):
    """`python -m http.server`: HTTP/1.0, no byte ranges."""

    programs = (sys.executable,)
    requests = "out.log"

    def _configure(self):
        return ["-u", "-m", "http.server", "--bind", "127.0.0.1", str(self.port)]

    def _ready(self):
        return "Serving HTTP on" in self._read("out.log")

    def _parse(self, line):
        found = re.search(r'"(\S+) (\S+) HTTP/[0-9.]+" (\d{3}) ', line)
        return Request(found[1], found[2], int(found[3])) if found else None
