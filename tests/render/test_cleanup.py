"""`keyturn render cleanup`: its order, its commands against AWS's own models, and its T-SQL on the lab's SQL Servers."""

import re
import shlex
import subprocess

import pytest
import support
from interop.lab import Lab

support.package("botocore")

import aws_commands  # noqa: E402

CONFIG = """
[[rotation]]
name = "prod"
iam_user = "sql-backups-prod"
credential_secret = "prod/sqlcredential"
bucket_urls = ["s3://backups-prod.s3.eu-central-1.amazonaws.com/sql"]
sql_user_secret = "prod/sqluser"
sql_password_secret = "prod/sqlpass"
[rotation.fleet]
document = "Prod-UpdateCreds"
ec2_tags = { "SQL fleet" = "it's prod" }
[[rotation]]
name = "test"
iam_user = "sql-backups-test"
credential_secret = "test/sqlcredential"
[rotation.fleet]
instance_ids = ["mi-0123456789abcdef0"]
"""
ORDER = ["Stop whatever starts", "End the rotation", "While the secrets are there", None, "On every SQL Server", "On hosts that ran",
         "The tags", "Secrets, if nothing", "The access keys", "What is left"]


def render(*arguments, env=None):
    done = subprocess.run([support.keyturn(), "render", "cleanup", *arguments], capture_output=True, text=True, timeout=60, check=False,
                          env=env or {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"})
    assert done.returncode == 0, done.stderr
    return done.stdout


def commands(text):
    """The words of each line to type."""
    lines = [line.strip() for line in text.splitlines() if line.startswith(" " * 5) and not line.strip().startswith("#")]
    return [shlex.split(line) for line in lines if not line.startswith("Remove-Item")]


def titles(text):
    return re.findall(r"(?m)^\d+\. (.*)", text)


@pytest.fixture(name="prod")
def _prod(tmp_path):
    """render(arguments…) for one of two rotations."""
    file = tmp_path / "keyturn.toml"
    file.write_text(CONFIG)
    return lambda *more: render("--config", str(file), "--rotation", "prod", "--region", "eu-central-1", *more)


def test_the_steps_stand_in_their_order(prod):
    for installed, word in (("stack", "Delete the stack"), ("terraform", "Destroy the module"), ("hand", "Delete documents")):
        found = titles(prod("--installed", installed))
        assert len(found) == len(ORDER)
        assert all(title.startswith(begin or word) for title, begin in zip(found, ORDER)), found


@pytest.mark.parametrize("installed", ["stack", "terraform", "hand"])
def test_aws_has_each_command_and_each_option(prod, installed):
    found = [words for words in commands(prod("--installed", installed)) if words[0] == "aws"]
    assert len(found) > 12
    for words in found:
        assert aws_commands.problems(words) == [], words
        assert words[1] == "s3" or words[words.index("--region") + 1] == "eu-central-1"


def test_names_are_the_configurations(prod):
    text = prod("--installed", "hand")
    given = [word for words in commands(text) for word in words]
    for name in ("prod/sqlcredential", "prod/sqluser", "prod/sqlpass", "sql-backups-prod", "Prod-UpdateCreds", "Key=SQL fleet",
                 "Name=tag:SQL fleet,Values=it's prod", "SQL-Credentials-RotateCreds"):
        assert name in given, name
    assert "USER" not in given and "test/sqlcredential" not in text
    assert all("prod" in words for words in commands(text) if words[0] == "keyturn")


def test_without_a_configuration_it_is_the_blogs_account():
    text = render("--config", "/dev/null", "--stack", "payroll", "--backup-user", "me")
    assert ["aws", "cloudformation", "delete-stack", "--stack-name", "payroll"] in commands(text)
    assert ["aws", "iam", "list-access-keys", "--user-name", "me"] in commands(text)
    assert "Name=tag:SQL,Values=2022" in text and "KEEP the credentials" in text


def test_options_of_other_documents_are_refused():
    done = subprocess.run([support.keyturn(), "render", "cleanup", "--drop"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "sql-login" in done.stderr


def test_windows_own_account_keeps_its_login(tmp_path):
    file = tmp_path / "keyturn.toml"
    file.write_text('[sql]\nauthentication = "integrated"\n')
    text = render("--config", str(file))
    assert "REVOKE ALTER ANY CREDENTIAL" in text and "DROP LOGIN [NT AUTHORITY" not in text and "drop-login.sql" not in text


LAB = """
[backups]
running = false
[[target]]
name = "sql01"
"""


def test_the_markers_go_and_the_credentials_stay(tmp_path):
    lab = Lab(config=LAB, folder=tmp_path)
    try:
        env = lab.client_environment()
        assert subprocess.run([support.keyturn(), "rotate", "--config", lab.ready["keyturn_config"]], env=env, timeout=120,
                              capture_output=True, check=False).returncode == 0
        (server,) = lab.ready["targets"]
        held = {each["name"] for each in lab.state()["targets"][0]["credentials"]}
        (url,) = {name for name in held if name.startswith("s3://")}
        file = tmp_path / "cleanup.toml"
        file.write_text(f'[[rotation]]\nbucket_urls = ["{url}"]\n[[rotation.target]]\nhost = "sql01"\n')
        sql = [words[words.index("-Q") + 1] for words in commands(render("--config", str(file))) if "-Q" in words]
        assert len(sql) == 2
        conf = tmp_path / "freetds.conf"
        conf.write_text(f"[server]\nhost = localhost\nport = {server['port']}\ntds version = 7.4\nencryption = require\n"
                        f"ca file = {lab.ready['ca_bundle']}\n")
        done = subprocess.run(["tsql", "-S", "server", "-U", "sa", "-P", server["password"]], text=True,
                              input="".join(f"{each}\nGO\n" for each in sql), check=False, timeout=60, capture_output=True,
                              env={"FREETDSCONF": str(conf), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
        assert f"keyturn:{url}" in done.stdout and "Msg" not in done.stdout + done.stderr, done
        assert {each["name"] for each in lab.state()["targets"][0]["credentials"]} == held - {f"keyturn:{url}"}
    finally:
        assert lab.stop() == 0
