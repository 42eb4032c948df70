"""What keyturn says of the lab's SQL Server through an ODBC driver, on Linux as on Windows. A test file derives from
DriverCases, and has the fixtures `lab`, `keyturn` (with Microsoft's driver) and `either` (with each driver in turn)."""

import contextlib
import socket
import time

from interop import microsoft_driver
from interop.account import client


@contextlib.contextmanager
def password_of_the_secret(lab, value):
    secrets = client(lab, "secretsmanager")
    before = secrets.get_secret_value(SecretId="sqlpass")["SecretString"]
    secrets.put_secret_value(SecretId="sqlpass", SecretString=value)
    try:
        yield
    finally:
        secrets.put_secret_value(SecretId="sqlpass", SecretString=before)


class DriverCases:
    def test_turns_the_key_with_a_verified_certificate(self, either):
        document = either.run("rotate")
        assert document["outcome"] == "done", str(document)
        target = either.target()
        assert target["standing"] == "updatable" and target["confirmed_access_key_id"], target
        (credential,) = target["credentials"]
        assert credential["name"] == microsoft_driver.URL and credential["confirmed"], credential

    def test_another_ca_is_refused(self, keyturn):
        keyturn.env["SSL_CERT_FILE"] = "/etc/ssl/certs/ca-certificates.crt"
        target = keyturn.target()
        assert target["standing"] == "unreachable" and "certificate verify failed" in target["reason"], target
        assert keyturn.target(more="trust_server_certificate = true")["standing"] == "updatable"

    def test_another_name_is_refused(self, keyturn):
        target = keyturn.target(host="127.0.0.1")
        assert target["standing"] == "unreachable" and "does not match host name" in target["reason"], target

    def test_a_wrong_password_is_told_as_the_servers_refusal(self, lab, either):
        wrong = "a;}{=wrong"  # what connection strings are made of
        with password_of_the_secret(lab, wrong):
            target = either.target()
        assert target["standing"] == "unreachable" and "(error 18456" in target["reason"], target
        assert wrong not in target["reason"]

    def test_a_closed_port_is_told_as_such(self, either):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        target = either.target(port=port)
        assert "no program takes connections there" in target["reason"], target

    def test_a_server_that_says_nothing_is_given_up_in_time(self, keyturn):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            began = time.monotonic()
            target = keyturn.target(port=silent.getsockname()[1])
        assert time.monotonic() - began < microsoft_driver.LOGIN_TIMEOUT + 10
        assert "did not complete the login in time" in target["reason"], target
