"""https: a certificate is verified unless the caller says otherwise."""

import ssl
import subprocess

import pytest
from hostile.attack import DOWNLOAD, FETCH, NEW, Attack, manifest
from hostile.server import HostileServer, reply
from support import Device

KEY_OPTIONS = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A folder with ca.der, and good.pem and other.pem, certificates for this host and another."""
    folder = tmp_path_factory.mktemp("certificates")
    openssl(
        folder,
        "req",
        "-x509",
        *KEY_OPTIONS,
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-days",
        "2",
        "-subj",
        "/CN=Test CA",
        "-addext",
        "basicConstraints=critical,CA:TRUE",
    )
    openssl(folder, "x509", "-in", "ca.pem", "-outform", "DER", "-out", "ca.der")
    for name, san in (("good", NAMES), ("other", "subjectAltName=DNS:elsewhere.example")):
        openssl(
            folder,
            "req",
            *KEY_OPTIONS,
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
            "-subj",
            f"/CN={name}.example",
        )
        (folder / f"{name}.ext").write_text(san + "\n")
        openssl(
            folder,
            "x509",
            "-req",
            "-in",
            f"{name}.csr",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-days",
            "2",
            "-extfile",
            f"{name}.ext",
            "-out",
            f"{name}.crt",
        )
        pem = (folder / f"{name}.crt").read_text() + (folder / f"{name}.key").read_text()
        (folder / f"{name}.pem").write_text(pem)
    return folder


def context(certificates, name):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificates / f"{name}.pem")
    return made


@pytest.fixture
def attack_of(certificates, tmp_path, other_micropython, dist):
    """Makes a device and an https server with this certificate."""
    servers = []

    def make(name="good", interpreter=other_micropython):
        server = HostileServer(tls=context(certificates, name))
        servers.append(server.__enter__())
        device = Device(tmp_path / "flash", interpreter, dist)
        return TlsAttack(device, server, certificates / "ca.der")

    yield make
    for server in servers:
        server.__exit__()


VERIFYING = """
import ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.verify_mode = ssl.CERT_REQUIRED
with open({authority!r}, "rb") as file:
    context.load_verify_locations(cadata=file.read())
