"""WinHTTP under Wine against TLS servers of this machine: whom it trusts, and whom not. (That Windows itself answers alike, no test here can show.)"""

import datetime
import ipaddress
import socket
import ssl
import threading

import pytest
import wine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PROBE = wine.BUILD / "src" / "net" / "keyturn_net_probe.exe"
NOW = datetime.datetime.now(datetime.timezone.utc)


class Authority:
    def __init__(self, name):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.certificate = self._made(self.name, self.key.public_key(), NOW + datetime.timedelta(days=1), [
            (x509.BasicConstraints(ca=True, path_length=0), True)])

    def _made(self, subject, key, until, extensions):
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key)
                   .serial_number(x509.random_serial_number()).not_valid_before(NOW - datetime.timedelta(days=9))
                   .not_valid_after(until))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256())

    def write(self, file):
        file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return file

    def server_files(self, folder, host="localhost", until=NOW + datetime.timedelta(days=1)):
        """A certificate for a host and its key, in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        certificate = self._made(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)]), key.public_key(), until,
                                 [(names, False), (x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), False)])
        file = folder / f"{host}-{until:%d%H%M%S%f}.pem"
        file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption())
                         + certificate.public_bytes(serialization.Encoding.PEM))
        return file


class Server:
    """Answers each request with "hello"; what it could decrypt is in `received`."""

    def __init__(self, pem, **limits):
        self.received = b""
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pem)
        for name, value in limits.items():
            setattr(self._context, name, value)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.version = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=30)
        self._listener.close()

    def _serve(self):
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            plain.settimeout(10)
            try:
                with self._context.wrap_socket(plain, server_side=True) as connection:
                    self.version = connection.version()
                    while b"secret-body" not in self.received:
                        part = connection.recv(4096)
                        if not part:
                            break
                        self.received += part
                    else:
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            except OSError:
                plain.close()


@pytest.fixture(scope="module")
def windows():
    with wine.Prefix() as prefix:
        yield prefix


@pytest.fixture(scope="module")
def authority():
    return Authority("keyturn test authority")


def posted(windows, server, bundle=None, host="localhost"):
    arguments = [wine.windows_path(bundle)] if bundle else []
    result = windows.run(PROBE, f"https://{host}:{server.port}/a", *arguments)
    assert result.returncode in (0, 1), result
    return result.stdout.strip()


def test_an_authority_of_ones_own_is_trusted(windows, authority, tmp_path):
    with Server(authority.server_files(tmp_path)) as server:
        assert posted(windows, server, authority.write(tmp_path / "zürich.pem")) == "200 hello"
        assert b"POST /a HTTP/1.1\r\n" in server.received and b"X-Secret-Header: 1\r\n" in server.received
        assert server.version in ("TLSv1.2", "TLSv1.3")


def refused(answer, server=None):
    assert answer.startswith("none unavailable: "), answer
    assert "certificate" in answer, answer
    assert server is None or server.received == b""


def test_without_the_bundle_it_is_not(windows, authority, tmp_path):
    with Server(authority.server_files(tmp_path)) as server:
        answer = posted(windows, server)
        refused(answer, server)
        assert "AWS_CA_BUNDLE" in answer


# On Windows closing a request in the callback that comes before it is sent keeps it from being sent (.NET's own
# handler relies on that). Wine sends it all the same, so that this is left to a look on real Windows.
def test_an_authority_that_is_not_in_the_bundle_is_refused(windows, authority, tmp_path):
    bundle = authority.write(tmp_path / "bundle.pem")
    for name in ("another authority", "keyturn test authority"):  # the name alone proves nothing
        with Server(Authority(name).server_files(tmp_path)) as server:
            refused(posted(windows, server, bundle))


def test_a_certificate_for_another_host_is_refused(windows, authority, tmp_path):
    with Server(authority.server_files(tmp_path, host="other.example")) as server:
        refused(posted(windows, server, authority.write(tmp_path / "bundle.pem")), server)


def test_an_expired_certificate_is_refused(windows, authority, tmp_path):
    with Server(authority.server_files(tmp_path, until=NOW - datetime.timedelta(days=1))) as server:
        refused(posted(windows, server, authority.write(tmp_path / "bundle.pem")), server)


def test_a_bundle_without_certificates_is_an_error(windows, authority, tmp_path):
    (tmp_path / "empty.pem").write_text("nothing\n")
    with Server(authority.server_files(tmp_path)) as server:
        for bundle in (tmp_path / "empty.pem", tmp_path / "missing.pem"):
            answer = posted(windows, server, bundle)
            assert answer.startswith("none usage: The PEM bundle "), answer
        assert server.received == b""


def test_nothing_older_than_tls_1_2_is_spoken(windows, authority, tmp_path):
    with Server(authority.server_files(tmp_path), maximum_version=ssl.TLSVersion.TLSv1_1,
                minimum_version=ssl.TLSVersion.TLSv1) as server:
        assert posted(windows, server, authority.write(tmp_path / "bundle.pem")).startswith("none unavailable: ")
        assert server.received == b""
