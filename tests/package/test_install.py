"""The Debian package on a fresh, minimal Debian 12: installed by apt, used, removed, purged."""

import os

import pytest

import shipped
from fresh_root import FreshRoot
from interop.lab import Lab

LAB = """
[backups]
running = false
[[target]]
name = "sql01"
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    package = shipped.deb()
    if os.geteuid() != 0:
        pytest.skip("a root file system can only be made by root")
    made = FreshRoot(tmp_path_factory.mktemp("debian"))
    # Shells and systemd are not needed by the package: they are here to take its completions and units.
    made.install(package, "bash-completion", "zsh", "fish", "systemd")
    return made


def test_it_starts_with_the_libraries_that_it_asked_for(root):
    assert root.run("keyturn", "--version").stdout.startswith("keyturn ")
    assert "reconcile" in root.run("keyturn", "--help").stdout
    assert "[FreeTDS]" in root.run("odbcinst", "-q", "-d").stdout
    assert root.run("dpkg", "--verify", "keyturn").stdout == ""


def test_the_manual_page_is_found(root):
    text = root.run("man", "keyturn", env={"MANWIDTH": "100"}).stdout
    assert "keyturn reconcile" in text and "EXIT STATUS" in text


def test_completions_are_found(root):
    bash = ("source /usr/share/bash-completion/bash_completion; _completion_loader keyturn; "
            "COMP_WORDS=(keyturn roll); COMP_CWORD=1; _keyturn; echo ${COMPREPLY[@]}")
    assert root.run("bash", "-c", bash).stdout == "rollback\n"
    assert "_keyturn" in root.run("zsh", "-c", "autoload -U compinit; compinit -D; echo $_comps[keyturn]").stdout
    assert root.run("fish", "-c", "complete -C 'keyturn roll'").stdout.startswith("rollback\t")


def test_the_units_are_sound_and_the_timer_waits_to_be_enabled(root):
    told = root.run("systemd-analyze", "verify", "/lib/systemd/system/keyturn.service", "/lib/systemd/system/keyturn.timer")
    assert "keyturn" not in told.stdout + told.stderr
    assert root.run("systemctl", "is-enabled", "keyturn.timer", check=False).stdout == "disabled\n"


def test_a_key_is_turned_from_there(root, tmp_path):
    lab = Lab(config=LAB, folder=tmp_path)
    try:
        target = lab.ready["targets"][0]
        (root.path / "etc/keyturn").mkdir()
        (root.path / "etc/keyturn/keyturn.toml").write_text(
            '[sql]\nca_file = "lab.pem"\n[[rotation]]\n[[rotation.target]]\n'
            f'name = "{target["name"]}"\nhost = "127.0.0.1"\nport = {target["port"]}\n')
        with open(lab.ready["ca_bundle"], encoding="ascii") as ca:
            (root.path / "etc/keyturn/lab.pem").write_text(ca.read())
        root.run("keyturn", "rotate", env={**lab.env, "AWS_EC2_METADATA_DISABLED": "true",
                                           # as the service has it where no such credential was loaded
                                           "AWS_SHARED_CREDENTIALS_FILE": "/run/credentials/keyturn.service/keyturn.aws"})
        state = lab.state()
        current = [v["access_key_id"] for v in state["secrets"]["sqlcredential"] if "AWSCURRENT" in v["stages"]]
        held = {c["access_key_id"] for c in state["targets"][0]["credentials"] if c["name"].startswith("s3://")}
        assert held == set(current)
    finally:
        assert lab.stop() == 0


def test_removing_leaves_what_an_administrator_made_and_purging_leaves_nothing(root):
    root.run("keyturn", "discover")  # begins the log of a host
    root.run("systemctl", "enable", "keyturn.timer")
    for made in ("var/cache/keyturn/package", "var/lib/systemd/timers/stamp-keyturn.timer"):
        (root.path / made).parent.mkdir(parents=True, exist_ok=True)
        (root.path / made).write_text("")
    root.run("dpkg", "--remove", "keyturn")
    left = root.files("*keyturn*")
    assert "/usr/bin/keyturn" not in left and not [path for path in left if path.startswith(("/usr/", "/lib/"))]
    assert {"/etc/keyturn", "/var/log/keyturn", "/etc/systemd/system/timers.target.wants/keyturn.timer"} <= left
    root.run("dpkg", "--purge", "keyturn")
    left = {path for path in root.files("*keyturn*") if not path.startswith("/var/cache/man/")}  # man's, of pages once read
    assert left == {"/etc/keyturn", "/etc/keyturn/keyturn.toml"}
    assert root.run("dpkg", "--status", "keyturn", check=False).returncode != 0
