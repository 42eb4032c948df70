"""`keyturn render sql-login`: the scripts run by FreeTDS's tsql, as an administrator would, on the lab's SQL Servers."""

import re
import subprocess

import pytest
import support
from interop.lab import QUIET, Lab, server

CONFIG = QUIET + server("sql01") + server("sql02")
GRANTS = re.compile(r"^GRANT (.*) TO ", re.MULTILINE)


@pytest.fixture(name="lab", scope="module")
def _lab(tmp_path_factory):
    with Lab(config=CONFIG, folder=tmp_path_factory.mktemp("lab")) as running:
        yield running


def keyturn(lab, *arguments):
    return subprocess.run([support.keyturn(), *arguments], env=lab.client_environment(), capture_output=True, text=True,
                          timeout=120, check=False)


def script(lab, *arguments):
    done = keyturn(lab, "render", "sql-login", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(name="tsql")
def _tsql(lab, tmp_path):
    """Runs a script on one server as its administrator; what was printed."""
    def run(target, text, user="sa"):
        conf = tmp_path / "freetds.conf"
        conf.write_text(f"[server]\nhost = localhost\nport = {target['port']}\ntds version = 7.4\nencryption = require\n"
                        f"ca file = {lab.ready['ca_bundle']}\n")
        done = subprocess.run(["tsql", "-S", "server", "-U", user, "-P", target["password"]], input=text, text=True, timeout=60,
                              env={"FREETDSCONF": str(conf), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == 0 and not re.search(r"Msg \d+ \(severity 1", done.stdout), done.stdout
        return done.stdout
    return run


def test_the_login_that_it_makes_can_rotate_and_the_one_that_it_drops_can_not(lab, tsql):
    servers = lab.ready["targets"]
    for server in servers:
        tsql(server, script(lab, "--drop"))
    config = ("--config", lab.ready["keyturn_config"])
    refused = keyturn(lab, "status", *config)
    assert "refused the login" in refused.stdout, refused.stdout + refused.stderr
    made = script(lab)
    for server in servers:
        tsql(server, made)
        assert "another SID" not in tsql(server, script(lab)), "a second time, with another salt"
    rotated = keyturn(lab, "rotate", *config)
    assert rotated.returncode == 0, rotated.stdout + rotated.stderr


def test_with_a_proof_backup_it_may_back_up_and_the_drop_script_leaves_no_user(lab, tsql):
    server = lab.ready["targets"][0]
    credential = next(c["name"] for c in lab.state()["targets"][0]["credentials"] if c["name"].startswith("s3://"))
    backup = f"BACKUP DATABASE [master] TO URL = N'{credential}/proof.bak' WITH COPY_ONLY, FORMAT\nGO\n"
    tsql(server, script(lab, "--drop") + script(lab))
    with pytest.raises(AssertionError, match="BACKUP DATABASE permission denied"):
        tsql(server, backup, server["login"])
    for _ in range(2):
        tsql(server, script(lab, "--proof-backup"))
    assert "successfully processed" in tsql(server, backup, server["login"])
    tsql(server, script(lab, "--drop") + script(lab))
    with pytest.raises(AssertionError, match="BACKUP DATABASE permission denied"):
        tsql(server, backup, server["login"])


def test_another_sid_is_told(lab, tsql):
    server = lab.ready["targets"][0]
    tsql(server, script(lab, "--drop"))
    other = re.sub("SID = 0x.", "SID = 0xF", script(lab)).partition("IF SUSER_SID")[0]
    tsql(server, other)
    assert "another SID" in tsql(server, script(lab))


def test_the_script_holds_no_password_and_one_right(lab):
    text = script(lab)
    assert lab.ready["targets"][0]["password"] not in text
    assert GRANTS.findall(text) == ["ALTER ANY CREDENTIAL"]
    assert "CHECK_POLICY = ON" in text and text != script(lab), "a salt of its own each time"
    sids = {re.search("SID = (0x[0-9A-F]{32}),", script(lab))[1] for _ in range(2)}
    assert len(sids) == 1


def test_a_windows_account_needs_no_aws():
    done = subprocess.run([support.keyturn(), "render", "sql-login", "--account", r"CORP\sql]'x"], env={"PATH": "/usr/bin:/bin"},
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert r"CREATE LOGIN [CORP\sql]]'x] FROM WINDOWS" in done.stdout and r"SUSER_ID(N'CORP\sql]''x')" in done.stdout
    assert "PASSWORD" not in done.stdout


def test_a_missing_secret_is_told(lab, tmp_path):
    config = tmp_path / "keyturn.toml"
    config.write_text('[[rotation]]\nsql_user = "k"\nsql_password_secret = "nowhere"\n')
    done = keyturn(lab, "render", "sql-login", "--config", str(config))
    assert done.returncode == 2 and 'no secret "nowhere"' in done.stderr and done.stdout == ""