"""
TRUSTING = """
import ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.verify_mode = ssl.CERT_NONE
"""
NO_CONTEXT = """
context = None
"""


class TlsAttack(Attack):
    """An attack on a device that makes its own context: `prepare` is its source."""

    def __init__(self, device, server, authority):
        super().__init__(device, server)
        self.prepare = VERIFYING.format(authority=str(authority))
        device.boot = self._boot
        # The ssl module is in Python, frozen into the firmware.
        device.sys_path = [*device.sys_path, ".frozen"]

    def _boot(self, **options):
        more = "".join(f", {name}={value!r}" for name, value in options.items())
        return self.device.execute(
            self.prepare + f"call(make(ssl_context=context{more}), 'check_and_perform_ota')\n"
        )


def test_a_verified_server_serves_all_files_on_one_connection(attack_of):
    attack = attack_of()
    attack.succeeds()
    assert attack.server.connections == 1
    assert len(attack.server.requests) == 1 + len(NEW)


def test_a_certificate_is_verified_by_host_name(attack_of):
    attack = attack_of()
    url = attack.server.url.replace("127.0.0.1", "localhost")
    attack.succeeds(manifest_url=url + "v.json", base_file_url=url + "f")
    assert attack.server.connections == 1


def test_https_without_an_ssl_context_trusts_no_server(attack_of):
    """Nothing is trusted that nobody has named."""
    attack = attack_of()
    attack.prepare = NO_CONTEXT
    attack.fails(FETCH, f"GET {attack.server.url}v.json: ", "CA_CHAIN_REQUIRED")
    assert attack.server.requests == []


def test_a_certificate_of_another_host_is_refused(attack_of):
    attack = attack_of("other")
    boot = attack.fails(FETCH, f"GET {attack.server.url}v.json: ")
    assert "cert" in boot.message.lower() or "verif" in boot.message.lower(), boot.message
    assert attack.server.requests == []
    attack.prepare = TRUSTING
    attack.succeeds()


def test_a_certificate_of_another_authority_is_refused(attack_of, certificates, tmp_path):
    openssl(
        tmp_path,
        "req",
        "-x509",
        *KEY_OPTIONS,
        "-keyout",
        "evil.key",
        "-out",
        "evil.pem",
        "-days",
        "2",
        "-subj",
        "/CN=Test CA",
        "-addext",
        NAMES,
    )
    openssl(tmp_path, "x509", "-in", "evil.pem", "-outform", "DER", "-out", "evil.der")
    attack = attack_of()
    attack.prepare = VERIFYING.format(authority=str(tmp_path / "evil.der"))
    attack.fails(FETCH, f"GET {attack.server.url}v.json: ")
    assert attack.server.requests == []


def test_a_context_without_verification_accepts_any_certificate(attack_of):
    attack = attack_of("other")
    attack.prepare = TRUSTING
    attack.succeeds()
    assert attack.server.connections == 1


def test_a_port_without_the_ssl_module_reports_that_it_is_missing(attack_of, micropython):
    attack = attack_of(interpreter=micropython)
    attack.prepare = NO_CONTEXT
    attack.fails(FETCH, f"GET {attack.server.url}v.json: ", "no ssl module for https")


def test_plain_http_behind_an_https_url_is_refused(attack_of):
    """The server answers the handshake in clear text."""
    attack = attack_of()
    with HostileServer() as plain:
        plain.greet = lambda peer: (peer.send(reply(b"{}")), peer.close())
        url = plain.url.replace("http", "https")
        attack.fails(FETCH, f"GET {url}v.json: OSError", manifest_url=url + "v.json")


def test_a_handshake_that_stalls_ends_soon_after_the_timeout(attack_of):
    attack = attack_of()
    with HostileServer() as silent:
        silent.greet = lambda peer: peer.stall()
        url = silent.url.replace("http", "https")
        attack.fails(
            FETCH,
            f"GET {url}v.json: OSError",
            manifest_url=url + "v.json",
            http_timeout_s=0.3,
            download_retries=0,
        )
    assert attack.seconds < 5


@pytest.mark.parametrize("part", [0, 20, 100])
def test_a_tls_response_that_stalls_ends_soon_after_the_timeout(attack_of, part):
    attack = attack_of()
    whole = reply(NEW["lib/util.py"])

    def answer(peer):
        peer.send(whole[:part])
        peer.stall()

    attack.server.on("/f/lib/util.py", answer)
    attack.fails(
        DOWNLOAD, "lib/util.py", "ETIMEDOUT", begun=True, http_timeout_s=0.3, download_retries=0
    )
    assert attack.seconds < 5
    assert attack.server.requests.count("/f/lib/util.py") == 1


@pytest.mark.parametrize("way", ["close", "reset"])
def test_a_tls_connection_closed_between_files_costs_no_attempt(attack_of, way):
    attack = attack_of()

    def answer(peer):
        peer.send(reply(NEW["lib/util.py"]))
        peer.pause(0.05)
        getattr(peer, way)()

    attack.server.on("/f/lib/util.py", answer)
    attack.succeeds(download_retries=0)
    assert attack.server.connections == 2


@pytest.mark.parametrize("way", ["close", "reset"])
def test_a_truncated_body_over_tls_rolls_the_update_back(attack_of, way):
    attack = attack_of()

    def answer(peer):
        peer.send(reply(NEW["lib/util.py"])[:-5])
        peer.pause(0.05)
        getattr(peer, way)()

    attack.server.on("/f/lib/util.py", answer)
    attack.fails(DOWNLOAD, "lib/util.py", begun=True)


# -- redirects --


def moved(location):
    return reply(b"moved", "302 Found", f"Location: {location}")


@pytest.mark.parametrize("scheme", ["https", "HTTPS"])
@pytest.mark.parametrize("location", ["http://{host}/x", "HTTP://{host}/x"])
def test_a_redirect_from_https_to_plain_http_is_refused(attack_of, scheme, location):
    attack = attack_of()
    with HostileServer() as plain:
        plain.on("/x", reply(NEW["main.py"]))
        location = location.format(host=f"127.0.0.1:{plain.port}")
        attack.server.on("/f/main.py", moved(location))
        url = attack.server.url.replace("https", scheme)
        attack.fails(
            DOWNLOAD,
            "main.py",
            f"redirect from https to {location}",
            begun=True,
            manifest_url=url + "v.json",
            base_file_url=url + "f",
        )
        assert plain.connections == 0


@pytest.mark.parametrize("scheme", ["https", "HTTPS"])
def test_a_redirect_to_another_https_server_is_followed(attack_of, certificates, scheme):
    attack = attack_of()
    with HostileServer(tls=context(certificates, "good")) as other:
        other.on("/x", reply(NEW["main.py"]))
        attack.server.on("/f/main.py", moved(f"{scheme}://127.0.0.1:{other.port}/x"))
        attack.succeeds()


def test_a_redirect_from_http_to_https_is_followed(attack_of):
    attack = attack_of()
    with HostileServer() as plain:
        plain.on("/v.json", moved(attack.server.url + "v.json"))
        attack.succeeds(manifest_url=plain.url + "v.json")


def test_a_redirect_to_an_untrusted_https_server_is_refused(attack_of, certificates):
    attack = attack_of()
    with HostileServer(tls=context(certificates, "other")) as other:
        attack.server.on("/f/main.py", moved(other.url + "x"))
        attack.fails(DOWNLOAD, "main.py", begun=True)
        assert other.requests == []


@pytest.mark.parametrize("way", ["close", "reset"])
def test_a_truncated_tls_body_without_length_and_md5_is_refused(attack_of, way):
    """Without the TLS closure alert anybody on the way may have ended it (RFC 9112, 9.8). The file
    has no md5 here, which would tell."""
    attack = attack_of()
    attack.offer(manifest([{"path": "main.py", "version": 2}]))

    def answer(peer):
        peer.send(reply(NEW["main.py"][:-5], length=None))
        peer.pause(0.05)
        getattr(peer, way)()

    attack.server.on("/f/main.py", answer)
    attack.fails(DOWNLOAD, "main.py", begun=True)
