"""keyturn.exe and SQL Server: through Wine's odbc32, which hands everything to unixODBC, with Microsoft's ODBC Driver 18 for
Linux and, in the place of the driver that comes with Windows, FreeTDS. What Windows's own driver manager, its own drivers
and its certificate store do is not seen here (docs/windows.md)."""

import contextlib
import socket
import sys
import time

import pytest

import wine

sys.path.insert(0, str(wine.ROOT / "tests" / "interop"))
import microsoft_driver  # noqa: E402
from account import CONFIG, ONE_TARGET, client  # noqa: E402
from lab import Lab  # noqa: E402

OLD = "SQL Server"
FREETDS = "/usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so"


@pytest.fixture
def lab(tmp_path):
    made = Lab(config=CONFIG + ONE_TARGET, folder=tmp_path)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def windows():
    with wine.Prefix() as prefix:
        yield prefix


@pytest.fixture
def make(windows, lab, tmp_path):
    """keyturn.exe on a Windows that has these drivers, with one of them or, without a name, the best."""
    def made(name="", **drivers):
        def start(*arguments, environment):
            return windows.run(wine.KEYTURN, *arguments, environment=environment, timeout=90)
        # FreeTDS takes no such keywords in connection strings: it gets its rules where it looks for them.
        conf = tmp_path / "freetds.conf"
        conf.write_text("[global]\ntds version = 7.4\nencryption = require\nclient charset = UTF-8\n"
                        f"ca file = {lab.ready['ca_bundle']}\ncheck certificate hostname = yes\n")
        found = microsoft_driver.register(tmp_path, **drivers)
        return microsoft_driver.Keyturn(lab, tmp_path, start, {**found, "FREETDSCONF": str(conf)}, name, wine.windows_path)
    return made


@pytest.fixture
def keyturn(make):
    return make(**{OLD: FREETDS, microsoft_driver.NAME: microsoft_driver.library()})


@pytest.fixture(params=[microsoft_driver.NAME, OLD])
def either(request, make):
    return make(**{request.param: microsoft_driver.library() if request.param == microsoft_driver.NAME else FREETDS})


def test_turns_the_key(either):
    document = either.run("rotate")
    assert document["outcome"] == "done", str(document)
    target = either.target()
    (credential,) = target["credentials"]
    assert target["confirmed_access_key_id"] and credential["name"] == microsoft_driver.URL and credential["confirmed"]


def test_the_best_driver_is_taken_and_refuses_another_ca(keyturn):
    # FreeTDS, which is installed here too, does not look at SSL_CERT_FILE.
    keyturn.env["SSL_CERT_FILE"] = "/etc/ssl/certs/ca-certificates.crt"
    assert "certificate verify failed" in keyturn.target()["reason"]
    assert keyturn.target(more="trust_server_certificate = true")["standing"] == "updatable"


def test_another_name_is_refused(keyturn):
    target = keyturn.target(host="127.0.0.1")
    assert target["standing"] == "unreachable" and "does not match host name" in target["reason"], target


@contextlib.contextmanager
def password_of_the_secret(lab, value):
    secrets = client(lab, "secretsmanager")
    before = secrets.get_secret_value(SecretId="sqlpass")["SecretString"]
    secrets.put_secret_value(SecretId="sqlpass", SecretString=value)
    try:
        yield
    finally:
        secrets.put_secret_value(SecretId="sqlpass", SecretString=before)


def test_a_wrong_password_is_told_as_the_servers_refusal(lab, either):
    with password_of_the_secret(lab, "a;{=wrong"):
        target = either.target()
    assert target["standing"] == "unreachable" and "(error 18456" in target["reason"], target
    assert "a;{=wrong" not in target["reason"]


def test_with_integrated_authentication_no_secret_of_a_login_is_read(lab, keyturn):
    """There is no Windows account here to log in with: the driver says so, and keyturn what to do."""
    for secret in ("sqluser", "sqlpass"):
        client(lab, "secretsmanager").delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    target = keyturn.target(more='authentication = "integrated"')
    assert target["standing"] == "unreachable" and "Windows account" in target["reason"], target


def test_a_closed_port_is_told_as_such(either):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert "no program takes connections there" in either.target(port=port)["reason"]


def test_a_server_that_says_nothing_is_given_up_in_time(keyturn):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        target = keyturn.target(port=silent.getsockname()[1])
    assert time.monotonic() - began < microsoft_driver.LOGIN_TIMEOUT + 10
    assert "did not complete the login in time" in target["reason"], target


def test_the_old_driver_can_not_be_told_to_trust(make):
    refused = make(**{OLD: FREETDS}).run("status", more="trust_server_certificate = true")
    assert refused["outcome"] == "bad_usage" and "ODBC Driver 18 for SQL Server" in str(refused), refused


def test_without_a_driver_it_says_what_to_install(make):
    refused = make().run("status")
    assert refused["outcome"] == "bad_usage" and "Microsoft ODBC Driver 18 for SQL Server" in str(refused), refused


def test_what_is_not_microsofts_is_refused(make):
    refused = make("FreeTDS", FreeTDS=FREETDS).run("status")
    assert refused["outcome"] == "bad_usage" and "ODBC drivers alone" in str(refused), refused
