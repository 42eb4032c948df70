"""keyturn.exe and SQL Server: through Wine's odbc32, which hands everything to unixODBC, with Microsoft's ODBC Driver 18 for
Linux and, in the place of the driver that comes with Windows, FreeTDS. What Windows's own driver manager, its own drivers
and its certificate store do is not seen here (docs/windows.md)."""

import pytest

import wine
from interop import microsoft_driver
from interop.account import client
from interop.driver_cases import DriverCases
from interop.lab import ONE_TARGET, QUIET, Lab

OLD = "SQL Server"
FREETDS = "/usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so"


@pytest.fixture
def lab(tmp_path):
    with Lab(config=QUIET + ONE_TARGET, folder=tmp_path) as made:
        yield made


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
    """Has both drivers and takes Microsoft's: FreeTDS does not look at the CAs of SSL_CERT_FILE."""
    return make(**{OLD: FREETDS, microsoft_driver.NAME: microsoft_driver.library()})


@pytest.fixture(params=[microsoft_driver.NAME, OLD])
def either(request, make):
    return make(**{request.param: microsoft_driver.library() if request.param == microsoft_driver.NAME else FREETDS})


class TestOnWindows(DriverCases):
    pass

def test_with_integrated_authentication_no_secret_of_a_login_is_read(lab, keyturn):
    """There is no Windows account here to log in with: the driver says so, and keyturn what to do."""
    for secret in ("sqluser", "sqlpass"):
        client(lab, "secretsmanager").delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    target = keyturn.target(more='authentication = "integrated"')
    assert target["standing"] == "unreachable" and "Windows account" in target["reason"], target


def test_the_old_driver_can_not_be_told_to_trust(make):
    refused = make(**{OLD: FREETDS}).run("status", more="trust_server_certificate = true")
    assert refused["outcome"] == "bad_usage" and "ODBC Driver 18 for SQL Server" in str(refused), refused


def test_without_a_driver_it_says_what_to_install(make):
    refused = make().run("status")
    assert refused["outcome"] == "bad_usage" and "Microsoft ODBC Driver 18 for SQL Server" in str(refused), refused


def test_what_is_not_microsofts_is_refused(make):
    refused = make("FreeTDS", FreeTDS=FREETDS).run("status")
    assert refused["outcome"] == "bad_usage" and "ODBC drivers alone" in str(refused), refused
