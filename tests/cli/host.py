"""A simulated Linux host for the commands that run on one: a root folder, a systemctl, and servers of the lab."""

import datetime
import http.server
import json
import os
import subprocess
import urllib.error
import urllib.request

import interop.lab
import program
from support import keyturn, package, serving

SYSTEMCTL = """#!/bin/sh
{ echo "argv: $*"; env; } >> "${0%/*}/systemctl.seen"
cat "${0%/*}/systemctl.says"
"""


class Host:
    """What is below `root` is the host's; `lab` is the world that it lives in."""

    def __init__(self, lab, root):
        self.lab = lab
        self.root = root
        self.bin = root / "bin"
        for folder in ("bin", "etc/keyturn", "opt/mssql/bin", "var/opt/mssql/log", "tmp"):
            (root / folder).mkdir(parents=True)
        (self.bin / "systemctl").write_text(SYSTEMCTL)
        (self.bin / "systemctl").chmod(0o755)
        (root / "opt/mssql/bin/sqlservr").touch()
        self.mssql_conf(f"[network]\ntcpport = {lab.target('sqllinux')['port']}\n")
        self.service("active")
        self.env = program.environment(root, KEYTURN_HOST_ROOT=str(root), TMPDIR=str(root / "tmp"),
                                       **lab.ready["env"])
        self.env["PATH"] = f"{self.bin}:{self.env['PATH']}"

    def service(self, active, load="loaded", enabled="enabled", since="Mon 2026-01-05 03:04:05 UTC"):
        (self.bin / "systemctl.says").write_text(
            f"LoadState={load}\nActiveState={active}\nUnitFileState={enabled}\nStateChangeTimestamp={since}\n"
            "Environment=\n")

    def mssql_conf(self, text):
        (self.root / "var/opt/mssql/mssql.conf").write_text(text)

    def config(self, text):
        (self.root / "etc/keyturn/keyturn.toml").write_text(text)

    def run(self, *arguments, **options):
        return program.run(*arguments, env=self.env, **options)

    def start(self, *arguments):
        return subprocess.Popen([keyturn(), *arguments], env=self.env, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)

    def report(self, *arguments, status=0):
        """The report of a command, held against its schema and its exit status."""
        result = self.run(*arguments, "--output", "json")
        assert result.returncode == status, result.stdout + result.stderr
        return check(result.stdout, result.returncode)

    def apply(self, version, stage="pending", *more, not_after=None, status=0):
        not_after = not_after or instant(minutes=5)
        return self.report("apply", "--version-id", version, "--stage", stage, "--not-after", not_after, *more,
                           status=status)

    def log(self):
        return (self.root / "var/log/keyturn/keyturn.log").read_text()


def check(text, status):
    assert text.endswith("\n") and text.count("\n") == 1 and text.isascii() and len(text) <= 24001
    document = json.loads(text)
    assert document["kind"] == "host" and document["exit_status"] == status
    package("jsonschema").Draft202012Validator(program.schema("host")).validate(document)
    return document


def instant(**ahead):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Lab(interop.lab.Lab):
    """The lab as `keyturn-lab up` makes it without a word."""

    def target(self, name):
        return next(target for target in self.ready["targets"] if target["name"] == name)

    def credentials(self, name):
        return next(target for target in self.state()["targets"] if target["name"] == name)["credentials"]

    def post(self, path, body):
        status, answer = self.control("POST", path, body)
        assert status == 200, answer

    def version_at(self, stage):
        return next(v for v in self.state()["secrets"]["sqlcredential"] if stage in v["stages"])

    def service(self, name):
        env = self.ready["env"]
        return package("boto3").client(
            name, endpoint_url=self.url, region_name=env["AWS_REGION"],
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"], aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"])

    def make_pending(self):
        """A new key as AWSPENDING, as a controller leaves it before it distributes. Answers version id and key."""
        key = self.service("iam").create_access_key(UserName="sql-backups-user")["AccessKey"]
        text = f"{key['AccessKeyId']}:{key['SecretAccessKey']}"
        put = self.service("secretsmanager").put_secret_value(SecretId="sqlcredential", SecretString=text,
                                                              VersionStages=["AWSPENDING"])
        return put["VersionId"], key

    def secrets(self):
        """Every text that nobody may show."""
        manager = self.service("secretsmanager")
        values = [manager.get_secret_value(SecretId="sqlpass")["SecretString"]]
        for version in self.state()["secrets"]["sqlcredential"]:
            value = manager.get_secret_value(SecretId="sqlcredential", VersionId=version["version_id"])
            values.append(value["SecretString"].split(":", 1)[1])
        return values + [self.ready["env"]["AWS_SECRET_ACCESS_KEY"]]


class _Aws(http.server.BaseHTTPRequestHandler):
    """An AWS whose clock is `ahead` of this machine's, as the Date of its answers says."""
    protocol_version = "HTTP/1.1"
    ahead = datetime.timedelta(0)

    def now(self):
        return datetime.datetime.now(datetime.timezone.utc) + self.ahead

    def do_POST(self):
        status, text = self.answer(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response_only(status)
        self.send_header("Date", self.now().strftime("%a, %d %b %Y %H:%M:%S GMT"))
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def ahead_of_us(url, **ahead):
    """The same AWS, seen through a relay."""
    class Relay(_Aws):
        def answer(self, body):
            request = urllib.request.Request(url + self.path, data=body, headers=dict(self.headers), method="POST")
            try:
                answer = urllib.request.urlopen(request)
            except urllib.error.HTTPError as refusal:
                answer = refusal
            with answer:
                return answer.status, answer.read()

    Relay.ahead = datetime.timedelta(**ahead)
    return serving(Relay)


def particular_about_time(secrets, **ahead):
    """A Secrets Manager that refuses what is dated more than five minutes from its own clock."""
    class Particular(_Aws):
        def answer(self, body):
            dated = datetime.datetime.strptime(self.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
            if abs(dated.replace(tzinfo=datetime.timezone.utc) - self.now()) > datetime.timedelta(minutes=5):
                return 400, b'{"__type": "InvalidSignatureException", "message": "Signature expired"}'
            name = json.loads(body)["SecretId"]
            return 200, json.dumps({"ARN": f"arn:{name}", "Name": name, "VersionId": "v" * 32,
                                    "SecretString": secrets[name]}).encode()

    Particular.ahead = datetime.timedelta(**ahead)
    return serving(Particular)


def mode_of(path):
    return os.stat(path).st_mode & 0o777
