"""keyturn.exe and AWS over TLS: WinHTTP, the signer and instance metadata against the lab's AWS, whose requests it verifies."""

import json
import subprocess

import pytest

import wine
from interop import microsoft_driver
from interop.lab import ONE_TARGET, QUIET, Lab


def by_name(url):
    """Wine's WinHTTP does not match IP addresses in certificates."""
    return url.replace("//127.0.0.1", "//localhost")


@pytest.fixture
def windows():
    """One for each test: Wine keeps the authorities that it met, and confuses labs' by their common name."""
    with wine.Prefix() as prefix:
        yield prefix


@pytest.fixture
def lab(tmp_path):
    with Lab("--tls", config=QUIET + ONE_TARGET, folder=tmp_path) as made:
        yield made


@pytest.fixture
def keyturn(windows, lab, tmp_path):
    """keyturn.exe with the lab's configuration, and what else of the environment a test wants."""
    found = microsoft_driver.register(tmp_path, **{microsoft_driver.NAME: microsoft_driver.library()})
    config = tmp_path / "keyturn.toml"
    config.write_text(f"""
[sql]
trust_server_certificate = true
[[rotation]]
[[rotation.target]]
name = "only"
host = "localhost"
port = {lab.ready["targets"][0]["port"]}
""")
    usual = {**found, **lab.env, "AWS_ENDPOINT_URL": by_name(lab.url),
             "AWS_CA_BUNDLE": wine.windows_path(lab.ready["ca_bundle"]), "AWS_EC2_METADATA_DISABLED": "true"}

    def run(*arguments, **environment):
        merged = {name: value for name, value in (usual | environment).items() if value is not None}
        return windows.run(wine.KEYTURN, *arguments, "--config", wine.windows_path(config), environment=merged, timeout=90)
    return run


def another_authority(folder):
    """The certificate of an authority that did not sign the lab's."""
    file = folder / "other.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=keyturn lab", "-days", "2",
                    "-keyout", str(folder / "other.key"), "-out", str(file)], check=True, capture_output=True)
    return wine.windows_path(file)


def test_a_key_is_rotated(keyturn):
    """IAM, STS, Secrets Manager and S3, every request signed with BCrypt and verified by the lab."""
    done = keyturn("rotate", "--output", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)["rotations"][0]
    assert result["outcome"] == "done", done.stdout
    assert [target["standing"] for target in result["after"]["targets"]] == ["updatable"]


def test_a_certificate_of_another_authority_is_refused(keyturn, tmp_path):
    done = keyturn("status", "--output", "json", AWS_CA_BUNDLE=another_authority(tmp_path))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "TLS certificate of localhost" in done.stderr and "AWS_CA_BUNDLE" in done.stderr


def test_an_authority_that_windows_does_not_know_is_refused(keyturn):
    done = keyturn("status", "--output", "json", AWS_CA_BUNDLE=None)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "TLS certificate of localhost" in done.stderr


def test_a_wrong_secret_key_is_refused(keyturn):
    done = keyturn("status", "--output", "json", AWS_SECRET_ACCESS_KEY="wrong")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "InvalidSignatureException" in done.stderr
