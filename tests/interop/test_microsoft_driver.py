"""keyturn with Microsoft's ODBC Driver 18 in the place of FreeTDS, against the lab's SQL Server."""

import contextlib
import socket
import time

import microsoft_driver
import pytest
from account import CONFIG, ONE_TARGET, client
from cli import program
from lab import Lab

@pytest.fixture(scope="module", name="lab")
def _lab(tmp_path_factory):
    made = Lab(config=CONFIG + ONE_TARGET, folder=tmp_path_factory.mktemp("lab"))
    yield made
    made.stop()


@pytest.fixture(name="keyturn")
def _keyturn(lab, tmp_path):
    def start(*arguments, environment):
        return program.run(*arguments, env=program.environment(tmp_path, **environment), timeout=90)
    found = microsoft_driver.register(tmp_path, **{microsoft_driver.NAME: microsoft_driver.library()})
    return microsoft_driver.Keyturn(lab, tmp_path, start, found)


def test_turns_the_key_with_a_verified_certificate(keyturn):
    document = keyturn.run("rotate")
    assert document["outcome"] == "done", str(document)
    target = keyturn.target()
    assert target["standing"] == "updatable" and target["confirmed_access_key_id"]
    (credential,) = target["credentials"]
    assert credential["name"] == microsoft_driver.URL and credential["confirmed"]


def test_another_ca_is_refused(keyturn):
    keyturn.env["SSL_CERT_FILE"] = "/etc/ssl/certs/ca-certificates.crt"
    target = keyturn.target()
    assert target["standing"] == "unreachable" and "certificate verify failed" in target["reason"], target
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


def test_a_wrong_password_is_told_as_the_servers_refusal(lab, keyturn):
    with password_of_the_secret(lab, "a;}{=wrong"):
        target = keyturn.target()
    assert target["standing"] == "unreachable" and "(error 18456" in target["reason"], target
    assert "a;}{=wrong" not in target["reason"]


def test_a_closed_port_is_told_as_such(keyturn):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert "no program takes connections there" in keyturn.target(port=port)["reason"]


def test_a_name_that_nobody_has_is_told_as_such(keyturn):
    assert "its name can't be resolved" in keyturn.target(host="no-such-host.invalid")["reason"]


def test_a_server_that_says_nothing_is_given_up_in_time(keyturn):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        target = keyturn.target(port=silent.getsockname()[1])
    assert time.monotonic() - began < microsoft_driver.LOGIN_TIMEOUT + 10
    assert "did not complete the login in time" in target["reason"], target


def test_it_takes_no_file_of_cas(lab, keyturn):
    refused = keyturn.run("status", more=f'ca_file = "{lab.ready["ca_bundle"]}"')
    assert refused["outcome"] == "bad_usage" and "take no CA file" in str(refused), refused
